"""Services that `isobar emulate` plays, as ends for Isobar and as the services' own clients see them."""
import datetime
import json
import os
import pathlib
import signal
import subprocess
import threading

from lab import ISOBAR, ROOT, free_port

ACCOUNT = "devstoreaccount1"
FAMILIES = ("azure", "gcs", "dropbox")


class Emulator:
    """An `isobar emulate` of one service, ended with the `with` block."""

    def __init__(self, kind, folder, *arguments):
        self.kind = kind
        self.port = free_port()
        self._process = subprocess.Popen(
            [ISOBAR, "emulate", kind, "--port", str(self.port), "--data", str(folder), "--json", *arguments],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        text = ""
        while not text.rstrip().endswith("\n}"):
            line = self._process.stdout.readline()
            if not line:
                raise RuntimeError(f"the emulator of {kind} does not start: {text}")
            text += line
        self.settings = json.loads(text)
        threading.Thread(target=self._process.stdout.read, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.send_signal(signal.SIGINT)
        self._process.wait()

    @property
    def pid(self):
        return self._process.pid

    def end(self, name, prefix="", port=None, **settings):
        """A place in the service, as Isobar names it; reached at another port if one is given."""
        address = f"http://127.0.0.1:{port or self.port}"
        if self.kind == "azure":
            base, settings = f"azure://{ACCOUNT}/{name}", {"endpoint": f"{address}/{ACCOUNT}", "create_bucket": "true", **settings}
        elif self.kind == "gcs":
            base = f"gs://{name}"
            settings = {"endpoint": address, "anonymous": "true", "project": "emulator", "create_bucket": "true", **settings}
        else:
            base, settings = f"dropbox://{name}", {"endpoint": address, "create_bucket": "true", **settings}
        place = f"{base}/{prefix}" if prefix else base
        return place + "?" + "&".join(f"{key}={value}" for key, value in settings.items())

    @property
    def variables(self):
        """What Isobar, or a client of the service, must find in its environment."""
        return {name: value for name, value in self.settings["environment"].items() if name != "STORAGE_EMULATOR_HOST"}

    def client(self, folder):
        """The service's own client, as something with `read_all`, `write` and `delete`."""
        return {"azure": AzureClient, "gcs": GoogleClient, "dropbox": DropboxClient}[self.kind](self, folder)


def seconds(text):
    """A time as rclone and Isobar write it into metadata, in whole seconds since 1970."""
    return int(datetime.datetime.fromisoformat(text.split(".")[0].rstrip("Z") + "+00:00").timestamp())


class AzureClient:
    def __init__(self, emulator, _):
        from azure.storage.blob import BlobServiceClient
        self._service = BlobServiceClient(
            f"http://127.0.0.1:{emulator.port}/{ACCOUNT}",
            credential={"account_name": ACCOUNT, "account_key": emulator.variables["AZURE_STORAGE_KEY"]})

    def close(self):
        self._service.close()

    def read_all(self, name):
        container = self._service.get_container_client(name)
        return {blob.name: container.download_blob(blob.name).readall() for blob in container.list_blobs()}

    def times(self, name):
        blobs = self._service.get_container_client(name).list_blobs(include=["metadata"])
        return {blob.name: seconds(blob.metadata["mtime"]) for blob in blobs if "mtime" in (blob.metadata or {})}

    def write(self, name, path, content):
        self._service.get_blob_client(name, path).upload_blob(content, overwrite=True)

    def delete(self, name, path):
        self._service.get_blob_client(name, path).delete_blob()


class GoogleClient:
    def __init__(self, emulator, _):
        from google.auth.credentials import AnonymousCredentials
        from google.cloud import storage
        self._client = storage.Client(
            project="emulator", credentials=AnonymousCredentials(),
            client_options={"api_endpoint": f"http://127.0.0.1:{emulator.port}"})

    def close(self):
        self._client.close()

    def read_all(self, name):
        return {blob.name: blob.download_as_bytes() for blob in self._client.list_blobs(name)}

    def times(self, name):
        blobs = self._client.list_blobs(name)
        return {blob.name: seconds(blob.metadata["mtime"]) for blob in blobs if "mtime" in (blob.metadata or {})}

    def write(self, name, path, content):
        self._client.bucket(name).blob(path).upload_from_string(content)

    def delete(self, name, path):
        self._client.bucket(name).delete_blob(path)


class DropboxClient:
    """Speaks TLS only, so that a front ends it."""

    def __init__(self, emulator, folder):
        self._folder, port = pathlib.Path(folder) / "tls", free_port()
        self._script = ROOT / "scripts" / "services" / "tlsfront.sh"
        begin = subprocess.run(
            ["bash", self._script, "start", self._folder, str(port)], env=dict(os.environ, TLSFRONT_RULES=f"*={emulator.port}"),
            capture_output=True, text=True)
        if begin.returncode != 0:
            raise RuntimeError(f"the TLS front does not start: {begin.stderr}")
        for name in ("API", "API_CONTENT", "API_NOTIFY"):
            os.environ[f"DROPBOX_{name}_HOST"] = f"localhost:{port}"
        authorities = str(self._folder / "ca.pem")
        # The library asks the machine's own setting before its argument.
        os.environ.update(REQUESTS_CA_BUNDLE=authorities, no_proxy="*")
        import dropbox
        self._library = dropbox
        self._client = dropbox.Dropbox(emulator.variables["DROPBOX_ACCESS_TOKEN"], ca_certs=authorities)

    def close(self):
        subprocess.run(["bash", self._script, "stop", self._folder], check=False)
        del os.environ["REQUESTS_CA_BUNDLE"]

    def _files(self, name):
        page = self._client.files_list_folder(f"/{name}", recursive=True)
        while True:
            for entry in page.entries:
                if isinstance(entry, self._library.files.FileMetadata):
                    yield entry.path_display.removeprefix(f"/{name}/"), entry
            if not page.has_more:
                return
            page = self._client.files_list_folder_continue(page.cursor)

    def read_all(self, name):
        return {path: self._client.files_download(entry.path_lower)[1].content for path, entry in self._files(name)}

    def times(self, name):
        return {path: int(entry.client_modified.replace(tzinfo=datetime.timezone.utc).timestamp()) for path, entry in self._files(name)}

    def write(self, name, path, content):
        self._client.files_upload(content, f"/{name}/{path}", mode=self._library.files.WriteMode.overwrite)

    def delete(self, name, path):
        self._client.files_delete_v2(f"/{name}/{path}")
