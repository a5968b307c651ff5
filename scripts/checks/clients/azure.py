"""Judges the emulator of Azure Blob Storage with Microsoft's own client and with rclone.

    azure.py ENDPOINT FOLDER RCLONE

ENDPOINT is where the emulator listens (http://127.0.0.1:PORT), FOLDER an empty folder to work in. Prints `ok NAME` for each check
that holds; one that does not makes the status 1.
"""

import datetime
import hashlib
import json
import os
import subprocess
import sys
import time
import traceback
import urllib.error
import urllib.parse
import urllib.request

from azure.core.exceptions import (ClientAuthenticationError, HttpResponseError, ResourceExistsError, ResourceModifiedError,
                                   ResourceNotFoundError)
from azure.storage.blob import (AccessPolicy, AccountSasPermissions, BlobBlock, BlobSasPermissions, BlobServiceClient, BlobType,
                                ContainerSasPermissions, ContentSettings, ResourceTypes, StandardBlobTier, generate_account_sas,
                                generate_blob_sas, generate_container_sas)

ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
TENANT = "5c1f7a70-3d3b-4c57-8b6e-2f0d9c4e1a11"
CLIENT = "c6b7d2a4-0d5e-4a8b-9d0f-1b5f6f0a7e11"
SECRET = "isobar-emulator-secret"

ENDPOINT, FOLDER, RCLONE = sys.argv[1:4]
URL = f"{ENDPOINT}/{ACCOUNT}"
service = BlobServiceClient(URL, credential={"account_name": ACCOUNT, "account_key": KEY}, retry_total=0)
CHECKS = []


def check(function):
    CHECKS.append(function)
    return function


def later(minutes=10):
    return datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=minutes)


def refused(status, code, call, *arguments, **options):
    """Whether a call is refused with this status and code."""
    try:
        call(*arguments, **options)
    except HttpResponseError as error:
        found = (error.status_code, getattr(error, "error_code", None) or error.response.headers.get("x-ms-error-code"))
        assert found == (status, code) or (found[0] == status and str(getattr(found[1], "value", found[1])) == code), \
            f"refused with {found} instead of {(status, code)}"
        return error
    raise AssertionError(f"not refused; {status} {code} expected")


def container(name):
    client = service.get_container_client(name)
    client.create_container()
    return client


# Containers and the account

@check
def containers():
    client = service.get_container_client("made")
    client.create_container(metadata={"Purpose": "test"})
    refused(409, "ContainerAlreadyExists", client.create_container)
    properties = client.get_container_properties()
    assert properties.metadata == {"Purpose": "test"} and properties.etag.startswith('"0x8D'), properties
    client.set_container_metadata({"other": "1"})
    assert client.get_container_properties().etag != properties.etag
    assert "made" in [found.name for found in service.list_containers(include_metadata=True)]
    assert [found.name for found in service.list_containers(name_starts_with="ma")] == ["made"]
    client.delete_container()
    refused(404, "ContainerNotFound", client.get_container_properties)
    refused(404, "ContainerNotFound", client.get_blob_client("x").upload_blob, b"x")
    refused(400, "InvalidResourceName", service.get_container_client("Not-Allowed").create_container)


@check
def account_information():
    assert service.get_account_information()["account_kind"] == "StorageV2"
    assert service.get_service_properties()["delete_retention_policy"].enabled is False


# Content

@check
def single_upload():
    client = container("single")
    blob = client.get_blob_client("folder/a ü+x.txt")
    settings = ContentSettings(content_type="text/plain", cache_control="no-cache", content_language="de",
                               content_disposition="inline", content_encoding="identity")
    answer = blob.upload_blob(b"hello world", metadata={"Mtime": "1.5", "hdi_x": "y z"}, content_settings=settings,
                              validate_content=True)
    properties = blob.get_blob_properties()
    assert properties.etag == answer["etag"] and properties.size == 11 and properties.metadata == {"Mtime": "1.5", "hdi_x": "y z"}
    assert properties.content_settings.content_md5 == hashlib.md5(b"hello world").digest()
    assert properties.content_settings.cache_control == "no-cache" and properties.content_settings.content_language == "de"
    assert properties.blob_tier == "Hot" and properties.blob_tier_inferred and properties.server_encrypted
    assert blob.download_blob(validate_content=True).readall() == b"hello world"
    client.get_blob_client("empty").upload_blob(b"")
    assert client.get_blob_client("empty").download_blob().readall() == b""


