"""Judges the emulator of Dropbox by the service's own library for Python.

    dropbox_sdk.py HOST:PORT CAFILE FOLDER

HOST:PORT ends TLS in front of the emulator (scripts/services/tlsfront.sh). Each thing that works is a line "ok NAME"; the first that
does not ends the run with a traceback.
"""
import datetime
import hashlib
import os
import pathlib
import re
import subprocess
import sys
import threading
import time

HOST, CA, FOLDER = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
for name in ("API", "API_CONTENT", "API_NOTIFY", "WEB"):
    os.environ[f"DROPBOX_{name}_HOST"] = HOST
# The library asks the machine's own setting before its argument.
os.environ["REQUESTS_CA_BUNDLE"] = CA
os.environ["no_proxy"] = "*"

import dropbox  # noqa: E402
import requests  # noqa: E402
from dropbox import common, exceptions, file_transfer, files  # noqa: E402
from dropbox.content_hash import content_hash  # noqa: E402

TOKEN, KEY, SECRET = "sl.u.developer", "isobarkey", "isobarsecret"
LARGE = 300 << 20


def ok(name):
    print("ok", name, flush=True)


def client(token=TOKEN, **settings):
    return dropbox.Dropbox(token, ca_certs=CA, max_retries_on_error=0, max_retries_on_rate_limit=0, **settings)


def refused(kind, body):
    try:
        body()
    except kind as error:
        return error
    raise SystemExit(f"it was not refused with {kind.__name__}")


def api_error(body):
    return refused(exceptions.ApiError, body).error


def check_account(dbx):
    assert dbx.users_get_current_account().email == "ada@example.org"
    assert dbx.users_get_space_usage().allocation.get_individual().allocated > 0
    assert dbx.check_user("echo").result == "echo"
    ok("the account is shown")
    error = refused(exceptions.AuthError, lambda: client("sl.u.wrong").users_get_current_account())
    assert error.error.is_invalid_access_token()
    ok("a wrong token is refused")
    home = dbx.users_get_current_account().root_info.home_namespace_id
    assert dbx.with_path_root(common.PathRoot.root(home)).files_list_folder("").entries == []
    error = refused(exceptions.PathRootError, lambda: dbx.with_path_root(common.PathRoot.root("1")).files_list_folder(""))
    assert error.error.get_invalid_root().root_namespace_id == home
    ok("a root that is not the account's is refused")


def check_tokens():
    for is_public in (True, False):
        flow = dropbox.DropboxOAuth2FlowNoRedirect(
            KEY, consumer_secret=None if is_public else SECRET, use_pkce=is_public, token_access_type="offline", ca_certs=CA)
        page = requests.get(flow.start(), timeout=30)
        code = re.search(r'id="code">([^<]+)<', page.text).group(1)
        granted = flow.finish(code)
        assert granted.refresh_token and granted.expires_at
        refused(requests.HTTPError, lambda: flow.finish(code))
        settings = {} if is_public else {"app_secret": SECRET}
        own = client(None, oauth2_refresh_token=granted.refresh_token, app_key=KEY, **settings)
        own.users_get_current_account()
        ok(f"a code becomes a token, and is refreshed, {'with a verifier' if is_public else 'with the secret'}")
    narrow = client(None, oauth2_refresh_token=granted.refresh_token, app_key=KEY, app_secret=SECRET, scope=["files.metadata.read"])
    error = refused(exceptions.AuthError, lambda: narrow.files_create_folder_v2("/no"))
    assert error.error.get_missing_scope().required_scope == "files.content.write"
    ok("a token does what its scope allows")
    refused(exceptions.AuthError, lambda: client(None, oauth2_refresh_token="wrong", app_key=KEY).users_get_current_account())
    ok("a wrong refresh token is refused")
    return granted.access_token, time.monotonic()


def check_expiry(token, given):
    # The emulator of this check has tokens of three seconds.
    time.sleep(max(0, given + 3.5 - time.monotonic()))
    error = refused(exceptions.AuthError, lambda: client(token).users_get_current_account())
    assert error.error.is_expired_access_token()
    ok("a token ends")


