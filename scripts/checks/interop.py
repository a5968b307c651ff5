"""Round trips of mixed files through S3 servers, judged by clients that share nothing with Isobar.

For each server: sync a folder up, read everything with boto3 and compare the bytes, let rclone read the modification times, count the requests of
a second run, change things with boto3 and sync them down, and sync into an empty folder on another machine.
"""
import argparse
import concurrent.futures
import os
import random
import sys
import time

import botocore.exceptions

from lab import ISOBAR, Run, Server, Workplace, listing, walk

SERVERS = ["rclone", "ceph", "localstack", "swift", "moto"]
# What a server cannot hold, found with other clients too.
# moto refuses a newline; rclone's server lists one as the symbol that stands for it as soon as it reads its folder again.
CANNOT = {"moto": lambda name: b"\n" in name, "rclone": lambda name: b"\n" in name}


class Wrong(Exception):
    pass


def make_files(root, count, big, leave_out):
    """Mixed files with a fixed seed: sizes from nothing to `big` MiB, and names that trip programs up."""
    generator = random.Random(5)
    odd = [
        "with space", " leading", "new\nline", "caf\u00e9", "cafe\u0301", "n" * 250, "percent%2Fslash", "plus+and&", "quote\"'<>", "\U0001f40b", "tab\there",
        "folder with\nnewline/inner", "semi;colon", "#hash", "?question", "[brackets]", "~tilde", "a=b", "back\\slash", "\u4e2d\u6587", "..dots", "x" * 200 + "/" + "y" * 200,
    ]
    names = [name.encode() for name in odd] + [b"empty/%d" % n for n in range(20)]
    names += [b"%02d/%s %d.bin" % (n % 83, generator.choice([b"file", b"photo", "Gr\u00f6\u00dfe".encode()]), n) for n in range(count - len(names) - 1)]
    total = 0
    for number, name in enumerate(names):
        if leave_out(name):
            continue
        size = 0 if name.startswith(b"empty/") else generator.choice([1, 100, 4096, 9000, 30_000]) + generator.randrange(500)
        if number % 1000 == 999:
            size = 9_000_000
        path = os.path.join(os.fsencode(root), name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(generator.randbytes(size))
        os.utime(path, ns=(0, 1_500_000_000_000_000_000 + generator.randrange(10**17)))
        total += size
    with open(root / "big.bin", "wb") as file:
        for _ in range(big):
            file.write(generator.randbytes(1 << 20))
    return total + (big << 20)


def read_tree(root):
    """Paths to (size, time); without what Isobar keeps for itself."""
    return {path: (status.st_size, status.st_mtime_ns) for path, status in walk(root) if not path.startswith(b".isobar/")}


def same_bytes(client, bucket, prefix, root):
    """Does boto3 read from the bucket exactly what lies in the folder?"""
    local = read_tree(root)
    remote = {key[len(prefix):].encode() for key, _, size, _ in listing(client, bucket, prefix) if not key[len(prefix):].startswith(".isobar/") and not key.endswith("/")}
    if set(local) != remote:
        raise Wrong(f"only here: {sorted(set(local) - remote)[:5]}, only there: {sorted(remote - set(local))[:5]}")

    def compare(path):
        body = client.get_object(Bucket=bucket, Key=prefix + path.decode())["Body"]
        with open(os.path.join(os.fsencode(root), path), "rb") as file:
            while True:
                ours, theirs = file.read(1 << 20), body.read(1 << 20)
                if ours != theirs:
                    raise Wrong(f"{path!r} differs")
                if not ours:
                    return

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(compare, local))
    return len(local)


def same_files(one, other):
    """Are two folders equal in names, bytes and times?"""
    left, right = read_tree(one), read_tree(other)
    if set(left) != set(right):
        raise Wrong(f"folders differ: {sorted(set(left) ^ set(right))[:5]}")
    for path, (size, when) in left.items():
        if right[path][0] != size:
            raise Wrong(f"{path!r} differs in size")
        if right[path][1] != when:
            raise Wrong(f"{path!r} has another time: {when} and {right[path][1]}")
        with open(os.path.join(os.fsencode(one), path), "rb") as a, open(os.path.join(os.fsencode(other), path), "rb") as b:
            while (x := a.read(1 << 20)) or True:
                if x != b.read(1 << 20):
                    raise Wrong(f"{path!r} differs")
                if not x:
                    break


def settle(client, bucket, prefix):
    """Waits until the server shows no upload any more that was under way: rclone's lists the file it writes into."""
    for _ in range(100):
        if not any(".rclone_temp_put_" in key for key, *_ in listing(client, bucket, prefix)):
            return
        time.sleep(0.1)
    raise Wrong("the server lists uploads that nobody makes")