@check
def ranges():
    blob = container("ranges").get_blob_client("b")
    blob.upload_blob(bytes(range(200)))
    assert blob.download_blob(offset=3, length=4).readall() == bytes([3, 4, 5, 6])
    assert blob.download_blob(offset=190, length=100).readall() == bytes(range(190, 200))
    assert blob.download_blob(offset=0, length=10, validate_content=True).readall() == bytes(range(10))
    refused(416, "InvalidRange", blob.download_blob, offset=200, length=1)


@check
def blocks():
    """300 MB in blocks, read back in parts at once."""
    path, size = os.path.join(FOLDER, "large"), 300_000_000
    with open(path, "wb") as file:
        file.truncate(size)
        for offset in range(0, size, 50_000_000):
            file.seek(offset)
            file.write(offset.to_bytes(8, "big"))
    blob = container("blocks").get_blob_client("large")
    with open(path, "rb") as file:
        blob.upload_blob(file, length=size, max_concurrency=4)
    committed, uncommitted = blob.get_block_list("all")
    assert sum(block.size for block in committed) == size and not uncommitted, (len(committed), uncommitted)
    found = hashlib.sha256()
    for chunk in blob.download_blob(max_concurrency=4).chunks():
        found.update(chunk)
    with open(path, "rb") as file:
        expected = hashlib.sha256()
        while piece := file.read(1 << 20):
            expected.update(piece)
    assert found.digest() == expected.digest()
    os.remove(path)


@check
def block_lists():
    blob = container("lists").get_blob_client("b")
    blob.stage_block("0001", b"one")
    blob.stage_block("0002", b"two")
    refused(404, "BlobNotFound", blob.get_blob_properties)
    refused(400, "InvalidBlobOrBlock", blob.stage_block, "00003", b"three")
    refused(400, "InvalidBlockList", blob.commit_block_list, [BlobBlock("0009")])
    assert [block.size for block in blob.get_block_list("uncommitted")[1]] == [3, 3]
    blob.commit_block_list([BlobBlock("0002"), BlobBlock("0001")], metadata={"a": "b"})
    assert blob.download_blob().readall() == b"twoone" and blob.get_blob_properties().metadata == {"a": "b"}
    # A block that is there already, and a new one beside it.
    blob.stage_block("0003", b"!")
    blob.commit_block_list([BlobBlock("0001"), BlobBlock("0003"), BlobBlock("0001")])
    assert blob.download_blob().readall() == b"one!one"
    refused(400, "InvalidBlockList", blob.commit_block_list, [BlobBlock("0002")])


@check
def append_and_page():
    client = container("kinds")
    log = client.get_blob_client("log")
    log.create_append_blob()
    log.append_block(b"one ")
    log.append_block(b"two", appendpos_condition=4)
    refused(412, "AppendPositionConditionNotMet", log.append_block, b"x", appendpos_condition=4)
    assert log.download_blob().readall() == b"one two" and log.get_blob_properties().append_blob_committed_block_count == 2
    disk = client.get_blob_client("disk")
    disk.create_page_blob(4096)
    disk.upload_page(b"x" * 512, offset=1024, length=512)
    assert disk.download_blob(offset=1020, length=8).readall() == b"\0\0\0\0xxxx"
    assert [(found.start, found.end) for found in disk.list_page_ranges()] == [(1024, 1535)]
    disk.clear_page(offset=1024, length=512)
    assert list(disk.list_page_ranges()) == []
    disk.resize_blob(512)
    assert disk.get_blob_properties().size == 512
    refused(409, "InvalidBlobType", log.stage_block, "0001", b"x")


