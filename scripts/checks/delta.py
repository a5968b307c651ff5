"""Changes 1 MiB in the middle of a large file and inserts a byte at its front, syncs, and counts the bytes on the wire.

boto3 reads the object afterwards, and another machine fetches it by the map that was left. Asked for: at most 24 MiB sent, where the
server can copy parts, elsewhere the whole file; at most 24 MiB fetched, everywhere.
"""
import argparse
import hashlib
import random
import sys

from lab import CountingProxy, Run, Server, Workplace

SERVERS = ["ceph", "localstack", "moto", "rclone"]
WHOLE = {"rclone"}
LIMIT = 24 << 20


def write(path, blocks):
    with open(path, "wb") as file:
        for block in blocks:
            file.write(block)


def judge(name, options):
    generator = random.Random(options.seed)
    blocks = [generator.randbytes(1 << 20) for _ in range(options.size)]
    with Workplace(f"delta-{name}") as folder, Server(name, folder / "server", MOTO_AUTH="1") as server:
        with CountingProxy(server.endpoint) as proxy:
            client = server.client()
            client.create_bucket(Bucket="delta")
            local = folder / "local"
            local.mkdir()
            env = server.environment(folder)
            end = f"s3://delta/?endpoint={proxy.endpoint}&region=us-east-1"

            def sync():
                proxy.reset()
                run = Run(["sync", str(local), end, "--config", str(settings), "--state", str(folder / "state"), "--json"], env)
                if run.code != 0:
                    raise SystemExit(f"it failed: {run.said}")
                return run

            settings = folder / "maps.yaml"
            settings.write_text("defaults: {delta_maps: true}\n")
            other = folder / "other"
            other.mkdir()

            def other_machine():
                proxy.reset()
                words = ["sync", str(other), end, "--config", str(settings), "--state", str(folder / "other-state"), "--json"]
                run = Run(words, env)
                if run.code != 0:
                    raise SystemExit(f"it failed: {run.said}")
                if (other / "large.bin").read_bytes() != b"".join(blocks):
                    raise SystemExit(f"{name}: the other machine has something else")
                return run

            write(local / "large.bin", blocks)
            first = sync()
            other_machine()
            blocks[options.size // 2] = generator.randbytes(1 << 20)
            blocks.insert(0, b"!")
            write(local / "large.bin", blocks)
            second = sync()
            sent = proxy.up
            expected, found = hashlib.sha256(b"".join(blocks)).hexdigest(), hashlib.sha256()
            for chunk in client.get_object(Bucket="delta", Key="large.bin")["Body"].iter_chunks(1 << 20):
                found.update(chunk)
            if found.hexdigest() != expected:
                raise SystemExit(f"{name}: boto3 reads something else")
            quiet = sync()
            if quiet.json["transferred"] or proxy.up > 100_000:
                raise SystemExit(f"{name}: the next run has something to do: {quiet.output}")
            said = second.json
            other_machine()
            fetched = proxy.down
            good = ((sent > options.size << 20) if name in WHOLE else sent <= LIMIT) and fetched <= LIMIT
            print(
                f"{name}: {sent / (1 << 20):.1f} MiB of {options.size} MiB on the wire; it says {said['bytes']} sent, {said['bytesReused']} taken from the store; "
                f"{fetched / (1 << 20):.1f} MiB fetched by another machine; "
                f"whole {first.seconds:.1f} s, {first.cpu:.2f} CPU s; change {second.seconds:.1f} s, {second.cpu:.2f} CPU s: {'good' if good else 'WRONG'}", flush=True)
            return good


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--servers", default=",".join(SERVERS))
    parser.add_argument("--size", type=int, default=1024, help="of the file in MiB")
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    sys.exit(0 if all([judge(name, options) for name in options.servers.split(",")]) else 1)


if __name__ == "__main__":
    main()