def check_files(dbx):
    content = b"some content" * 1000
    when = datetime.datetime(2001, 2, 3, 4, 5, 6)
    name = "/Ordner/Ümläut 😀 + %41.txt"
    put = dbx.files_upload(content, name, client_modified=when)
    assert put.path_display == name and put.client_modified == when and put.content_hash == content_hash(content)
    metadata, answer = dbx.files_download(name.lower())
    assert answer.content == content and metadata.rev == put.rev and metadata.name == put.name
    assert dbx.files_get_metadata(put.id).path_lower == name.lower()
    ok("a file goes up and comes down")
    target = file_transfer.BytesTarget()
    file_transfer.Downloader(dbx).download(name, target, file_transfer.DownloadOptions(parallel_downloads=4))
    assert target.bytes() == content
    ranged = client(headers={"Range": "bytes=3-10"})
    assert ranged.files_download(name)[1].content == content[3:11]
    ok("ranges come down")
    assert dbx.files_upload(b"", "/empty").size == 0 and dbx.files_download("/empty")[1].content == b""
    ok("an empty file is one")
    assert api_error(lambda: dbx.files_upload(content, "/hash", content_hash="0" * 64)).is_content_hash_mismatch()
    ok("a wrong hash is refused")
    assert api_error(lambda: dbx.files_download("/none")).get_path().is_not_found()
    assert api_error(lambda: dbx.files_download("/Ordner")).get_path().is_not_file()
    assert api_error(lambda: dbx.files_upload(b"x", "/a/ /b")).get_path().reason.is_malformed_path()
    assert api_error(lambda: dbx.files_upload(b"x", "/desktop.ini")).get_path().reason.is_disallowed_name()
    ok("errors about paths are understood")