@check
def checksums():
    blob = container("sums").get_blob_client("b")
    blob.upload_blob(b"123456789", validate_content="crc64")
    blob.stage_block("0001", b"123456789", validate_content="crc64")
    blob.stage_block("0002", b"123456789", validate_content="md5")
    blob.commit_block_list([BlobBlock("0001"), BlobBlock("0002")], validate_content=True)
    assert blob.download_blob(validate_content="md5").readall() == b"123456789" * 2
    wrong = {"headers": {"x-ms-content-crc64": "AAAAAAAAAAA="}}
    refused(400, "Crc64Mismatch", blob.upload_blob, b"1", overwrite=True, **wrong)
    assert blob.get_blob_properties().size == 18


# Listings

@check
def listings():
    """3,000 names, in pages and by folder."""
    client = container("many")
    names = sorted(f"{index % 3}/{index // 3:04}" for index in range(3000))
    root = os.path.join(FOLDER, "many")
    for name in names:
        os.makedirs(os.path.dirname(os.path.join(root, name)), exist_ok=True)
        with open(os.path.join(root, name), "w") as file:
            file.write(name)
    rclone("copy", "--transfers", "8", root, "lab:many")
    assert [found.name for found in client.list_blobs()] == names
    pages = [[found.name for found in page] for page in client.list_blobs(results_per_page=700).by_page()]
    assert [len(page) for page in pages] == [700, 700, 700, 700, 200] and sum(pages, []) == names
    assert [found.name for found in client.walk_blobs(delimiter="/")] == ["0/", "1/", "2/"]
    assert [found.name for found in client.walk_blobs(name_starts_with="1/", delimiter="/", results_per_page=400)] == names[1000:2000]
    assert list(client.list_blob_names(name_starts_with="2/099")) == [f"2/099{index}" for index in range(10)]


@check
def odd_names():
    client = container("odd")
    names = ["a b", "a+b", "a%20b", "ä/ö", "x//y", "/lead", "q?m=1&n=2", "h#h", "ends/", "😀", "a'b\"c<d>&e;f", "\ufffe", "x" * 1024]
    for name in names:
        client.upload_blob(name, name.encode())
    found = {entry.name for entry in client.list_blobs()}
    assert found == set(names), (found ^ set(names))
    for name in names:
        assert client.download_blob(name).readall() == name.encode(), name
    refused(400, "OutOfRangeInput", client.upload_blob, "x" * 1025, b"")


@check
def details_in_listings():
    client = container("details")
    blob = client.upload_blob("b", b"1", metadata={"K": "v"}, tags={"t": "1"}, standard_blob_tier=StandardBlobTier.COOL)
    client.get_blob_client("staged").stage_block("0001", b"x")
    blob.create_snapshot()
    entry = next(iter(client.list_blobs(include=["metadata", "tags"])))
    assert entry.metadata == {"K": "v"} and entry.tags == {"t": "1"} and entry.blob_tier == "Cool", entry
    assert entry.etag == blob.get_blob_properties().etag.strip('"') and entry.creation_time and entry.last_modified
    assert entry.content_settings.content_md5 == hashlib.md5(b"1").digest()
    assert [found.name for found in client.list_blobs()] == ["b"]
    assert [bool(found.snapshot) for found in client.list_blobs(include=["snapshots"])] == [True, False]
    assert [found.name for found in client.list_blobs(include=["uncommittedblobs"])] == ["b", "staged"]


# Conditions and locks