def rclone_times(server, home, bucket, prefix, root):
    """How many modification times rclone reads as they are here; the newline is its own list's separator, so those names are left out."""
    output = server.rclone(home, "lsf", "--recursive", "--files-only", "--exclude", "/.isobar/**", "--format", "tp", "--separator", "\t",
                           "--time-format", "unixnano", "--s3-encoding", "None", f"lab:{bucket}/{prefix}")
    seen = dict(reversed(line.split(b"\t", 1)) for line in output.split(b"\n") if b"\t" in line)
    wanted = {path: when for path, (_, when) in read_tree(root).items() if b"\n" not in path and b"\t" not in path}
    right = sum(1 for path, when in wanted.items() if seen.get(path) == b"%d" % when)
    if right != len(wanted):
        sample = [(path, when, seen.get(path)) for path, when in wanted.items() if seen.get(path) != b"%d" % when][:3]
        raise Wrong(f"rclone reads {right} of {len(wanted)} times: {sample}")
    return right


def judge(name, folder, options, row):
    settings = {"MOTO_AUTH": "1"} if name == "moto" else {}
    row["server"] = name
    with Server(name, folder / "server", **settings) as server:
        client, bucket, prefix = server.client(), "interop", "round/trip/"
        client.create_bucket(Bucket=bucket)
        left, other = folder / "left", folder / "other"
        left.mkdir()
        other.mkdir()
        row["bytes"] = make_files(left, options.files, options.big, CANNOT.get(name, lambda _: False))
        env = server.environment(folder)

        def sync(root, state):
            run = Run(["sync", str(root), server.end(bucket, prefix), "--state", str(folder / state), "--json"], env)
            if run.code != 0:
                raise Wrong(f"sync {run.said}")
            return run

        up = sync(left, "state")
        row["up s"] = round(up.seconds, 1)
        row["peak MB"] = round(up.peak / 1e6)
        settle(client, bucket, prefix)
        row["files"] = same_bytes(client, bucket, prefix, left)
        again = sync(left, "state")
        row["second run"] = f"{again.json['transferred']} sent, {again.requests}".replace("'", "")
        if again.json["transferred"] or set(again.requests) != {"list"}:
            raise Wrong(f"the second run does more than list: {row['second run']}")
        row["rclone times"] = rclone_times(server, folder, bucket, prefix, left)
        # Somebody else writes, replaces and deletes.
        gone = sorted(path for path in read_tree(left) if path.startswith(b"1"))[:10]
        for path in gone:
            client.delete_object(Bucket=bucket, Key=prefix + path.decode())
        for number in range(10):
            client.put_object(Bucket=bucket, Key=f"{prefix}from boto/{number} \u00fc.txt", Body=b"by boto %d" % number)
        client.put_object(Bucket=bucket, Key=f"{prefix}with space", Body=b"replaced by boto")
        sync(left, "state")
        settle(client, bucket, prefix)
        row["changes down"] = same_bytes(client, bucket, prefix, left)
        if any(os.path.exists(os.path.join(os.fsencode(left), path)) for path in gone):
            raise Wrong("a delete did not come down")
        down = sync(other, "other-state")
        row["down s"] = round(down.seconds, 1)
        row["peak MB"] = max(row["peak MB"], round(down.peak / 1e6))
        same_files(left, other)
        row["verdict"] = "equal"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--servers", default=",".join(SERVERS))
    parser.add_argument("--files", type=int, default=5000)
    parser.add_argument("--big", type=int, default=300, help="MiB of the largest file")
    options = parser.parse_args()
    if not os.access(ISOBAR, os.X_OK):
        raise SystemExit(f"{ISOBAR} is not built: make build")
    rows, bad = [], 0
    for name in options.servers.split(","):
        row = {}
        rows.append(row)
        begin = time.monotonic()
        try:
            with Workplace(f"interop-{name}") as folder:
                judge(name, folder, options, row)
        except (Wrong, RuntimeError, botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as wrong:
            row["verdict"] = "WRONG"
            bad += 1
            print(f"{name}: {wrong}", flush=True)
        print(f"{name}: {row['verdict']} after {time.monotonic() - begin:.0f} s", flush=True)
    columns = ["server", "files", "bytes", "up s", "down s", "peak MB", "second run", "rclone times", "changes down", "verdict"]
    print("\n| " + " | ".join(columns) + " |\n" + "|---" * len(columns) + "|")
    for row in rows:
        print("| " + " | ".join(str(row.get(column, "")) for column in columns) + " |")
    return 1 if bad else 0


sys.exit(main())
