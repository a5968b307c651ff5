"""Tables of medians, and what is asked of Isobar beside what was measured."""
import datetime
import pathlib
import platform
import re
import subprocess

from .measure import median

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
MB = 1_000_000


def default_path():
    return ROOT / "Benchmarks" / "results" / f"{datetime.date.today().isoformat()}.md"


def machine():
    cpu = next((l.split(":")[1].strip() for l in open("/proc/cpuinfo") if l.startswith("model name")), platform.machine())
    cores = sum(1 for l in open("/proc/cpuinfo") if l.startswith("processor"))
    memory = int(re.search(r"MemTotal:\s+(\d+)", open("/proc/meminfo").read())[1]) / 1024 / 1024
    system = next((l.split("=")[1].strip().strip('"') for l in open("/etc/os-release") if l.startswith("PRETTY_NAME")), "Linux")
    return f"{cpu}, {cores} cores, {memory:.0f} GiB, {system}, Linux {platform.release().split('-')[0]}"


def versions(lab):
    found = []
    for name, argv in (
            ("isobar", [lab.isobar, "--version"]), ("s5cmd", [lab.program("s5cmd"), "version"]), ("rclone", [lab.program("rclone"), "version"]),
            ("awscli", [lab.program("aws"), "--version"])):
        if name in lab.tools:
            output = subprocess.run(argv, capture_output=True, text=True, check=False).stdout
            number = re.search(r"\d+\.\d+(\.\d+)?", output)
            found.append(f"{name} {number[0] if number else '?'}")
    return ", ".join(found)


def render(results, lab):
    medians = {key: {tool: median(values) for tool, values in tools.items()} for key, tools in results.measures.items()}
    rounds = lab.options.rounds
    lines = [
        f"# Benchmarks, {datetime.date.today().isoformat()}", "", f"{machine()}.", f"{versions(lab)}.", "",
        f"Servers on loopback, sharing the cores: `rclone serve s3` (memory, files) and Ceph's gateway (ceph, in memory). Medians of {rounds} interleaved rounds (awscli: one); {lab.options.files} files of 4 KiB;",
        f"the large file has {lab.options.big} MiB. Only the client is counted. Ratios are Isobar's number divided by the other's: below 1 is better.", ""]
    for (case, backend), tools in medians.items():
        lines += [f"## {case}, {backend}", "", "| tool | wall s | CPU s | peak MB | Isobar's wall | Isobar's CPU |", "|---|---|---|---|---|---|"]
        own = tools.get("isobar")
        for tool, m in tools.items():
            ratios = "| | |" if own is None or tool == "isobar" else f"| {own.wall / m.wall:.2f} × | {own.cpu / max(m.cpu, 1e-9):.2f} × |"
            lines.append(f"| {tool} | {m.wall:.2f} | {m.cpu:.2f} | {m.peak / MB:.0f} {ratios}")
        lines.append("")
    lines += ["## Thresholds", "", "| asked | measured | |", "|---|---|---|"]
    lines += [f"| {asked} | {value} | {verdict} |" for asked, value, verdict in thresholds(medians)]
    if results.failures:
        lines += ["", "## Failed", ""] + [f"- {' '.join(f.split())}" for f in results.failures]
    return "\n".join(lines) + "\n"


def thresholds(medians):
    """(what is asked, what was measured, met or missed), for everything that was measured."""
    found = []

    def ask(text, value, limit, form="{:.2f} ×"):
        found.append((text, form.format(value), "met" if value <= limit else "**missed**"))

    def both(case, backend, *peers):
        tools = medians.get((case, backend), {})
        rest = [tools[p] for p in peers if p in tools]
        return (tools["isobar"], rest) if "isobar" in tools and rest else (None, None)

    for backend in ("memory", "files"):
        own, rest = both("noop", backend, "s5cmd", "rclone")
        if own:
            ask(f"unchanged ({backend}): wall ≤ 0.5 × the better of s5cmd and rclone", own.wall / min(m.wall for m in rest), 0.5)
            ask(f"unchanged ({backend}): CPU ≤ 0.2 × the better of s5cmd and rclone", own.cpu / min(m.cpu for m in rest), 0.2)
        own, rest = both("small", backend, "s5cmd")
        if own:
            ask(f"small uploads ({backend}): CPU ≤ 0.35 × s5cmd", own.cpu / rest[0].cpu, 0.35)
            ask(f"small uploads ({backend}): wall ≤ 1 × s5cmd", own.wall / rest[0].wall, 1.0)
    own, rest = both("two-way", "memory", "rclone")
    if own:
        ask("two-way, unchanged: wall ≤ 0.15 × rclone bisync", own.wall / rest[0].wall, 0.15)
        ask("two-way, unchanged: CPU ≤ 0.15 × rclone bisync", own.cpu / rest[0].cpu, 0.15)
    for case in ("1 GiB up", "1 GiB down"):
        for backend in ("ceph", "files"):
            own, rest = both(case, backend, "s5cmd")
            if own:
                ask(f"{case} ({backend}): CPU ≤ 0.5 × s5cmd", own.cpu / rest[0].cpu, 0.5)
    for backend in ("azure", "gcs", "dropbox"):
        for case, limit in (("5,000 small", 0.4), ("1 GiB up", 0.5)):
            own, rest = both(case, backend, "rclone")
            if own:
                ask(f"{case} ({backend}): CPU ≤ {limit} × rclone", own.cpu / rest[0].cpu, limit)
    for case in ("mixed, encrypt", "mixed, both"):
        own, rest = both(case, "files", "rclone")
        if own:
            ask(f"{case}: CPU ≤ 0.6 × rclone crypt{' over compress' if 'both' in case else ''}", own.cpu / rest[0].cpu, 0.6)
            plain, _ = both("mixed, plain", "files", "rclone")
            if plain:
                ask(f"{case}: memory beyond that of the plain upload ≤ 64 MB", (own.peak - plain.peak) / MB, 64, "{:.0f} MB")
    peaks = [tools["isobar"].peak for (case, _), tools in medians.items() if "isobar" in tools and case != "million" and "mixed" not in case]
    if peaks:
        ask("peak memory in all of these ≤ 64 MB", max(peaks) / MB, 64, "{:.0f} MB")
    million = medians.get(("million", "process"), {}).get("isobar")
    if million:
        ask("peak memory with a million entries ≤ 200 MB", million.peak / MB, 200, "{:.0f} MB")
    return found