@check
def conditional_writes():
    blob = container("conditions").get_blob_client("b")
    first = blob.upload_blob(b"1")["etag"]
    refused(409, "BlobAlreadyExists", blob.upload_blob, b"2")
    second = blob.upload_blob(b"2", overwrite=True, etag=first, match_condition=match("IfNotModified"))["etag"]
    assert second != first
    refused(412, "ConditionNotMet", blob.upload_blob, b"3", overwrite=True, etag=first, match_condition=match("IfNotModified"))
    refused(412, "ConditionNotMet", blob.delete_blob, etag=first, match_condition=match("IfNotModified"))
    refused(412, "ConditionNotMet", blob.set_blob_metadata, {"a": "b"}, etag=first, match_condition=match("IfNotModified"))
    refused(412, "ConditionNotMet", blob.download_blob, etag=first, match_condition=match("IfNotModified"))
    refused(304, "ConditionNotMet", blob.get_blob_properties, etag=second, match_condition=match("IfModified"))
    refused(412, "ConditionNotMet", blob.get_blob_properties, if_unmodified_since=later(-60))
    blob.stage_block("0001", b"4")
    refused(412, "ConditionNotMet", blob.commit_block_list, [BlobBlock("0001")], etag=first, match_condition=match("IfNotModified"))
    blob.commit_block_list([BlobBlock("0001")], etag=second, match_condition=match("IfNotModified"))
    assert blob.download_blob().readall() == b"4"


def match(name):
    from azure.core import MatchConditions
    return getattr(MatchConditions, name)


@check
def leases():
    blob = container("leases").get_blob_client("b")
    blob.upload_blob(b"1")
    lease = blob.acquire_lease(15)
    refused(412, "LeaseIdMissing", blob.upload_blob, b"2", overwrite=True)
    refused(412, "LeaseIdMissing", blob.delete_blob)
    refused(409, "LeaseAlreadyPresent", blob.acquire_lease, 15)
    blob.upload_blob(b"2", overwrite=True, lease=lease)
    lease.renew()
    properties = blob.get_blob_properties().lease
    assert (properties.status, properties.state, properties.duration) == ("locked", "leased", "fixed")
    lease.change("11111111-2222-3333-4444-555555555555")
    lease.break_lease(0)
    assert blob.get_blob_properties().lease.state == "broken"
    blob.delete_blob()


# What belongs to a blob

@check
def metadata_tags_tiers():
    client = container("parts")
    blob = client.upload_blob("b", b"1")
    before = blob.get_blob_properties().etag
    blob.set_blob_tags({"a": "1", "b c": "x/y"})
    assert blob.get_blob_tags() == {"a": "1", "b c": "x/y"} and blob.get_blob_properties().etag == before
    blob.set_blob_metadata({"Name": "value"})
    assert blob.get_blob_properties().metadata == {"Name": "value"} and blob.get_blob_properties().etag != before
    refused(400, "InvalidMetadata", blob.set_blob_metadata, {"not-a-name": "v"})
    blob.set_http_headers(ContentSettings(content_type="a/b"))
    assert blob.get_blob_properties().content_settings.content_type == "a/b"
    blob.set_standard_blob_tier(StandardBlobTier.ARCHIVE)
    assert blob.get_blob_properties().blob_tier == "Archive"
    refused(409, "BlobArchived", blob.download_blob)
    blob.set_standard_blob_tier(StandardBlobTier.HOT)
    assert blob.get_blob_properties().archive_status == "rehydrate-pending-to-hot"
    refused(409, "BlobBeingRehydrated", blob.set_standard_blob_tier, StandardBlobTier.COOL)


@check
def snapshots():
    blob = container("snapshots").get_blob_client("b")
    blob.upload_blob(b"old")
    taken = blob.create_snapshot()
    blob.upload_blob(b"new", overwrite=True)
    old = service.get_blob_client("snapshots", "b", snapshot=taken["snapshot"])
    assert old.download_blob().readall() == b"old" and blob.download_blob().readall() == b"new"
    refused(409, "SnapshotsPresent", blob.delete_blob)
    blob.delete_blob(delete_snapshots="only")
    refused(404, "BlobNotFound", old.get_blob_properties)
    blob.create_snapshot()
    blob.delete_blob(delete_snapshots="include")
    refused(404, "BlobNotFound", blob.get_blob_properties)


# Copies

