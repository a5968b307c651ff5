"""What the checks share: servers, the built command, trees of files by the bytes of their names."""
import hashlib
import json
import os
import pathlib
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import urllib.parse

import boto3
import botocore.config
import botocore.handlers

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
CACHE = pathlib.Path(os.environ.get("ISOBAR_LAB") or pathlib.Path.home() / ".cache" / "isobar-lab")
ISOBAR = os.environ.get("ISOBAR_COMMAND") or str(ROOT / ".build" / "release" / "isobar")


def free_port():
    """A port that is free together with the four after it, which some servers take too."""
    for _ in range(200):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        try:
            for other in range(port, port + 5):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", other))
            return port
        except (OSError, OverflowError):
            continue
    raise SystemExit("no free ports")


class Server:
    """A server of scripts/services, ended with the `with` block."""

    def __init__(self, name, folder, **settings):
        self.name, self.folder = name, pathlib.Path(folder)
        script = ROOT / "scripts" / "services" / f"s3-{name}.sh"
        self._stop = ["bash", script, "stop", self.folder]
        begin = subprocess.run(
            ["bash", script, "start", self.folder, str(free_port())], env=dict(os.environ, **settings), capture_output=True, text=True)
        if begin.returncode != 0:
            raise RuntimeError(f"{name} does not start: {begin.stderr.strip()[-300:]}")
        self.variables = {}
        for line in begin.stdout.splitlines():
            key, _, value = line.removeprefix("export ").partition("=")
            self.variables[key] = shlex.split(value)[0] if value else ""
        self.endpoint = self.variables["S3_ENDPOINT"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        subprocess.run(self._stop, check=False)

    def client(self):
        """boto3, which shares no line with what is judged."""
        config = botocore.config.Config(
            s3={"addressing_style": "path"}, request_checksum_calculation="when_required", response_checksum_validation="when_required",
            retries={"max_attempts": 5})
        client = boto3.client(
            "s3", endpoint_url=self.endpoint, region_name="us-east-1", aws_access_key_id=self.variables["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.variables["AWS_SECRET_ACCESS_KEY"], config=config)
        # Keys as they are: LocalStack, asked for encoded ones, mistakes them for the keys when it goes on after a page.
        client.meta.events.unregister("before-parameter-build.s3.ListObjectsV2", botocore.handlers.set_list_objects_encoding_type_url)
        return client

    @property
    def port(self):
        return urllib.parse.urlsplit(self.endpoint).port

    def end(self, bucket, prefix="", port=None, **settings):
        """A place in the service, as Isobar names it; reached at another port if one is given."""
        settings = dict(endpoint=f"http://127.0.0.1:{port}" if port else self.endpoint, region="us-east-1", **settings)
        return f"s3://{bucket}/{prefix}?" + "&".join(f"{key}={value}" for key, value in settings.items())

    def environment(self, home):
        keep = {k: v for k, v in os.environ.items() if k in ("PATH", "TMPDIR")}
        keys = {k: v for k, v in self.variables.items() if k in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
        return dict(keep, HOME=str(home), NO_COLOR="1", LC_ALL="C.UTF-8", AWS_EC2_METADATA_DISABLED="true", **keys)

    def rclone(self, home, *arguments):
        """rclone with this server as `lab:`."""
        env = dict(
            self.environment(home), RCLONE_CONFIG=str(pathlib.Path(home) / "rclone.conf"), RCLONE_CONFIG_LAB_TYPE="s3",
            RCLONE_CONFIG_LAB_PROVIDER="Other", RCLONE_CONFIG_LAB_ENDPOINT=self.endpoint,
            RCLONE_CONFIG_LAB_ACCESS_KEY_ID=self.variables["AWS_ACCESS_KEY_ID"],
            RCLONE_CONFIG_LAB_SECRET_ACCESS_KEY=self.variables["AWS_SECRET_ACCESS_KEY"], RCLONE_CONFIG_LAB_FORCE_PATH_STYLE="true")
        return subprocess.run([CACHE / "venv" / "rclone" / "bin" / "rclone", *arguments], env=env, capture_output=True, check=True).stdout


class S3Client:
    """boto3 as something with `read_all`, `write` and `delete`, as the clients of the emulated services are."""

    def __init__(self, server):
        self._client = server.client()

    def close(self):
        pass

    def create(self, name):
        self._client.create_bucket(Bucket=name)

    def read_all(self, name):
        return {key: self._client.get_object(Bucket=name, Key=key)["Body"].read() for key, *_ in listing(self._client, name)}

    def times(self, name):
        found = {}
        for key, *_ in listing(self._client, name):
            metadata = self._client.head_object(Bucket=name, Key=key)["Metadata"]
            metadata = {name.lower(): value for name, value in metadata.items()}
            if "mtime" in metadata:
                found[key] = int(float(metadata["mtime"]))
        return found

    def write(self, name, path, content):
        self._client.put_object(Bucket=name, Key=path, Body=content)

    def delete(self, name, path):
        self._client.delete_object(Bucket=name, Key=path)


class CountingProxy:
    """Passes connections on to a server of this machine and counts the bytes of both directions.

    It keeps little: what lies in a proxy's buffers has been counted, and has not come to anybody.
    """

    BUFFER = 32 << 10

    def __init__(self, endpoint):
        self._target = ("127.0.0.1", int(endpoint.rsplit(":", 1)[1].rstrip("/")))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.endpoint = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.reset()

    def reset(self):
        self.up = self.down = 0

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._listener.close()

    def _accept(self):
        while True:
            try:
                client = self._listener.accept()[0]
            except OSError:
                return
            client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, self.BUFFER)
            server = socket.create_connection(self._target)
            threading.Thread(target=self._pass, args=(client, server, "up"), daemon=True).start()
            threading.Thread(target=self._pass, args=(server, client, "down"), daemon=True).start()

    def _pass(self, source, sink, direction):
        try:
            while piece := source.recv(self.BUFFER):
                setattr(self, direction, getattr(self, direction) + len(piece))
                sink.sendall(piece)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            for end in (source, sink):
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass


class Run:
    """One run of the command: how it ended, what it said and used."""

    def __init__(self, arguments, env, kill_after=None, cwd=None):
        self.was_killed = False
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            begin = time.monotonic()
            process = subprocess.Popen([ISOBAR, *arguments], env=env, cwd=cwd, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
            if kill_after is not None:
                try:
                    process.wait(kill_after)
                    status, usage = process.returncode, None
                except subprocess.TimeoutExpired:
                    process.send_signal(signal.SIGKILL)
                    status, usage = process.wait(), None
                    self.was_killed = status == -signal.SIGKILL
            else:
                _, status, usage = os.wait4(process.pid, 0)
                status = process.returncode = os.waitstatus_to_exitcode(status)
            self.seconds = time.monotonic() - begin
            self.code = status
            self.peak = usage.ru_maxrss * 1024 if usage else None
            self.cpu = usage.ru_utime + usage.ru_stime if usage else None
            out.seek(0)
            err.seek(0)
            self.output, self.errors = out.read().decode(errors="replace"), err.read().decode(errors="replace")

    @property
    def json(self):
        return json.loads(self.output)

    @property
    def requests(self):
        return {name: count for name, count in self.json["requests"].items() if count}

    @property
    def said(self):
        return f"ended with {self.code}\n{self.output[-2000:]}\n{self.errors[-2000:]}"


def walk(root):
    """All files below a folder: (path relative to it, as bytes; status)."""
    root = os.fsencode(root)
    stack = [b""]
    while stack:
        prefix = stack.pop()
        with os.scandir(os.path.join(root, prefix) if prefix else root) as entries:
            for entry in entries:
                path = prefix + entry.name
                if entry.is_dir(follow_symlinks=False):
                    stack.append(path + b"/")
                else:
                    yield path, entry.stat(follow_symlinks=False)


def listing(client, bucket, prefix=""):
    """All objects below a prefix: (key as text, ETag, size, time)."""
    # By the last key, not by the token: LocalStack cannot read its own where the key is not ASCII.
    last = ""
    while True:
        page = client.list_objects_v2(Bucket=bucket, Prefix=prefix, **({"StartAfter": last} if last else {}))
        for item in page.get("Contents", []):
            last = item["Key"]
            yield last, item["ETag"].strip('"'), item["Size"], item["LastModified"]
        if not page.get("IsTruncated") or not page.get("Contents"):
            return


def md5(content):
    return hashlib.md5(content).hexdigest()


def md5_of_file(path):
    digest = hashlib.md5()
    with open(path, "rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


class Workplace:
    """A temporary folder that is removed unless something went wrong in it."""

    def __init__(self, name):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix=f"isobar-{name}-"))

    def __enter__(self):
        return self.path

    def __exit__(self, kind, *_):
        if kind is None:
            shutil.rmtree(self.path, ignore_errors=True)
        else:
            print(f"everything is kept in {self.path}")
