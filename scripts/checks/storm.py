"""Uploads, downloads and syncs through a connection on which things go wrong all the time; the service's own client counts afterwards.

Meanwhile 5 % of the requests are answered with 503 or 429, or carried out and then answered with 503 or a reset; connections break in the
middle of bodies, and some stand still. Asked for: everything arrives, nothing is lost, and nothing is there twice.
"""
import argparse
import http.client
import json
import os
import random
import subprocess
import sys
import threading
import time
import urllib.request

from emulated import FAMILIES, Emulator
from lab import ROOT, Run, S3Client, Server, Workplace, free_port, walk

MOODS = [
    dict(http_status=503, http_when="before", http_retry_after="1"), dict(http_status=429, http_when="before", http_retry_after="1"),
    dict(http_status=503, http_when="after", http_retry_after=""), dict(http_status=0, http_when="after", http_retry_after=""),
]


class BadConnection:
    """A proxy on the way to a service, in another mood every few seconds."""

    def __init__(self, port, folder, seed):
        self.port, self._folder = free_port(), folder
        self._script = ROOT / "scripts" / "services" / "faultproxy.sh"
        self._random, self._over = random.Random(seed), threading.Event()
        self._failure = None
        subprocess.run(
            ["bash", self._script, "start", folder, str(self.port)], check=True, stdout=subprocess.DEVNULL,
            env=dict(os.environ, FAULT_TARGET=str(port), FAULT_SEED=str(seed), FAULT_SET="reset_pct=2 reset_within=400000 stall_pct=0.3 stall_down=300"))
        self._thread = threading.Thread(target=self._change, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()
        subprocess.run(["bash", self._script, "stop", self._folder], check=False)

    def _control(self, path, method="GET"):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port + 1}/{path}", method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.read()

    def _change(self):
        while not self._over.wait(1.5):
            mood = "&".join(f"{name}={value}" for name, value in self._random.choice(MOODS).items())
            try:
                self._control(f"set?http_pct=5&{mood}", "POST")
            except (OSError, http.client.HTTPException) as failure:
                self._failure = failure
                return

    def calm(self):
        """No more faults; how many there were."""
        self._over.set()
        self._thread.join()
        if self._failure:
            raise SystemExit(f"the proxy could not be told what to do: {self._failure}")
        count = json.loads(self._control(""))["counters"]["faults"]
        self._control("reset", "POST")
        return count


def make_files(root, count, generator):
    for number in range(count):
        path = root / f"{number % 40}" / f"file {number}.bin"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(generator.randbytes(generator.choice([0, 10, 4096, 20_000])))
    (root / "large.bin").write_bytes(generator.randbytes(40 << 20))


def tree(root):
    return {path.decode(): (root / path.decode()).read_bytes() for path, _ in walk(root) if not path.startswith(b".isobar/")}


SERVICES = ("s3", *FAMILIES)


def start(kind, folder):
    """A service: an independent server of S3, the others as Isobar emulates them."""
    return Server("moto", folder / "data") if kind == "s3" else Emulator(kind, folder / "data")


def storm(kind, options, place):
    generator = random.Random(options.seed)
    folder = place / kind
    folder.mkdir()
    begin = time.monotonic()
    with start(kind, folder) as service, BadConnection(service.port, folder / "proxy", options.seed) as bad:
        left, right = folder / "left", folder / "right"
        left.mkdir()
        make_files(left, options.files, generator)
        env = {key: value for key, value in os.environ.items() if key in ("PATH", "TMPDIR", "ISOBAR_COMMAND")}
        env.update(service.variables, HOME=str(folder / "home"), NO_COLOR="1", LC_ALL="C.UTF-8", ISOBAR_LIMITS__STALL_TIMEOUT="5s")
        end = service.end("storm", port=bad.port, create_bucket="true")
        client = S3Client(service) if kind == "s3" else service.client(folder)
        try:
            runs = 0
            while True:
                run = Run(["sync", str(left), end, "--json"], env)
                runs += 1
                if run.code == 0 and run.json["transferred"] == 0:
                    break
                if run.code not in (0, 1) or runs > 6:
                    raise SystemExit(f"{kind}, run {runs}: {run.said}")
            down = Run(["copy", end, str(right), "--json"], env)
            if down.code != 0:
                down = Run(["copy", end, str(right), "--json"], env)
            if down.code != 0:
                raise SystemExit(f"{kind}, downwards: {down.said}")
            faults = bad.calm()
            expected = tree(left)
            seen = {path: content for path, content in client.read_all("storm").items() if not path.startswith(".isobar/") and not path.endswith("/")}
            if seen != expected:
                raise SystemExit(f"{kind}: the service has {len(seen)} files instead of {len(expected)}: {sorted(set(seen) ^ set(expected))[:5]}")
            if tree(right) != expected:
                raise SystemExit(f"{kind}: what came down differs")
            if not faults:
                raise SystemExit(f"{kind}: nothing went wrong: that proves nothing")
            print(f"{kind}: {len(expected)} files up in {runs - 1} runs and down, {faults} faults, nothing lost, nothing double ({time.monotonic() - begin:.0f} s)", flush=True)
        finally:
            client.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--services", default=",".join(SERVICES))
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    options = parser.parse_args()
    print("seed", options.seed)
    with Workplace("storm") as place:
        for kind in options.services.split(","):
            storm(kind, options, place)


if __name__ == "__main__":
    sys.exit(main())