@check
def copies():
    client = container("copies")
    source = client.upload_blob("source", b"0123456789", metadata={"k": "v"}, content_settings=ContentSettings(content_type="a/b"))
    target = client.get_blob_client("target")
    answer = target.start_copy_from_url(source.url)
    properties = target.get_blob_properties()
    assert properties.copy.id == answer["copy_id"] and properties.copy.status == "success" and properties.metadata == {"k": "v"}
    assert target.download_blob().readall() == b"0123456789" and properties.content_settings.content_type == "a/b"
    etag = source.get_blob_properties().etag
    refused(412, "SourceConditionNotMet", target.start_copy_from_url, source.url, source_etag='"0x8D0"',
            source_match_condition=match("IfNotModified"))
    target.start_copy_from_url(source.url, source_etag=etag, source_match_condition=match("IfNotModified"))
    refused(404, "BlobNotFound", target.start_copy_from_url, client.get_blob_client("none").url)
    refused(401, "CannotVerifyCopySource", target.start_copy_from_url, source.url, requires_sync=True)
    readable = source.url + "?" + generate_blob_sas(ACCOUNT, "copies", "source", account_key=KEY, expiry=later(),
                                                    permission=BlobSasPermissions(read=True))
    target.start_copy_from_url(readable, requires_sync=True)
    target.upload_blob_from_url(readable, overwrite=True, content_settings=ContentSettings(content_type="c/d"))
    assert target.get_blob_properties().content_settings.content_md5 == hashlib.md5(b"0123456789").digest()
    target.stage_block_from_url("0001", readable, source_offset=2, source_length=3)
    target.stage_block_from_url("0002", readable, source_offset=8, source_length=2)
    target.commit_block_list([BlobBlock("0002"), BlobBlock("0001")])
    assert target.download_blob().readall() == b"89234"


@check
def batch_delete():
    client = container("batch")
    for index in range(5):
        client.upload_blob(str(index), b"x")
    answers = list(client.delete_blobs(*[str(index) for index in range(6)], raise_on_any_failure=False))
    assert [answer.status_code for answer in answers] == [202] * 5 + [404], answers
    assert list(client.list_blobs()) == []
    for index in range(3):
        client.upload_blob(str(index), b"x")
    assert [answer.status_code for answer in client.set_standard_blob_tier_blobs("Cool", "0", "1")] == [200, 200]
    assert client.get_blob_client("1").get_blob_properties().blob_tier == "Cool"


# Who may do what

@check
def wrong_key():
    wrong = BlobServiceClient(URL, credential={"account_name": ACCOUNT, "account_key": KEY[:10] + "AAAA" + KEY[14:]}, retry_total=0)
    error = refused(403, "AuthenticationFailed", wrong.get_container_client("single").get_container_properties)
    assert isinstance(error, ClientAuthenticationError)


@check
def account_signature():
    def client(permission, types="sco", **options):
        sas = generate_account_sas(ACCOUNT, KEY, types, permission, options.pop("expiry", later()), **options)
        return BlobServiceClient(URL, credential=sas, retry_total=0)

    container("shared").upload_blob("b", b"1")
    assert client("r").get_blob_client("shared", "b").download_blob().readall() == b"1"
    refused(403, "AuthorizationPermissionMismatch", client("r").get_blob_client("shared", "b").delete_blob)
    refused(403, "AuthorizationResourceTypeMismatch", client("r", "sc").get_blob_client("shared", "b").download_blob)
    assert "shared" in [found.name for found in client("l").list_containers()]
    refused(403, "AuthorizationPermissionMismatch", lambda: list(client("r").get_container_client("shared").list_blobs()))
    refused(403, "AuthenticationFailed", client("r", expiry=later(-1)).get_blob_client("shared", "b").download_blob)
    refused(403, "AuthenticationFailed", client("r", start=later(5)).get_blob_client("shared", "b").download_blob)
    refused(403, "AuthorizationProtocolMismatch", client("r", protocol="https").get_blob_client("shared", "b").download_blob)
    refused(403, "AuthorizationSourceIPMismatch", client("r", ip="10.0.0.1-10.0.0.9").get_blob_client("shared", "b").download_blob)
    client("r", ip="127.0.0.1", protocol="https,http").get_blob_client("shared", "b").download_blob()
    creator = client("c")
    creator.get_blob_client("shared", "new").upload_blob(b"1", overwrite=True)
    refused(403, "UnauthorizedBlobOverwrite", creator.get_blob_client("shared", "new").upload_blob, b"2", overwrite=True)


