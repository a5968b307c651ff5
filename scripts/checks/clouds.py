"""One folder kept in step with S3, Azure, Google Cloud Storage and Dropbox at once, while all five sides change.

In each round files are written, edited and deleted on every side with the service's own client, some of them the same on two sides. Then
`isobar sync FOLDER S3 AZURE GCS DROPBOX` runs until nothing is left to do, and each client must see what lies in the folder, byte for byte, and with its modification time.
"""
import argparse
import contextlib
import random
import sys

from emulated import FAMILIES, Emulator
from lab import Run, S3Client, Server, Workplace, walk


class FolderClient:
    def __init__(self, root):
        self._root = root

    def close(self):
        pass

    def read_all(self, _):
        return {path.decode(): (self._root / path.decode()).read_bytes() for path, _ in walk(self._root)}

    def times(self, _):
        return {path.decode(): status.st_mtime_ns // 10**9 for path, status in walk(self._root)}

    def write(self, _, path, content):
        (self._root / path).parent.mkdir(parents=True, exist_ok=True)
        (self._root / path).write_bytes(content)

    def delete(self, _, path):
        (self._root / path).unlink()


def visible(files):
    """What people see: without what Isobar keeps for itself, and without markers of folders."""
    return {path: content for path, content in files.items() if not path.startswith(".isobar/") and not path.endswith("/")}


def edit(clients, name, generator, edits):
    """Changes every side, some names on two of them; what was written and not written over by the same hand."""
    written, shared = {}, [f"shared/{generator.randrange(10)}.txt" for _ in range(2)]
    for side, client in clients.items():
        there = sorted(visible(client.read_all(name)))

        def write(path):
            text = f"{side} wrote {generator.random()}".encode()
            client.write(name, path, text)
            written[side, path] = text

        for _ in range(edits):
            choice = generator.randrange(4)
            if choice == 0 and there:
                path = there.pop(generator.randrange(len(there)))
                client.delete(name, path)
                written.pop((side, path), None)
            elif choice == 1 and there:
                write(there[generator.randrange(len(there))])
            else:
                write(f"{side}/{generator.randrange(1000)} \u00e9.bin")
        if generator.randrange(2) or side == "folder":
            write(shared[generator.randrange(2)])
    return set(written.values())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--edits", type=int, default=12, help="on each side in each round")
    parser.add_argument("--files", type=int, default=200, help="in the folder at the beginning")
    parser.add_argument("--large", type=int, default=24, help="size of one of them in MiB")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    options = parser.parse_args()
    generator = random.Random(options.seed)
    print("seed", options.seed)
    name = "equal"
    with contextlib.ExitStack() as stack:
        place = stack.enter_context(Workplace("clouds"))
        server = stack.enter_context(Server("rclone", place / "s3", S3_BACKEND="files"))
        emulators = [stack.enter_context(Emulator(kind, place / kind)) for kind in FAMILIES]
        clients = {}
        try:
            root = place / "folder"
            root.mkdir()
            clients = {"folder": FolderClient(root), "s3": S3Client(server)}
            clients["s3"].create(name)
            for emulator in emulators:
                clients[emulator.kind] = emulator.client(place)
            for number in range(options.files):
                clients["folder"].write(name, f"{number % 9}/file {number}.bin", generator.randbytes(generator.choice([0, 1, 900, 40_000])))
            clients["folder"].write(name, "large.bin", generator.randbytes(options.large << 20))
            env = server.environment(place / "home")
            for emulator in emulators:
                env.update(emulator.variables)
            command = ["sync", str(root), server.end(name)] + [emulator.end(name) for emulator in emulators] + ["--json", "--force"]
            written = set()
            for step in range(options.rounds + 1):
                if step:
                    written |= edit(clients, name, generator, options.edits)
                runs, done = 0, False
                while not done:
                    run = Run(command, env)
                    runs += 1
                    if run.code != 0:
                        raise SystemExit(f"round {step}: {run.said}")
                    done = run.json["transferred"] == 0 and run.json["deleted"] == 0 and run.json["moved"] == 0
                    if runs > 4:
                        raise SystemExit(f"round {step}: it does not come to rest: {run.said}")
                expected = visible(clients["folder"].read_all(name))
                for side, client in clients.items():
                    seen = visible(client.read_all(name))
                    if seen != expected:
                        raise SystemExit(
                            f"round {step}: {side} differs: only there {sorted(set(seen) - set(expected))[:5]}, only in the folder "
                            f"{sorted(set(expected) - set(seen))[:5]}, other content {[p for p in seen if expected.get(p, seen[p]) != seen[p]][:5]}")
                print(f"round {step}: {len(expected)} files are the same on all five sides after {runs} runs")
            times = visible(clients["folder"].times(name))
            for side, client in clients.items():
                wrong = {path: time for path, time in visible(client.times(name)).items() if times[path] != time}
                if wrong:
                    raise SystemExit(f"{side} has other modification times: {list(wrong.items())[:5]}")
            kept = set()
            for client in clients.values():
                kept |= set(client.read_all(name).values())
            # What lost a conflict or was deleted is in some trash or under another name.
            lost = [text for text in written if text not in kept]
            if lost:
                raise SystemExit(f"{len(lost)} of {len(written)} texts are nowhere any more: {lost[:3]}")
            print(f"all {len(written)} texts that were written are still somewhere")
        finally:
            for client in clients.values():
                client.close()


if __name__ == "__main__":
    sys.exit(main())
