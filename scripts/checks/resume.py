"""Kills the upload and then the download of one large file at random moments until it is through, and counts the bytes on the wire.

Afterwards boto3 reads the object and the file that came down is compared. Asked for: no more than 1.05 times the file and one part for
each kill, in each direction.
"""
import argparse
import hashlib
import random
import sys

from lab import CountingProxy, Run, Server, Workplace


def make_file(path, mebibytes, seed):
    generator = random.Random(seed)
    digest = hashlib.sha256()
    with open(path, "wb") as file:
        for _ in range(mebibytes):
            block = generator.randbytes(1 << 20)
            digest.update(block)
            file.write(block)
    return digest.hexdigest()


def digest_of(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def through(arguments, env, cwd, generator, kills, longest):
    """Runs until it is through: killed `kills` times, then left alone. How often it was killed."""
    done = 0
    while done < kills:
        run = Run(arguments, env, kill_after=generator.uniform(0.15, longest), cwd=cwd)
        if not run.was_killed:
            if run.code != 0:
                raise SystemExit(f"it failed: {run.said}")
            return done
        done += 1
    run = Run(arguments, env, cwd=cwd)
    if run.code != 0:
        raise SystemExit(f"it failed: {run.said}")
    return done


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", default="ceph")
    parser.add_argument("--size", type=int, default=2048, help="of the file in MiB")
    parser.add_argument("--kills", type=int, default=8, help="in each direction, at most")
    parser.add_argument("--part", type=int, default=16, help="MiB that one kill may cost")
    parser.add_argument("--longest", type=float, default=2.5, help="seconds before a kill, at most")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    options = parser.parse_args()
    print(f"seed {options.seed}")
    generator = random.Random(options.seed)
    bad = 0
    with Workplace(f"resume-{options.server}") as folder, Server(options.server, folder / "server", MOTO_AUTH="1") as server:
        with CountingProxy(server.endpoint) as proxy:
            client = server.client()
            client.create_bucket(Bucket="resume")
            (folder / "up").mkdir()
            expected = make_file(folder / "up" / "large.bin", options.size, options.seed)
            env = server.environment(folder)
            end = f"s3://resume/?endpoint={proxy.endpoint}&region=us-east-1"
            for what, local, state in [("up", "up", "one"), ("down", "down", "two")]:
                (folder / local).mkdir(exist_ok=True)
                proxy.reset()
                arguments = ["sync", str(folder / local), end, "--state", str(folder / state), "--json"]
                kills = through(arguments, env, folder, generator, options.kills, options.longest)
                moved = proxy.up if what == "up" else proxy.down
                size = options.size << 20
                allowed = 1.05 * size + kills * (options.part << 20)
                verdict = "good" if moved <= allowed else "TOO MUCH"
                bad += moved > allowed
                print(f"{what}: {kills} kills, {moved / size:.3f} times the file on the wire, {allowed / size:.3f} allowed: {verdict}", flush=True)
                if what == "up":
                    digest = hashlib.sha256()
                    for chunk in client.get_object(Bucket="resume", Key="large.bin")["Body"].iter_chunks(1 << 20):
                        digest.update(chunk)
                    if digest.hexdigest() != expected:
                        raise SystemExit("boto3 reads something else")
                    left = client.list_multipart_uploads(Bucket="resume").get("Uploads", [])
                    if left:
                        raise SystemExit(f"{len(left)} uploads were left behind")
                elif digest_of(folder / "down" / "large.bin") != expected:
                    raise SystemExit("what came down is something else")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