@check
def service_signature():
    client = container("signed")
    client.upload_blob("b", b"1")
    client.upload_blob("other ü", b"2")

    def blob(name, sas):
        return BlobServiceClient(URL, credential=sas, retry_total=0).get_blob_client("signed", name)

    one = generate_blob_sas(ACCOUNT, "signed", "other ü", account_key=KEY, permission=BlobSasPermissions(read=True), expiry=later(),
                            content_type="x/y")
    answer = blob("other ü", one).download_blob()
    assert answer.readall() == b"2" and answer.properties.content_settings.content_type == "x/y"
    refused(403, "AuthenticationFailed", blob("b", one).download_blob)
    whole = generate_container_sas(ACCOUNT, "signed", account_key=KEY, expiry=later(),
                                   permission=ContainerSasPermissions(read=True, list=True, write=True))
    blob("new", whole).upload_blob(b"3")
    listed = BlobServiceClient(URL, credential=whole, retry_total=0).get_container_client("signed")
    assert [found.name for found in listed.list_blobs()] == ["b", "new", "other ü"]
    refused(403, "AuthorizationPermissionMismatch", blob("new", whole).delete_blob)
    refused(403, "AuthorizationFailure", listed.delete_container)
    client.set_container_access_policy({"p": AccessPolicy(permission="r", expiry=later())})
    stored = generate_blob_sas(ACCOUNT, "signed", "b", account_key=KEY, policy_id="p")
    assert blob("b", stored).download_blob().readall() == b"1"
    client.set_container_access_policy({})
    refused(403, "AuthenticationFailed", blob("b", stored).download_blob)


@check
def public_access():
    client = container("public")
    client.upload_blob("b", b"1")
    anybody = BlobServiceClient(URL, retry_total=0)
    refused(401, "NoAuthenticationInformation", anybody.get_blob_client("public", "b").download_blob)
    client.set_container_access_policy({}, public_access="blob")
    assert anybody.get_blob_client("public", "b").download_blob().readall() == b"1"
    refused(401, "NoAuthenticationInformation", lambda: list(anybody.get_container_client("public").list_blobs()))
    client.set_container_access_policy({}, public_access="container")
    assert [found.name for found in anybody.get_container_client("public").list_blobs()] == ["b"]
    refused(401, "NoAuthenticationInformation", anybody.get_blob_client("public", "b").delete_blob)


def post(url, form):
    with urllib.request.urlopen(url, urllib.parse.urlencode(form).encode()) as answer:
        return json.load(answer)


@check
def tokens():
    form = {"grant_type": "client_credentials", "client_id": CLIENT, "client_secret": SECRET,
            "scope": "https://storage.azure.com/.default"}
    token = post(f"{ENDPOINT}/{TENANT}/oauth2/v2.0/token", form)
    assert token["token_type"] == "Bearer" and token["expires_in"] > 3000

    def holder(text):
        # The library sends tokens over TLS only, so that they are put beside it here.
        return BlobServiceClient(URL, retry_total=0, raw_request_hook=lambda request: request.http_request.headers.update(
            {"Authorization": f"Bearer {text}"}))

    client = holder(token["access_token"]).get_container_client("tokens")
    client.create_container()
    client.upload_blob("b", b"1")
    assert client.download_blob("b").readall() == b"1"
    refused(401, "InvalidAuthenticationInfo", holder(token["access_token"] + "0").get_blob_client("tokens", "b").download_blob)
    try:
        post(f"{ENDPOINT}/{TENANT}/oauth2/v2.0/token", form | {"client_secret": "wrong"})
        raise AssertionError("a wrong secret was accepted")
    except urllib.error.HTTPError as error:
        assert error.code == 401 and json.load(error)["error"] == "invalid_client"
    client.get_blob_client("copy").upload_blob_from_url(
        client.get_blob_client("b").url, source_authorization=f"Bearer {token['access_token']}")
    assert client.download_blob("copy").readall() == b"1"
    key = holder(token["access_token"]).get_user_delegation_key(later(-1), later())
    sas = generate_blob_sas(ACCOUNT, "tokens", "b", user_delegation_key=key, permission=BlobSasPermissions(read=True), expiry=later())
    reader = BlobServiceClient(URL, credential=sas, retry_total=0).get_blob_client("tokens", "b")
    assert reader.download_blob().readall() == b"1"
    refused(403, "AuthorizationPermissionMismatch", reader.delete_blob)


