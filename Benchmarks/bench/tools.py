"""How each tool is asked to do the same job. Settings are what its manual advises for many small files."""


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
