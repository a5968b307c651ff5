"""Syncs files of several sizes under a limit of bandwidth and counts what crosses the wire, ten times a second.

Asked for: over any five seconds the rate is within 3 % of the limit, up and down, and a timetable switches it while the run goes on.
"""
import argparse
import sys
import threading
import time

from lab import CountingProxy, Run, Server, Workplace

MEBIBYTE = 1 << 20


class Sampler:
    """What a proxy had counted, ten times a second."""

    def __init__(self, proxy, direction):
        self._proxy, self._direction, self.samples, self._over = proxy, direction, [], False
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over = True
        self._thread.join()

    def _run(self):
        while not self._over:
            self.samples.append((time.time(), getattr(self._proxy, self._direction)))
            time.sleep(0.1)

    def rates(self, begin, end, window=5.0):
        """Bytes a second over each stretch of `window` seconds between two moments."""
        inside = [sample for sample in self.samples if begin <= sample[0] <= end]
        found = []
        for index, (start, count) in enumerate(inside):
            later = next(((t, c) for t, c in inside[index:] if t - start >= window), None)
            if later:
                found.append((later[1] - count) / (later[0] - start))
        return found

    def moving(self):
        """When bytes moved: from the first second after the start to the last before the end."""
        total = self.samples[-1][1]
        begin = next(t for t, count in self.samples if count > total * 0.02)
        return begin + 0.5, next(t for t, count in self.samples if count >= total * 0.98)


def judge(name, rates, limit):
    low, high = min(rates) / limit, max(rates) / limit
    good = low >= 0.97 and high <= 1.03
    print(f"{name}: {len(rates)} stretches of 5 s, {low:.3f} to {high:.3f} of {limit / MEBIBYTE:g} MiB/s: {'good' if good else 'WRONG'}", flush=True)
    return good


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", default="rclone")
    options = parser.parse_args()
    good = []
    with Workplace("bandwidth") as folder, Server(options.server, folder / "server") as server, CountingProxy(server.endpoint) as proxy:
        server.client().create_bucket(Bucket="bandwidth")
        env = dict(server.environment(folder), TZ="UTC")

        def run(local, to, rate, direction):
            (folder / local).mkdir(exist_ok=True)
            proxy.reset()
            with Sampler(proxy, direction) as sampler:
                run = Run(["sync", str(folder / local), to, "--state", str(folder / f"state {local}"), "--bandwidth", rate, "--json"], env)
            if run.code != 0:
                raise SystemExit(f"it failed: {run.said}")
            return sampler

        for name, count, size in (("one large file", 1, 80 * MEBIBYTE), ("small files", 2500, 32 << 10), ("files", 40, 2 * MEBIBYTE)):
            here = folder / name
            here.mkdir()
            for number in range(count):
                (here / f"file {number}.bin").write_bytes(bytes([number % 251]) * size)
            end = f"s3://bandwidth/{name.replace(' ', '-')}?endpoint={proxy.endpoint}&region=us-east-1"
            sampler = run(name, end, "5M", "up")
            good.append(judge(f"{name} up", sampler.rates(*sampler.moving()), 5 * MEBIBYTE))
            sampler = run(f"{name} down", end, "5M", "down")
            good.append(judge(f"{name} down", sampler.rates(*sampler.moving()), 5 * MEBIBYTE))
        # Begins so that the minute ends in the middle of the run.
        time.sleep((60 - 12 - time.time() % 60) % 60)
        switch = (int(time.time()) // 60 + 1) * 60
        before, after = (time.strftime("%H:%M", time.gmtime(moment)) for moment in (switch - 60, switch))
        sampler = run("again", end, f"{before}-{after} 2M, * 5M", "down")
        begin, finish = sampler.moving()
        good.append(judge("before the switch", sampler.rates(begin, switch), 2 * MEBIBYTE))
        good.append(judge("after it", sampler.rates(switch + 0.5, finish), 5 * MEBIBYTE))
    sys.exit(0 if all(good) else 1)


if __name__ == "__main__":
    main()