# rclone

def rclone(*arguments, fails=False):
    settings = {"RCLONE_CONFIG": os.path.join(FOLDER, "none.conf"), "RCLONE_CONFIG_LAB_TYPE": "azureblob",
                "RCLONE_CONFIG_LAB_ACCOUNT": ACCOUNT, "RCLONE_CONFIG_LAB_KEY": KEY, "RCLONE_CONFIG_LAB_ENDPOINT": URL,
                "RCLONE_CONFIG_LAB_CHUNK_SIZE": "1Mi", "RCLONE_CONFIG_LAB_UPLOAD_CUTOFF": "1Mi"}
    run = subprocess.run([RCLONE, "--retries", "1", "--low-level-retries", "1", *arguments], capture_output=True, text=True,
                         env={**os.environ, **settings})
    assert (run.returncode != 0) == fails, f"rclone {arguments}: {run.returncode} {run.stdout} {run.stderr}"
    return run.stdout


@check
def rclone_sync():
    root = os.path.join(FOLDER, "tree")
    content = {"a.txt": b"a", "folder/b ü.txt": b"b" * 100, "folder/deep/c+d&e.bin": os.urandom(3_500_000), "empty": b"",
               "odd/dots...": b"dots", "odd/back\\slash": b"slash"}
    for name, data in content.items():
        path = os.path.join(root, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(data)
        os.utime(path, (1_700_000_000, 1_700_000_000))
    rclone("sync", root, "lab:rclone/sub")
    rclone("check", root, "lab:rclone/sub", "--download")
    rclone("check", root, "lab:rclone/sub")
    found = {entry["Path"]: entry for entry in json.loads(rclone("lsjson", "-R", "--files-only", "--hash", "lab:rclone/sub"))}
    assert set(found) == set(content), found
    assert found["a.txt"]["Hashes"]["md5"] == hashlib.md5(b"a").hexdigest() and found["a.txt"]["ModTime"].startswith("2023-11-14")
    os.remove(os.path.join(root, "a.txt"))
    rclone("sync", root, "lab:rclone/sub")
    assert "a.txt" not in rclone("lsf", "-R", "lab:rclone/sub")
    assert "rclone/" in rclone("lsf", "lab:")


@check
def rclone_copies_and_deletes():
    rclone("copy", "lab:rclone/sub", "lab:rclone/again")
    rclone("check", "lab:rclone/sub", "lab:rclone/again", "--download")
    assert rclone("cat", "lab:rclone/again/odd/dots...") == "dots"
    rclone("delete", "lab:rclone/again")
    assert rclone("lsf", "-R", "--files-only", "lab:rclone/again") == ""
    rclone("purge", "lab:rclone")
    rclone("lsf", "lab:rclone", fails=True)


def main():
    """Runs every check, or those named behind the other arguments."""
    wanted, failures = sys.argv[4:], 0
    for function in CHECKS:
        if wanted and function.__name__ not in wanted:
            continue
        start = time.monotonic()
        try:
            function()
            print(f"ok {function.__name__} {time.monotonic() - start:.1f} s", flush=True)
        except Exception:
            failures += 1
            print(f"failed {function.__name__}\n{traceback.format_exc()}", flush=True)
    sys.exit(failures > 0)


main()
