"""Judges the emulator of Cloud Storage by clients that others wrote: Google's library for Python and rclone.

    gcs.py URL KEYFILE FOLDER RCLONE

Each thing that works is a line "ok NAME"; the first that does not ends the run with a traceback.
"""
import concurrent.futures
import gzip
import hashlib
import io
import json
import os
import pathlib
import subprocess
import sys
import urllib.parse
import urllib.request

import google.api_core.exceptions as refusals
import google.auth.exceptions
import google.cloud.storage as gcs
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.oauth2 import service_account

URL, KEY, FOLDER, RCLONE = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3]), sys.argv[4]
SCOPES = ["https://www.googleapis.com/auth/devstorage.full_control"]
LARGE = 300 << 20


def ok(name):
    print("ok", name, flush=True)


def refused(kind, body):
    try:
        body()
    except kind as error:
        return error
    raise SystemExit(f"it was not refused with {kind.__name__}")


def client(key):
    credentials = service_account.Credentials.from_service_account_file(key, scopes=SCOPES)
    return gcs.Client(project="emulator", credentials=credentials, client_options={"api_endpoint": URL})


def forged_key():
    """The account's file, with a key that is not the account's."""
    account = json.loads(pathlib.Path(KEY).read_text())
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    account["private_key"] = other.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()
    path = FOLDER / "forged.json"
    path.write_text(json.dumps(account))
    return str(path)


def large_file():
    """A file that is quickly made, and no piece of which is like another."""
    path = FOLDER / "large"
    with open(path, "wb") as file:
        for index in range(LARGE >> 20):
            file.write(hashlib.sha256(str(index).encode()).digest() * (1 << 15))
    return path


def check_buckets(storage):
    bucket = storage.create_bucket("sdk-bucket", location="EUROPE-WEST3")
    assert bucket.location == "EUROPE-WEST3" and bucket.storage_class == "STANDARD"
    ok("a bucket is created")
    refused(refusals.Conflict, lambda: storage.create_bucket("sdk-bucket"))
    ok("a bucket that is there is not created again")
    assert [b.name for b in storage.list_buckets()] == ["sdk-bucket"]
    refused(refusals.NotFound, lambda: storage.get_bucket("no-such-bucket"))
    ok("buckets are listed, and a missing one is missing")
    bucket.labels = {"team": "sync"}
    bucket.patch()
    assert storage.get_bucket("sdk-bucket").labels == {"team": "sync"}
    assert bucket.test_iam_permissions(["storage.objects.get"]) == ["storage.objects.get"]
    ok("a bucket is changed, and says what is allowed")
    return bucket


def check_writing(bucket, large):
    blob = bucket.blob("folder/ein Name mit Ümläuten+%.txt")
    blob.metadata = {"color": "grün", "mtime": "2026-01-01T00:00:00Z"}
    blob.upload_from_string(b"hello world", content_type="text/plain", checksum="md5")
    found = bucket.get_blob(blob.name)
    assert found.size == 11 and found.metadata == blob.metadata and found.content_type == "text/plain"
    assert found.download_as_bytes() == b"hello world" and found.md5_hash == blob.md5_hash
    ok("an upload in one request keeps bytes, metadata and checksums")
    part = bucket.blob("resumable", chunk_size=512 << 10)
    content = bytes(range(256)) * 9000
    part.upload_from_file(io.BytesIO(content), size=len(content), checksum="crc32c")
    assert part.download_as_bytes() == content
    ok("an upload in chunks arrives whole")
    stream = bucket.blob("stream", chunk_size=256 << 10)
    with stream.open("wb") as writer:
        for _ in range(5):
            writer.write(content[:200_000])
    assert stream.download_as_bytes() == content[:200_000] * 5
    ok("an upload of unknown length arrives whole")
    bucket.blob("large").upload_from_filename(str(large), checksum="crc32c")
    back = FOLDER / "large.back"
    bucket.blob("large").download_to_filename(str(back), checksum="crc32c")
    assert subprocess.run(["cmp", str(large), str(back)]).returncode == 0
    back.unlink()
    ok("300 MiB go up and come down")
    bucket.blob("empty").upload_from_string(b"")
    assert bucket.blob("empty").download_as_bytes() == b""
    ok("an empty object is one")


