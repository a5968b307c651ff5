"""How each tool is asked to do the same job. Settings are what its manual advises for many small files."""
import functools
import subprocess


class Isobar:
    name = "isobar"

    def __init__(self, lab, env):
        self.program, self.env, self.lab = lab.isobar, env, lab

    def _call(self, verb, *words, bucket):
        state = self.lab.folder / "state" / bucket
        return [self.program, verb, *words, "--state", str(state), "--endpoint", self.env["S3_ENDPOINT"], "--region", "us-east-1", "--quiet"]

    def upload(self, folder, bucket):
        return self._call("copy", str(folder), f"s3://{bucket}/data", bucket=bucket)

    noop = upload

    def two_way(self, folder, bucket):
        return self._call("sync", str(folder), f"s3://{bucket}/data", bucket=bucket)

    two_way_first = two_way

    def put(self, file, bucket):
        return [self.program, "put", str(file), f"s3://{bucket}/big.bin", "--endpoint", self.env["S3_ENDPOINT"], "--region", "us-east-1", "--quiet"]

    def get(self, bucket, file):
        return [self.program, "get", f"s3://{bucket}/big.bin", str(file), "--endpoint", self.env["S3_ENDPOINT"], "--region", "us-east-1", "--quiet"]


    def _layered(self, bucket, kind, source, destination):
        key, settings = self.lab.folder / "layers.key", self.lab.folder / f"layers-{bucket}-{kind}.yaml"
        if not key.exists():
            subprocess.run([self.program, "keys", "generate", str(key), "--quiet"], check=True)
        settings.write_text(
            "stores:\n"
            f"  plain: {{type: s3, bucket: {bucket}, endpoint: '{self.env['S3_ENDPOINT']}', region: us-east-1}}\n"
            f"  encrypt: {{type: encrypt, over: 'plain:data', identity: 'file:{key}', names: encrypted}}\n"
            "  both: {type: compress, over: encrypt}\n")
        state = self.lab.folder / "state" / f"{bucket}-{kind}"
        return [self.program, "copy", source, destination, "--config", str(settings), "--state", str(state), "--quiet"]

    def upload_layered(self, folder, bucket, kind):
        return self._layered(bucket, kind, str(folder), f"{kind}:")

    def download_layered(self, bucket, folder, kind):
        return self._layered(bucket, kind, f"{kind}:", str(folder))


class S5cmd:
    name = "s5cmd"

    def __init__(self, lab, env):
        self.program = lab.program("s5cmd")

    def upload(self, folder, bucket):
        return [self.program, "--log", "error", "cp", f"{folder}/", f"s3://{bucket}/data/"]

    def noop(self, folder, bucket):
        return [self.program, "--log", "error", "sync", f"{folder}/", f"s3://{bucket}/data/"]

    def put(self, file, bucket):
        return [self.program, "--log", "error", "cp", str(file), f"s3://{bucket}/big.bin"]

    def get(self, bucket, file):
        return [self.program, "--log", "error", "cp", f"s3://{bucket}/big.bin", str(file)]


class Rclone:
    name = "rclone"

    def __init__(self, lab, env):
        self.program = lab.program("rclone")
        self.work = lab.folder / "bisync"

    def upload(self, folder, bucket):
        return [self.program, "copy", str(folder), f"lab:{bucket}/data", "--transfers", "32", "--checkers", "32", "--no-check-dest"]

    def noop(self, folder, bucket):
        return [self.program, "sync", str(folder), f"lab:{bucket}/data", "--checksum", "--fast-list", "--checkers", "32"]

    def _bisync(self, folder, bucket, *more):
        return [
            self.program, "bisync", str(folder), f"lab:{bucket}/data", "--fast-list", "--checkers", "32", "--transfers", "32",
            "--workdir", str(self.work / bucket), *more]

    def two_way_first(self, folder, bucket):
        return self._bisync(folder, bucket, "--resync")

    def two_way(self, folder, bucket):
        return self._bisync(folder, bucket)

    def put(self, file, bucket):
        return [self.program, "copyto", str(file), f"lab:{bucket}/big.bin", "--s3-no-check-bucket"]

    def get(self, bucket, file):
        return [self.program, "copyto", f"lab:{bucket}/big.bin", str(file)]


    def _layered(self, bucket, kind):
        # The places as one line, so that nothing has to be written into a configuration.
        place = f"lab:{bucket}/data"
        if kind in ("encrypt", "both"):
            place = f":crypt,remote='{place}',password={self.password}:"
        if kind == "both":
            place = f":compress,remote=\"{place}\",mode=gzip:"
        return place

    @functools.cached_property
    def password(self):
        return subprocess.run([self.program, "obscure", "a passphrase"], check=True, capture_output=True, text=True).stdout.strip()

    def upload_layered(self, folder, bucket, kind):
        return [self.program, "copy", str(folder), self._layered(bucket, kind), "--transfers", "16", "--checkers", "16", "--no-check-dest"]

    def download_layered(self, bucket, folder, kind):
        return [self.program, "copy", self._layered(bucket, kind), str(folder), "--transfers", "16"]


class Awscli:
    name = "awscli"

    def __init__(self, lab, env):
        self.program = lab.program("aws")

    def upload(self, folder, bucket):
        return [self.program, "s3", "cp", "--recursive", "--only-show-errors", str(folder), f"s3://{bucket}/data"]

    def noop(self, folder, bucket):
        return [self.program, "s3", "sync", "--only-show-errors", str(folder), f"s3://{bucket}/data"]

    def put(self, file, bucket):
        return [self.program, "s3", "cp", "--only-show-errors", str(file), f"s3://{bucket}/big.bin"]

    def get(self, bucket, file):
        return [self.program, "s3", "cp", "--only-show-errors", f"s3://{bucket}/big.bin", str(file)]


ALL = [Isobar, S5cmd, Rclone, Awscli]
