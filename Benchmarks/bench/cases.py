"""What is measured. Tools take turns within a round, so that a busy moment of the machine hits all of them."""
import filecmp
import os
import shutil
import subprocess
import sys

from . import clouds, tools
from .measure import Failed, measure

ALL = ("small", "noop", "two-way", "large", "layers", "clouds", "million")


class Results:
    """Measures by case, backend and tool; what failed is kept as text."""

    def __init__(self):
        self.measures = {}
        self.failures = []

    def add(self, case, backend, tool, value):
        self.measures.setdefault((case, backend), {}).setdefault(tool, []).append(value)

    def attempt(self, case, backend, tool, action):
        try:
            value = action()
        except Failed as failure:
            self.failures.append(f"{case} ({backend}), {tool}: {failure}")
            return False
        if value is not None:
            self.add(case, backend, tool, value)
            print(f"  {case:12} {backend:7} {tool:8} {value.wall:8.2f} s  {value.cpu:8.2f} CPU s  {value.peak / 1e6:7.0f} MB", file=sys.stderr)
        return True


def run(lab, chosen):
    results = Results()
    if {"small", "noop"} & set(chosen):
        for backend in lab.options.backends.split(","):
            small_and_noop(lab, results, backend)
    if "two-way" in chosen:
        two_way(lab, results, "memory")
    if "large" in chosen:
        for backend in ("ceph", "files"):
            try:
                large(lab, results, backend)
            except Failed as failure:
                results.failures.append(f"1 GiB ({backend}): {failure}")
    if "layers" in chosen:
        layers(lab, results, "files")
    if "clouds" in chosen:
        clouds.run(lab, results)
    if "million" in chosen:
        million(lab, results)
    return results


def takers(lab, env, number, method):
    """The tools that do this job in this round; awscli is too slow to be asked more than once."""
    for kind in tools.ALL:
        if kind.name in lab.tools and hasattr(kind, method) and (kind is not tools.Awscli or number == 0):
            yield kind(lab, env)


def small_and_noop(lab, results, backend):
    env, folder = lab.environment(backend), lab.small_files()
    for number in range(lab.options.rounds):
        for tool in takers(lab, env, number, "upload"):
            with lab.bucket(backend, f"small-{number}-{tool.name}") as bucket:
                if not results.attempt("small", backend, tool.name, lambda: measure(tool.upload(folder, bucket), env, lab.log)):
                    continue
                expect_objects(lab, env, bucket, lab.options.files)
                results.attempt("noop", backend, tool.name, lambda: measure(tool.noop(folder, bucket), env, lab.log))


def expect_objects(lab, env, bucket, count):
    """A tool that sends less is fast and wrong."""
    listed = subprocess.run(
        [lab.program("rclone"), "size", "--json", "--exclude", ".isobar/**", f"lab:{bucket}"], env=env, check=True, capture_output=True, text=True).stdout
    if f'"count":{count},' not in listed.replace(" ", ""):
        raise SystemExit(f"the bucket {bucket} should hold {count} objects, but rclone sees {listed}")


def two_way(lab, results, backend):
    env, folder = lab.environment(backend), lab.small_files()
    for tool in list(takers(lab, env, 1, "two_way")):
        lab_bucket = f"both-{tool.name}"
        with lab.bucket(backend, lab_bucket) as bucket:
            copy = lab.folder / f"both-{tool.name}"
            subprocess.run(["cp", "-a", folder, copy], check=True)
            # Into an empty folder first: rclone wants the place to exist.
            subprocess.run([lab.program("rclone"), "mkdir", f"lab:{bucket}/data"], env=env, check=True)
            if not results.attempt("two-way first", backend, tool.name, lambda: measure(tool.two_way_first(copy, bucket), env, lab.log)):
                continue
            expect_objects(lab, env, bucket, lab.options.files)
            for _ in range(lab.options.rounds):
                results.attempt("two-way", backend, tool.name, lambda: measure(tool.two_way(copy, bucket), env, lab.log))


def large(lab, results, backend):
    file = lab.big_file()
    for number in range(lab.options.rounds):
        for tool in takers(lab, lab.environment(backend), number, "put"):
            # A server of its own for each turn: what the one before left in memory is no burden to the next.
            if backend in lab.servers:
                lab.stop(backend)
            env = lab.environment(backend)
            tool = type(tool)(lab, env)
            with lab.bucket(backend, f"large-{number}-{tool.name}") as bucket:
                if not results.attempt("1 GiB up", backend, tool.name, lambda: measure(tool.put(file, bucket), env, lab.log)):
                    continue
                got = lab.folder / "got.bin"
                results.attempt("1 GiB down", backend, tool.name, lambda: measure(tool.get(bucket, got), env, lab.log))
                if got.exists():
                    if not filecmp.cmp(file, got, shallow=False):
                        raise SystemExit(f"{tool.name} brought back other bytes than it sent")
                    os.remove(got)


def layers(lab, results, backend):
    """A mixed tree as it is, encrypted, and compressed and encrypted; names encrypted wherever contents are."""
    env, folder = lab.environment(backend), lab.mixed_files()
    for kind in ("plain", "encrypt", "both"):
        for number in range(lab.options.rounds):
            for tool in takers(lab, env, 1, "upload_layered"):
                with lab.bucket(backend, f"layers-{number}-{tool.name}") as bucket:
                    command = tool.upload_layered(folder, bucket, kind)
                    if results.attempt(f"mixed, {kind}", backend, tool.name, lambda: measure(command, env, lab.log)) and number == 0:
                        got = lab.folder / "got"
                        subprocess.run(tool.download_layered(bucket, got, kind), env=env, check=True, stdout=subprocess.DEVNULL)
                        if subprocess.run(["diff", "-r", "-q", folder, got]).returncode != 0:
                            raise SystemExit(f"{tool.name} brought back another tree than it sent ({kind})")
                        shutil.rmtree(got)


def million(lab, results):
    """A run over a million entries of which none has changed; the listings are made up, the base tree is on disk."""
    program, state = lab.isobar.replace("/isobar", "/PlanBenchmark"), str(lab.folder / "million")
    if not os.access(program, os.X_OK):
        results.failures.append(f"million: {program} is not built")
        return
    subprocess.run([program, "fill", "1000000", state], check=True)
    for _ in range(lab.options.rounds):
        results.attempt("million", "process", "isobar", lambda: measure([program, "run", "1000000", state], dict(os.environ), lab.log))
