"""What one process used, as the kernel counted it."""
import dataclasses
import os
import statistics
import subprocess
import time


@dataclasses.dataclass
class Measure:
    wall: float  # seconds
    cpu: float  # seconds, user and kernel mode together
    peak: int  # bytes resident at most


class Failed(Exception):
    pass


def measure(argv, env, log, cwd=None, accept=(0,)):
    """Runs a command to its end. Its output goes to `log`, which is quoted if it fails."""
    with open(log, "wb") as output:
        begin = time.monotonic()
        process = subprocess.Popen(argv, env=env, cwd=cwd, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in accept:
        with open(log, "rb") as output:
            tail = output.read()[-600:].decode(errors="replace")
        raise Failed(f"{' '.join(map(str, argv))}\nended with {process.returncode}: {tail}")
    return Measure(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


def median(measures):
    """The middle of each number by itself."""
    return Measure(*(statistics.median(getattr(m, f.name) for m in measures) for f in dataclasses.fields(Measure)))