def check_reading(bucket):
    blob = bucket.blob("resumable")
    assert blob.download_as_bytes(start=250, end=260) == bytes(list(range(250, 256)) + list(range(5)))
    assert len(blob.download_as_bytes(start=256 * 9000 - 7)) == 7
    refused(refusals.RequestRangeNotSatisfiable, lambda: blob.download_as_bytes(start=10_000_000))
    ok("ranges are given, and none beyond the end")
    packed = gzip.compress(b"plain text " * 500)
    zipped = bucket.blob("packed")
    zipped.content_encoding = "gzip"
    zipped.upload_from_string(packed, content_type="text/plain")
    assert zipped.download_as_bytes(raw_download=True) == packed
    assert zipped.download_as_bytes() == b"plain text " * 500
    address = f"{URL}/storage/v1/b/{bucket.name}/o/packed?alt=media"
    request = urllib.request.Request(address, headers={"Accept-Encoding": "identity"})
    request.add_header("Authorization", "Bearer " + bucket.client._credentials.token)
    with urllib.request.urlopen(request) as answer:
        assert answer.read() == b"plain text " * 500 and answer.headers["x-goog-stored-content-encoding"] == "gzip"
    ok("what is stored packed is unpacked for those who do not take it packed")


def check_conditions(bucket):
    blob = bucket.blob("state")
    blob.upload_from_string(b"1", if_generation_match=0)
    first = blob.generation
    refused(refusals.PreconditionFailed, lambda: blob.upload_from_string(b"2", if_generation_match=0))
    refused(refusals.PreconditionFailed, lambda: blob.upload_from_string(b"2", if_generation_match=first + 1))
    blob.upload_from_string(b"2", if_generation_match=first)
    assert blob.generation > first
    refused(refusals.PreconditionFailed, lambda: blob.delete(if_generation_match=first))
    large = bucket.blob("state", chunk_size=256 << 10)
    refused(refusals.PreconditionFailed,
            lambda: large.upload_from_file(io.BytesIO(b"x" * 600_000), size=600_000, if_generation_match=first))
    assert blob.download_as_bytes() == b"2"
    ok("a wrong generation is refused, whichever way it is written")
    blob.metadata = {"a": "b"}
    blob.patch(if_metageneration_match=1)
    assert blob.metageneration == 2 and blob.generation > first
    refused(refusals.PreconditionFailed, lambda: blob.patch(if_metageneration_match=1))
    blob.metadata = {"a": None, "c": "d"}
    blob.patch()
    found = bucket.get_blob("state").metadata
    assert found == {"c": "d"}, found
    ok("metadata is changed in place")


def check_copies(bucket):
    copy = bucket.copy_blob(bucket.blob("resumable"), bucket, "copy")
    assert copy.size == 256 * 9000 and copy.crc32c == bucket.get_blob("resumable").crc32c
    target = bucket.blob("large")
    target.reload()
    target.update_storage_class("NEARLINE")
    target.reload()
    assert target.storage_class == "NEARLINE" and target.size == LARGE
    ok("copies are equal, and a class is changed in several steps")
    parts = []
    for index in range(32):
        parts.append(bucket.blob(f"parts/{index:02}"))
        parts[-1].upload_from_string(bytes([index]) * 10)
    joined = bucket.blob("joined")
    joined.content_type = "text/plain"
    joined.compose(parts)
    joined.reload()
    assert joined.component_count == 32 and joined.md5_hash is None and joined.content_type == "text/plain"
    assert joined.download_as_bytes(checksum="crc32c") == b"".join(bytes([index]) * 10 for index in range(32))
    refused(refusals.BadRequest, lambda: joined.compose(parts + [joined]))
    ok("objects are joined, 32 at once and no more")


