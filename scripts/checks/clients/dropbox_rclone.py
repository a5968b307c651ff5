"""Judges the emulator of Dropbox by rclone, which is led to it by a proxy (scripts/services/tlsfront.sh).

    dropbox_rclone.py PROXY CAFILE FOLDER RCLONE

Each thing that works is a line "ok NAME"; the first that does not ends the run.
"""
import hashlib
import json
import os
import pathlib
import subprocess
import sys

PROXY, CA, FOLDER, RCLONE = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3]), sys.argv[4]
TOKEN = {"access_token": "sl.u.developer", "token_type": "bearer", "expiry": "0001-01-01T00:00:00Z"}
ENVIRONMENT = dict(
    os.environ, HTTPS_PROXY=PROXY, NO_PROXY="", RCLONE_CONFIG=str(FOLDER / "rclone.conf"), RCLONE_CONFIG_BOX_TYPE="dropbox",
    RCLONE_CONFIG_BOX_TOKEN=json.dumps(TOKEN), RCLONE_CA_CERT=CA, RCLONE_RETRIES="1", RCLONE_LOW_LEVEL_RETRIES="3")


def ok(name):
    print("ok", name, flush=True)


def rclone(*arguments, status=0):
    run = subprocess.run([RCLONE, *arguments], env=ENVIRONMENT, capture_output=True)
    if run.returncode != status:
        text = (run.stdout + run.stderr).decode(errors="replace")
        raise SystemExit(f"rclone {' '.join(arguments)} ended with {run.returncode}:\n{text}")
    return run.stdout


def names(place):
    return rclone("lsf", place).decode().splitlines()


def make_tree(root):
    for number in range(40):
        path = root / f"Folder {number % 5}" / ("ü" * (number % 3)) / f"file {number} + %41 #.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(hashlib.sha256(str(number).encode()).digest() * (number * 50))
        os.utime(path, (1_000_000_000 + number, 1_000_000_000 + number))
    (root / "large").write_bytes(bytes(range(256)) * (20 << 12))
    os.utime(root / "large", (1_000_000_000, 1_000_000_000))


(FOLDER / "rclone.conf").write_text("")
tree, back = FOLDER / "tree", FOLDER / "tree.back"
make_tree(tree)
rclone("copy", str(tree), "box:Tree", "--dropbox-chunk-size", "4M", "--dropbox-batch-mode", "off")
ok("rclone copies a tree")
rclone("check", str(tree), "box:tree")
rclone("check", str(tree), "box:Tree", "--download")
ok("rclone's own hashes agree")
listed = {entry["Path"]: entry for entry in json.loads(rclone("lsjson", "box:Tree", "-R", "--hash", "--files-only"))}
assert listed.keys() == {str(path.relative_to(tree)) for path in tree.rglob("*") if path.is_file()}
for name, entry in listed.items():
    assert entry["Size"] == (tree / name).stat().st_size and len(entry["Hashes"]["dropbox"]) == 64
assert listed["large"]["ModTime"].startswith("2001-09-09T01:46:40")
ok("rclone lists names, sizes, times and hashes")
rclone("copy", "box:Tree", str(back))
assert subprocess.run(["diff", "-r", str(tree), str(back)]).returncode == 0
ok("rclone brings the tree back")
rclone("sync", str(tree), "box:Batched", "--dropbox-batch-mode", "sync", "--transfers", "8")
rclone("check", str(tree), "box:Batched")
ok("rclone copies in batches")
with open(tree / "large", "ab") as file:
    file.write(b"more")
(tree / "Folder 1" / "new").write_text("new")
rclone("sync", str(tree), "box:Tree")
rclone("check", str(tree), "box:Tree")
ok("rclone syncs what changed")
digest = rclone("hashsum", "dropbox", "box:Tree/large").split()[0]
rclone("moveto", "box:Tree/Folder 2", "box:Moved/Folder 2")
rclone("moveto", "box:Tree/large", "box:Moved/LARGE")
assert names("box:Moved") == ["Folder 2/", "LARGE"] or names("box:Moved") == ["LARGE", "Folder 2/"]
assert "large" not in names("box:Tree")
rclone("copyto", "box:Moved/LARGE", "box:Moved/copy")
assert rclone("hashsum", "dropbox", "box:Moved/copy").split()[0] == digest
ok("rclone moves and copies on the server")
assert rclone("cat", "box:Moved/copy", "--offset", "100", "--count", "50") == bytes(range(100, 150))
assert json.loads(rclone("size", "box:Moved", "--json"))["count"] == 10
assert json.loads(rclone("about", "box:", "--json"))["total"] > 0
ok("rclone reads ranges and sizes")
rclone("deletefile", "box:Moved/copy")
for place in ("box:Moved", "box:Tree", "box:Batched"):
    rclone("purge", place)
assert names("box:") == []
rclone("lsf", "box:Tree", status=3)
ok("rclone purges")
