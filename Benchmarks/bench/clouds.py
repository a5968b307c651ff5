"""Azure Blob Storage, Google Cloud Storage and Dropbox, as `isobar emulate` plays them: the same emulator for both tools, in turns."""
import contextlib
import filecmp
import json
import os
import signal
import subprocess
import threading

from .lab import SERVICES, free_port
from .measure import Failed, measure

KINDS = ("azure", "gcs", "dropbox")
ACCOUNT = "devstoreaccount1"


@contextlib.contextmanager
def emulator(lab, kind):
    """A running emulator: its port and what clients must be told."""
    port = free_port()
    process = subprocess.Popen(
        [lab.isobar, "emulate", kind, "--port", str(port), "--json"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True)
    try:
        text = ""
        while not text.rstrip().endswith("\n}"):
            line = process.stdout.readline()
            if not line:
                raise Failed(f"the emulator of {kind} does not start: {text}")
            text += line
        threading.Thread(target=process.stdout.read, daemon=True).start()
        yield port, json.loads(text)["environment"]
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()


@contextlib.contextmanager
def front(lab, port):
    """Dropbox's clients speak TLS to fixed names only: a proxy brings them to the emulator, for both tools alike."""
    folder, own = lab.folder / "tls", free_port()
    script = ["bash", str(SERVICES / "tlsfront.sh")]
    subprocess.run(
        [*script, "start", folder, str(own)], env=dict(os.environ, TLSFRONT_RULES=f"*={port}"), check=True, stdout=subprocess.DEVNULL)
    try:
        yield own, str(folder / "ca.pem")
    finally:
        subprocess.run([*script, "stop", folder], check=False)


class Isobar:
    name = "isobar"

    def __init__(self, lab, kind, port, variables, tls):
        self._lab, self._kind = lab, kind
        keep = {key: value for key, value in os.environ.items() if key in ("PATH", "LANG", "LC_ALL", "TMPDIR")}
        self.env = dict(keep, HOME=str(lab.folder / "home"), NO_COLOR="1", **{k: v for k, v in variables.items() if k != "STORAGE_EMULATOR_HOST"})
        address = f"http://127.0.0.1:{port}"
        store = {
            "azure": f"{{type: azure, container: bench, account: {ACCOUNT}, endpoint: '{address}/{ACCOUNT}', create_bucket: true}}",
            "gcs": f"{{type: gcs, bucket: bench, endpoint: '{address}', anonymous: true, project: emulator, create_bucket: true}}",
            "dropbox": f"{{type: dropbox, path: bench, endpoint: 'https://localhost:{tls[0]}', ca_file: '{tls[1]}', create_bucket: true}}" if tls else "",
        }[kind]
        self._config = lab.folder / f"{kind}.yaml"
        self._config.write_text(f"stores:\n  cloud: {store}\n")

    def _call(self, *words):
        return [self._lab.isobar, *words, "--config", str(self._config), "--quiet"]

    def upload(self, folder, number):
        return self._call("copy", str(folder), f"cloud:isobar-{number}", "--state", str(self._lab.folder / "state" / f"{self._kind}-{number}"))

    def put(self, file, number):
        return self._call("put", str(file), f"cloud:isobar-{number}.bin")

    def get(self, number, file):
        return self._call("get", f"cloud:isobar-{number}.bin", str(file))


class Rclone:
    name = "rclone"

    def __init__(self, lab, kind, port, variables, tls):
        self._program = lab.program("rclone")
        keep = {key: value for key, value in os.environ.items() if key in ("PATH", "LANG", "LC_ALL", "TMPDIR")}
        address = f"http://127.0.0.1:{port}"
        settings = {
            "azure": dict(TYPE="azureblob", ACCOUNT=ACCOUNT, KEY=variables.get("AZURE_STORAGE_KEY", ""), ENDPOINT=f"{address}/{ACCOUNT}"),
            "gcs": dict(TYPE="google cloud storage", ENDPOINT=f"{address}/storage/v1/", ANONYMOUS="true", PROJECT_NUMBER="emulator", BUCKET_POLICY_ONLY="true"),
            "dropbox": dict(TYPE="dropbox", TOKEN=json.dumps(
                {"access_token": variables.get("DROPBOX_ACCESS_TOKEN"), "token_type": "bearer", "expiry": "0001-01-01T00:00:00Z"})),
        }[kind]
        configuration = lab.folder / "rclone-clouds.conf"
        configuration.touch()
        self.env = dict(
            keep, HOME=str(lab.folder / "home"), RCLONE_CONFIG=str(configuration),
            **{f"RCLONE_CONFIG_CLOUD_{name}": value for name, value in settings.items()})
        if tls:
            self.env.update(HTTPS_PROXY=f"http://127.0.0.1:{tls[0]}", NO_PROXY="", RCLONE_CA_CERT=tls[1])

    def upload(self, folder, number):
        return [self._program, "copy", str(folder), f"cloud:bench/rclone-{number}", "--transfers", "32", "--checkers", "32", "--no-check-dest"]

    def put(self, file, number):
        return [self._program, "copyto", str(file), f"cloud:bench/rclone-{number}.bin"]

    def get(self, number, file):
        return [self._program, "copyto", f"cloud:bench/rclone-{number}.bin", str(file)]


def run(lab, results):
    """5,000 small files up, and the large one up and down, on each service."""
    (lab.folder / "home").mkdir(exist_ok=True)
    small, large = lab.small_files(min(lab.options.files, 5000)), lab.big_file()
    # rclone's program comes with the server of the other cases.
    lab.install_rclone()
    for kind in KINDS:
        with contextlib.ExitStack() as stack:
            try:
                port, variables = stack.enter_context(emulator(lab, kind))
                tls = stack.enter_context(front(lab, port)) if kind == "dropbox" else None
            except Failed as failure:
                results.failures.append(f"{kind}: {failure}")
                continue
            chosen = [tool(lab, kind, port, variables, tls) for tool in (Isobar, Rclone) if tool.name in lab.tools]
            for number in range(lab.options.rounds):
                for tool in chosen:
                    results.attempt("5,000 small", kind, tool.name, lambda: measure(tool.upload(small, number), tool.env, lab.log))
                    if not results.attempt("1 GiB up", kind, tool.name, lambda: measure(tool.put(large, number), tool.env, lab.log)):
                        continue
                    got = lab.folder / "got.bin"
                    got.unlink(missing_ok=True)
                    if results.attempt("1 GiB down", kind, tool.name, lambda: measure(tool.get(number, got), tool.env, lab.log)):
                        if not filecmp.cmp(large, got, shallow=False):
                            raise SystemExit(f"{tool.name} brought back other bytes than it sent")
                    got.unlink(missing_ok=True)