def check_listing(bucket):
    names = [f"many/{index % 30:02}/{index:04}" for index in range(3000)]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda name: bucket.blob(name).upload_from_string(name), names))
    pages = list(bucket.client.list_blobs(bucket, prefix="many/", page_size=700).pages)
    found = [blob.name for page in pages for blob in page]
    assert found == sorted(names) and len(pages) == 5, (len(found), len(pages))
    ok("3000 objects are listed in pages, in order")
    folded = bucket.client.list_blobs(bucket, prefix="many/", delimiter="/", page_size=7)
    assert list(folded) == [] and len(folded.prefixes) == 30
    part = [b.name for b in bucket.client.list_blobs(bucket, start_offset="many/10/", end_offset="many/11/")]
    assert part == [name for name in sorted(names) if name.startswith("many/10/")]
    ok("folders are folded, and a listing begins and ends where it is told")
    with bucket.client.batch():
        for name in names[:100]:
            bucket.delete_blob(name)
    assert len(list(bucket.list_blobs(prefix="many/"))) == 2900
    ok("a batch deletes a hundred")

    def both():
        with bucket.client.batch():
            bucket.delete_blob(names[100])
            bucket.delete_blob("missing")
    refused(refusals.NotFound, both)
    assert bucket.get_blob(names[100]) is None
    ok("in a batch each has its own outcome")


def check_versions(storage):
    bucket = storage.create_bucket("versions-bucket")
    bucket.versioning_enabled = True
    bucket.patch()
    blob = bucket.blob("doc")
    blob.upload_from_string(b"one")
    first = blob.generation
    blob.upload_from_string(b"two")
    bucket.delete_blob("doc")
    versions = list(storage.list_blobs(bucket, versions=True))
    assert len(versions) == 2 and all(v.time_deleted for v in versions) and list(storage.list_blobs(bucket)) == []
    assert bucket.blob("doc", generation=first).download_as_bytes() == b"one"
    for version in versions:
        bucket.delete_blob("doc", generation=version.generation)
    refused(refusals.NotFound, lambda: bucket.blob("doc", generation=first).download_as_bytes())
    bucket.delete()
    ok("older generations are kept where that is wanted, and go for good when named")


def rclone(*arguments, key=KEY, check=True):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RCLONE_")}
    environment |= {
        "RCLONE_CONFIG": "/dev/null", "RCLONE_CONFIG_G_TYPE": "google cloud storage",
        "RCLONE_CONFIG_G_SERVICE_ACCOUNT_FILE": key, "RCLONE_CONFIG_G_ENDPOINT": URL + "/storage/v1/",
        "RCLONE_CONFIG_G_PROJECT_NUMBER": "emulator", "RCLONE_CONFIG_G_BUCKET_POLICY_ONLY": "true",
        "RCLONE_LOW_LEVEL_RETRIES": "2", "RCLONE_RETRIES": "1",
    }
    done = subprocess.run([RCLONE, *arguments], env=environment, capture_output=True, timeout=240)
    if check and done.returncode != 0:
        raise SystemExit(f"rclone {arguments}: {done.stderr.decode()[-2000:]}")
    return done