def check_conditions(dbx):
    first = dbx.files_upload(b"1", "/state")
    assert api_error(lambda: dbx.files_upload(b"2", "/STATE")).get_path().reason.get_conflict().is_file()
    ok("a file is not written over unasked")
    second = dbx.files_upload(b"2", "/state", mode=files.WriteMode.update(first.rev))
    error = api_error(lambda: dbx.files_upload(b"3", "/state", mode=files.WriteMode.update(first.rev)))
    assert error.get_path().reason.get_conflict().is_file()
    assert dbx.files_get_metadata("/state").rev == second.rev
    ok("an update with an old revision is refused")
    results = []

    def race(number):
        try:
            results.append(client().files_upload(b"race %d" % number, "/state", mode=files.WriteMode.update(second.rev)))
        except exceptions.ApiError:
            pass

    threads = [threading.Thread(target=race, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 1
    ok("of eight updates at once one wins")
    error = api_error(lambda: dbx.files_delete_v2("/state", parent_rev=second.rev))
    assert error.get_path_write().get_conflict().is_file()
    assert dbx.files_delete_v2("/state", parent_rev=results[0].rev).metadata.rev == results[0].rev
    ok("a delete takes the revision that it is for")
    assert dbx.files_upload(b"x", "/state", autorename=True).name == "state"
    assert dbx.files_upload(b"y", "/state", autorename=True).name == "state (1)"
    ok("a conflict can give another name")


def large_file():
    """A file that is quickly made, and no piece of which is like another."""
    path = FOLDER / "large"
    with open(path, "wb") as file:
        for index in range(LARGE >> 20):
            file.write(hashlib.sha256(str(index).encode()).digest() * (1 << 15))
    return path


def check_sessions(dbx):
    path, back = large_file(), FOLDER / "large.back"
    options = file_transfer.UploadOptions(max_attempts=1, parallel_uploads=4)
    put = file_transfer.Uploader(dbx).upload(file_transfer.FileUpload(str(path)), files.CommitInfo("/large"), options).metadata
    assert put.size == LARGE
    file_transfer.Downloader(dbx).download("/large", file_transfer.FileTarget(str(back)))
    assert subprocess.run(["cmp", path, back]).returncode == 0
    back.unlink()
    ok("300 MiB go up in concurrent pieces and come down")
    data = path.read_bytes()[: 20 << 20]
    start = dbx.files_upload_session_start(data[: 5 << 20])
    cursor = files.UploadSessionCursor(start.session_id, 5 << 20)
    dbx.files_upload_session_append_v2(data[5 << 20 : 9 << 20], cursor)
    error = api_error(lambda: dbx.files_upload_session_append_v2(b"x", cursor))
    assert error.get_incorrect_offset().correct_offset == 9 << 20
    commit = files.CommitInfo("/pieces", client_modified=datetime.datetime(2020, 1, 1))
    error = api_error(lambda: dbx.files_upload_session_finish(b"", cursor, commit))
    assert error.get_lookup_failed().get_incorrect_offset().correct_offset == 9 << 20
    put = dbx.files_upload_session_finish(data[9 << 20 :], files.UploadSessionCursor(start.session_id, 9 << 20), commit)
    assert put.content_hash == content_hash(data) and put.client_modified.year == 2020
    ok("pieces of any size make one file, and a wrong offset is told the right one")
    sessions = dbx.files_upload_session_start_batch(50).session_ids
    for number, session in enumerate(sessions):
        dbx.files_upload_session_append_v2(b"%d" % number, files.UploadSessionCursor(session, 0), close=number != 7)
    entries = [
        files.UploadSessionFinishArg(
            files.UploadSessionCursor(session, len(b"%d" % number)), files.CommitInfo(f"/batch/{number or 1}"))
        for number, session in enumerate(sessions)
    ]
    results = dbx.files_upload_session_finish_batch_v2(entries).entries
    assert results[0].get_success().name == "1" and results[1].get_failure().get_path().get_conflict().is_file()
    assert results[7].get_failure().get_lookup_failed().is_not_closed()
    assert all(result.is_success() for result in results[2:7] + results[8:])
    ok("a batch is finished with a result each")


def follow(dbx, result):
    entries, pages = list(result.entries), 1
    while result.has_more:
        result = dbx.files_list_folder_continue(result.cursor)
        entries += result.entries
        pages += 1
    return entries, result.cursor, pages


def check_listing(dbx):
    paths = [f"/many/F{number:04d}" for number in range(2900)]
    assert dbx.files_create_folder_batch(paths).is_complete()
    for number in range(100):
        dbx.files_upload(b"x", f"/many/file {number}")
    entries, cursor, pages = follow(dbx, dbx.files_list_folder("/many", limit=100))
    assert len(entries) == 3000 and len({entry.path_lower for entry in entries}) == 3000 and pages >= 30
    assert {entry.path_display for entry in entries if isinstance(entry, files.FolderMetadata)} == set(paths)
    ok("3,000 entries are listed in pages")
    seen = []
    poll = threading.Thread(target=lambda: seen.append(client().files_list_folder_longpoll(cursor, timeout=30).changes))
    poll.start()
    dbx.files_delete_v2("/many/f0000")
    dbx.files_upload(b"changed", "/many/file 0", mode=files.WriteMode.overwrite)
    poll.join()
    assert seen == [True]
    changes, _, _ = follow(dbx, dbx.files_list_folder_continue(cursor))
    assert [type(change) for change in changes] == [files.DeletedMetadata, files.FileMetadata]
    assert changes[0].path_display == "/many/F0000"
    ok("a cursor and a long poll tell what changed")
    entries, _, _ = follow(dbx, dbx.files_list_folder("", recursive=True))
    assert len({entry.path_lower for entry in entries}) == len(entries) > 3000
    assert api_error(lambda: dbx.files_list_folder("/none")).get_path().is_not_found()
    refused(exceptions.BadInputError, lambda: dbx.files_list_folder_continue("made up"))
    ok("the whole account is listed")


def wait_for(check, launched):
    assert launched.is_async_job_id()
    while True:
        state = check(launched.get_async_job_id())
        if not state.is_in_progress():
            return state.get_complete().entries


def check_changes(dbx):
    dbx.files_upload(b"content", "/From/Sub/file", client_modified=datetime.datetime(2001, 1, 1))
    assert dbx.files_copy_v2("/from", "/Copy").metadata.path_display == "/Copy"
    moved = dbx.files_move_v2("/from/sub", "/New/Sub").metadata
    assert moved.path_display == "/New/Sub" and dbx.files_get_metadata("/new/sub/file").client_modified.year == 2001
    assert dbx.files_download("/copy/sub/FILE")[1].content == b"content"
    assert api_error(lambda: dbx.files_move_v2("/New", "/new/sub/x")).is_cant_move_folder_into_itself()
    assert api_error(lambda: dbx.files_copy_v2("/copy/sub/file", "/new/sub/file")).get_to().get_conflict().is_file()
    ok("folders are copied and moved")
    entries = [files.RelocationPath("/copy/sub/file", "/batch-moved"), files.RelocationPath("/none", "/x")]
    results = wait_for(dbx.files_move_batch_check_v2, dbx.files_move_batch_v2(entries))
    assert results[0].get_success().name == "batch-moved"
    assert results[1].get_failure().get_relocation_error().get_from_lookup().is_not_found()
    deletes = [files.DeleteArg("/batch-moved"), files.DeleteArg("/none")]
    results = wait_for(dbx.files_delete_batch_check, dbx.files_delete_batch(deletes))
    assert results[0].get_success().metadata.name == "batch-moved"
    assert results[1].get_failure().get_path_lookup().is_not_found()
    ok("batches are moved and deleted")
    first = dbx.files_upload(b"one", "/old")
    dbx.files_upload(b"other", "/old", mode=files.WriteMode.overwrite)
    assert [entry.size for entry in dbx.files_list_revisions("/old").entries] == [5, 3]
    assert dbx.files_download("rev:" + first.rev)[1].content == b"one"
    dbx.files_restore("/old", first.rev)
    assert dbx.files_download("/old")[1].content == b"one"
    ok("an old revision is restored")
    for entry in dbx.files_list_folder("").entries:
        dbx.files_delete_v2(entry.path_lower)
    assert dbx.files_list_folder("").entries == []
    assert dbx.files_get_metadata("/old", include_deleted=True).name == "old"
    ok("all is deleted")


account = client()
check_account(account)
old = check_tokens()
check_files(account)
check_conditions(account)
check_sessions(account)
check_listing(account)
check_changes(account)
check_expiry(*old)
