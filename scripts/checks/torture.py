"""Kills syncs at random moments, edits both sides between, and looks for what is missing.

After every run, killed or not:
- each file on either side holds one of the contents that somebody wrote, whole;
- each content that was reachable when the run began (live, as a conflict's copy, or in the trash, on either side) still is.
Every so often, and at the end: runs that nobody kills converge within three, both sides are equal, and the next run does nothing.
"""
import argparse
import os
import random
import re
import statistics
import subprocess
import sys
import time

from lab import ISOBAR, Run, Server, Workplace, listing, md5, md5_of_file, walk

TEMPORARY = re.compile(rb"(^|/)\.isobar-tmp-[0-9a-f]{16}$")


class Lost(Exception):
    pass


class Torture:
    def __init__(self, options, server, folder):
        self.options, self.server, self.folder = options, server, folder
        self.random = random.Random(options.seed)
        self.left = folder / "left"
        self.left.mkdir()
        self.client = server.client()
        self.bucket = "torture"
        self.client.create_bucket(Bucket=self.bucket)
        self.env = server.environment(folder)
        self.known = {}  # hash of each content ever written: its number
        self.hashes = {}  # what a file's status says: its hash, so that unchanged files are read once
        self.times = [0.3]
        self.pending = set()
        self.kills = self.runs = self.finished = self.conflicts = self.leftovers = self.unsettled = 0

    # What people do between runs.

    def content(self):
        number = len(self.known)
        kind = self.random.random()
        size = self.random.randint(0, 40_000) if kind < 0.96 else self.random.randint(5_000_000, 20_000_000)
        body = b"content %d\n" % number + self.random.randbytes(size)
        self.known[md5(body)] = number
        return body

    def name(self):
        return f"{self.random.choice(['docs', 'photos/2026', 'x', 'x/y z'])}/file {self.random.randrange(40)}.bin"

    def edit_left(self):
        kind, path = self.random.random(), self.left / self.name()
        files = [self.left / os.fsdecode(p) for p, _ in walk(self.left) if not p.startswith(b".isobar/") and not TEMPORARY.search(p)]
        if kind < 0.55 or not files:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(self.content())
        elif kind < 0.75:
            self.random.choice(sorted(files)).unlink()
        elif kind < 0.97:
            path.parent.mkdir(parents=True, exist_ok=True)
            source = self.random.choice(sorted(files))
            if not path.exists():
                source.rename(path)
        else:
            folder, other = self.left / "x", self.left / f"x{self.random.randrange(5)}"
            if folder.is_dir() and not other.exists():
                folder.rename(other)

    def edit_right(self):
        live = sorted(key for key, *_ in listing(self.client, self.bucket) if not key.startswith(".isobar/") and not key.endswith("/"))
        if self.random.random() < 0.65 or not live:
            self.client.put_object(Bucket=self.bucket, Key=self.name(), Body=self.content())
        else:
            self.client.delete_object(Bucket=self.bucket, Key=self.random.choice(live))

    def edits(self):
        for _ in range(self.random.randrange(5)):
            self.edit_left()
        for _ in range(self.random.randrange(4)):
            self.edit_right()

    # What is there.

    def look(self):
        """Contents by place: live left, live right, trash of both, temporary files."""
        left, right, trash, temporary = {}, {}, set(), set()
        for path, status in walk(self.left):
            mark = (path, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
            if mark not in self.hashes:
                self.hashes[mark] = md5_of_file(os.path.join(os.fsencode(self.left), path))
            if TEMPORARY.search(path):
                temporary.add(self.hashes[mark])
            elif path.startswith(b".isobar/trash/"):
                trash.add(self.hashes[mark])
            elif not path.startswith(b".isobar/"):
                left[path] = self.hashes[mark]
        for key, etag, size, _ in listing(self.client, self.bucket):
            if key.endswith("/") and size == 0:
                continue
            if "-" in etag:  # an upload in parts: only its bytes tell
                etag = md5(self.client.get_object(Bucket=self.bucket, Key=key)["Body"].read())
            if key.startswith(".isobar/trash/"):
                trash.add(etag)
            elif not key.startswith(".isobar/"):
                right[key.encode()] = etag
        return left, right, trash, temporary

    def settled(self):
        """What is there once the server has noticed that its client is gone: rclone's shows an upload while it comes in."""
        for _ in range(30):
            seen = self.look()
            if all(hash_ in self.known for hash_ in seen[1].values()):
                break
            self.unsettled += 1
            time.sleep(0.1)
        return seen

    def reachable(self, seen):
        left, right, trash, _ = seen
        return (set(left.values()) | set(right.values()) | trash) & set(self.known)

    # Runs.

    def run(self, kill_after=None):
        before = self.reachable(self.look()) | self.pending
        result = Run(
            ["sync", str(self.left), self.server.end(self.bucket), "--state", str(self.folder / "state"), "--json", "--force"], self.env,
            kill_after)
        self.runs += 1
        if result.was_killed:
            self.kills += 1
        elif result.code not in (0, 1):
            raise Lost(f"a run that nobody killed {result.said}")
        seen = self.settled()
        for side, tree in (("left", seen[0]), ("right", seen[1])):
            for path, hash_ in tree.items():
                if hash_ not in self.known:
                    raise Lost(f"{path!r} on the {side} side holds what nobody wrote: a part of a file, or a mixture")
        missing = before - self.reachable(seen)
        # What was displaced when the kill came waits under a temporary name; the next run must not forget it.
        self.pending = missing & seen[3]
        missing -= self.pending
        if missing:
            numbers = sorted(self.known[h] for h in missing)
            raise Lost(f"contents {numbers} were there before the run and are nowhere after it\n{result.said}")
        return result

    def killed_run(self):
        # Up to half as much again as what a run takes, so that every moment of it has its turn; some runs end before.
        limit = statistics.median(self.times[-20:]) * 1.5
        result = self.run(kill_after=self.random.uniform(0, limit))
        if not result.was_killed:
            self.finished += 1
            self.times.append(result.seconds)

    def converge(self):
        for _ in range(3):
            result = self.run()
            if result.code == 0 and result.json["transferred"] == result.json["deleted"] == result.json["moved"] == 0:
                break
            self.times.append(result.seconds)
            self.conflicts += result.json["conflicts"]
        else:
            raise Lost(f"no peace after three runs that nobody killed: {result.said}")
        left, right, _, temporary = self.look()
        if left != right:
            difference = {p for p in left.keys() | right.keys() if left.get(p) != right.get(p)}
            raise Lost(f"the sides differ: {sorted(difference)[:10]}")
        if self.pending:
            raise Lost(f"contents {sorted(self.known[h] for h in self.pending)} are left only under temporary names")
        # Others may be writing: leftovers are cleared only when they are an hour old.
        self.leftovers = len(temporary)
        return len(left)

    def compare_bytes(self):
        left, _, _, _ = self.look()
        for path in left:
            there = self.client.get_object(Bucket=self.bucket, Key=path.decode())["Body"].read()
            if there != (self.left / os.fsdecode(path)).read_bytes():
                raise Lost(f"{path!r} differs in its bytes")

    def empty_trash(self):
        words = [ISOBAR, "trash", "empty", "--all-of-it", "--state", str(self.folder / "state"), "--quiet"]
        if subprocess.run(words, env=self.env, stdin=subprocess.DEVNULL).returncode != 0:
            raise Lost("the trash cannot be emptied")

    def go(self):
        begin = last = time.monotonic()
        while self.kills < self.options.kills:
            self.edits()
            self.killed_run()
            if self.runs % self.options.every == 0:
                files = self.converge()
                if self.options.empty_trash:
                    self.empty_trash()
                now = time.monotonic()
                print(
                    f"{self.kills} kills, {self.finished} ran through, {files} files, {len(self.known)} versions, "
                    f"{now - begin:.0f} s", flush=True)
                if now - begin > self.options.minutes * 60:
                    raise Lost(f"only {self.kills} kills in {self.options.minutes} minutes")
        self.converge()
        self.compare_bytes()
        print(
            f"{self.kills} kills, {self.finished} runs ended before the kill, {self.conflicts} conflicts, {len(self.known)} versions of files: "
            f"always converged, nothing lost, "
            f"in {time.monotonic() - begin:.0f} s (seed {self.options.seed}; {self.leftovers} temporary files wait to be an hour old)")


def memory(folder, count):
    """Many tiny files: what the command holds at most, in the first run and in the one with nothing to do."""
    (folder / "right").mkdir()
    for index in range(count):
        path = folder / "left" / f"{index // 500:04d}"
        if index % 500 == 0:
            path.mkdir(parents=True)
        (path / f"file-{index:07d}").write_bytes(b"%d" % index)
    env = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    arguments = ["sync", str(folder / "left"), str(folder / "right"), "--state", str(folder / "state"), "--json"]
    bad = 0
    for name in ("first run", "nothing to do"):
        run = Run(arguments, env)
        if run.code != 0:
            raise Lost(run.said)
        verdict = "ok" if run.peak <= 200_000_000 else "TOO MUCH"
        bad += verdict != "ok"
        print(f"{count} files, {name}: {run.peak / 1e6:.0f} MB at most, {run.seconds:.1f} s, {run.cpu:.1f} CPU s: {verdict}", flush=True)
    return bad


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--every", type=int, default=50, help="runs between two looks at convergence")
    parser.add_argument("--minutes", type=float, default=25, help="give up after that long")
    parser.add_argument("--server", default="rclone", help="of scripts/services: rclone, ceph, localstack, swift, moto")
    parser.add_argument("--keep-trash", dest="empty_trash", action="store_false", help="never empty the trash (slower listings)")
    parser.add_argument("--memory", type=int, metavar="FILES", help="instead: memory held for so many files")
    options = parser.parse_args()
    if not os.access(ISOBAR, os.X_OK):
        raise SystemExit(f"{ISOBAR} is not built: make build")
    with Workplace("torture") as folder:
        if options.memory:
            return memory(folder, options.memory)
        if options.seed is None:
            options.seed = random.SystemRandom().randrange(1 << 32)
        print(f"seed {options.seed}", flush=True)
        with Server(options.server, folder / "server") as server:
            torture = Torture(options, server, folder)
            try:
                torture.go()
            except Lost as lost:
                print(f"FAILED after {torture.kills} kills (seed {options.seed}): {lost}", flush=True)
                raise SystemExit(1)
    return 0


sys.exit(main())