def check_rclone(large):
    tree = FOLDER / "tree"
    (tree / "a" / "b c").mkdir(parents=True)
    for name, content in [("one", b"1"), ("a/zwei ü", b"22"), ("a/b c/drei#?%", b"333"), ("empty", b""),
                          ("a/many", bytes(range(256)) * 50_000)]:
        (tree / name).write_bytes(content)
    os.utime(tree / "one", ns=(1_700_000_000_123_456_789, 1_700_000_000_123_456_789))
    rclone("mkdir", "g:rclone-bucket")
    rclone("sync", str(tree), "g:rclone-bucket/tree")
    rclone("check", str(tree), "g:rclone-bucket/tree")
    rclone("check", "--download", str(tree), "g:rclone-bucket/tree")
    ok("rclone syncs a folder and finds no difference")
    listed = json.loads(rclone("lsjson", "-R", "--files-only", "--hash", "g:rclone-bucket/tree").stdout)
    assert sorted(entry["Path"] for entry in listed) == sorted(["one", "a/zwei ü", "a/b c/drei#?%", "empty", "a/many"])
    assert next(entry for entry in listed if entry["Path"] == "one")["ModTime"].startswith("2023-11-14T22:13:20.123456789")
    ok("rclone lists names, times and hashes")
    os.utime(tree / "one", ns=(1_700_000_001_000_000_000, 1_700_000_001_000_000_000))
    (tree / "empty").unlink()
    log = rclone("sync", "-v", "--stats-one-line", str(tree), "g:rclone-bucket/tree").stderr.decode()
    assert "Updated modification time" in log and "Deleted" in log, log
    rclone("check", str(tree), "g:rclone-bucket/tree")
    ok("rclone changes a time in place and deletes what is gone")
    rclone("copyto", str(large), "g:rclone-bucket/large")
    rclone("copyto", "g:rclone-bucket/large", "g:rclone-bucket/large copy")
    assert rclone("cat", "--offset", "1048570", "--count", "20", "g:rclone-bucket/large copy").stdout == (
        large.read_bytes()[1048570:1048590])
    sums = json.loads(rclone("lsjson", "--hash", "g:rclone-bucket").stdout)
    assert len({entry["Hashes"]["md5"] for entry in sums if not entry["IsDir"]}) == 1
    ok("rclone sends 300 MiB in chunks and copies it in the store")
    rclone("moveto", "g:rclone-bucket/tree/a/many", "g:rclone-bucket/tree/moved")
    rclone("delete", "g:rclone-bucket/tree/a")
    rest = json.loads(rclone("lsjson", "-R", "--files-only", "g:rclone-bucket/tree").stdout)
    assert sorted(entry["Path"] for entry in rest) == ["moved", "one"]
    ok("rclone moves and deletes")
    rclone("purge", "g:rclone-bucket")
    refused_run = rclone("lsjson", "g:rclone-bucket", check=False)
    assert refused_run.returncode != 0
    ok("rclone purges a bucket")
    forged = rclone("lsjson", "g:", key=forged_key(), check=False)
    assert forged.returncode != 0 and b"Invalid JWT Signature" in forged.stderr, forged.stderr
    ok("rclone with another key is refused")


def main():
    storage = client(KEY)
    bucket = check_buckets(storage)
    large = large_file()
    check_writing(bucket, large)
    check_reading(bucket)
    check_conditions(bucket)
    check_copies(bucket)
    check_listing(bucket)
    check_versions(storage)
    error = refused(google.auth.exceptions.RefreshError, lambda: list(client(forged_key()).list_buckets()))
    assert "Invalid JWT Signature" in str(error)
    ok("another key than the account's is refused")
    blob = bucket.blob("state")
    refused(refusals.Unauthorized, lambda: urlopen_anonymously(bucket, blob))
    ok("a token that was not given is refused")
    refused(refusals.Conflict, bucket.delete)
    names = [blob.name for blob in bucket.list_blobs(fields="items(name),nextPageToken")]
    for start in range(0, len(names), 100):
        with storage.batch():
            for name in names[start:start + 100]:
                bucket.delete_blob(name)
    bucket.delete()
    ok("a bucket goes when it is empty, and not before")
    check_rclone(large)


def urlopen_anonymously(bucket, blob):
    request = urllib.request.Request(
        f"{URL}/storage/v1/b/{bucket.name}/o/{urllib.parse.quote(blob.name, safe='')}",
        headers={"Authorization": "Bearer ya29.made-up"})
    try:
        urllib.request.urlopen(request)
    except urllib.error.HTTPError as error:
        raise refusals.from_http_status(error.code, "refused")


main()
