"""Judges the emulator of Azure Blob Storage by clients that call it by the service's own names, behind a TLS front.

    azure_tls.py PROXY CAFILE FOLDER RCLONE

PROXY and CAFILE are those of scripts/services/tlsfront.sh: whatever name is asked for, the emulator answers. Prints `ok NAME` for each check
that holds; the first that does not ends the run.
"""

import json
import os
import subprocess
import sys
import time

from azure.core.exceptions import ClientAuthenticationError
from azure.identity import ClientSecretCredential
from azure.storage.blob import BlobSasPermissions, BlobServiceClient, generate_blob_sas

PROXY, CA, FOLDER, RCLONE = sys.argv[1:5]
os.environ |= {"HTTPS_PROXY": PROXY, "NO_PROXY": "", "no_proxy": "", "REQUESTS_CA_BUNDLE": CA}

ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
TENANT = "5c1f7a70-3d3b-4c57-8b6e-2f0d9c4e1a11"
CLIENT = "c6b7d2a4-0d5e-4a8b-9d0f-1b5f6f0a7e11"
SECRET = "isobar-emulator-secret"
URL = f"https://{ACCOUNT}.blob.core.windows.net"
NAME = "folder/a \u00fc+x"


def ok(name):
    print("ok", name, flush=True)


service = BlobServiceClient(URL, credential={"account_name": ACCOUNT, "account_key": KEY}, retry_total=0)
container = service.get_container_client("named")
container.create_container()
container.upload_blob(NAME, b"by name")
assert container.download_blob(NAME).readall() == b"by name"
assert [entry.name for entry in container.list_blobs()] == [NAME]
ok("the account in the host's name, with its key")

end = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 600))
sas = generate_blob_sas(ACCOUNT, "named", NAME, account_key=KEY, permission=BlobSasPermissions(read=True), expiry=end, protocol="https")
assert BlobServiceClient(URL, credential=sas, retry_total=0).get_blob_client("named", NAME).download_blob().readall() == b"by name"
ok("a signature that is for TLS only")

holder = BlobServiceClient(URL, credential=ClientSecretCredential(TENANT, CLIENT, SECRET), retry_total=0)
assert holder.get_container_client("named").download_blob(NAME).readall() == b"by name"
holder.get_container_client("named").upload_blob("token", b"1")
ok("a token from the directory, by Microsoft's library")

try:
    wrong = BlobServiceClient(URL, credential=ClientSecretCredential(TENANT, CLIENT, "wrong"), retry_total=0)
    wrong.get_container_client("named").get_container_properties()
    raise SystemExit("a wrong secret was accepted")
except ClientAuthenticationError as error:
    assert "AADSTS7000215" in str(error), error
ok("a wrong secret is refused")

ENVIRONMENT = os.environ | {
    "RCLONE_CONFIG": os.path.join(FOLDER, "none.conf"), "RCLONE_CA_CERT": CA, "RCLONE_RETRIES": "1", "RCLONE_LOW_LEVEL_RETRIES": "1",
    "RCLONE_CONFIG_LAB_TYPE": "azureblob", "RCLONE_CONFIG_LAB_ACCOUNT": ACCOUNT, "RCLONE_CONFIG_LAB_TENANT": TENANT,
    "RCLONE_CONFIG_LAB_CLIENT_ID": CLIENT, "RCLONE_CONFIG_LAB_CLIENT_SECRET": SECRET}


def rclone(*arguments):
    run = subprocess.run([RCLONE, *arguments], capture_output=True, text=True, env=ENVIRONMENT)
    assert run.returncode == 0, f"rclone {arguments}: {run.returncode} {run.stdout} {run.stderr}"
    return run.stdout


path = os.path.join(FOLDER, "file")
with open(path, "wb") as file:
    file.write(os.urandom(5 << 20))
rclone("copyto", path, "lab:named/from rclone", "--azureblob-chunk-size", "1Mi", "--azureblob-upload-cutoff", "1Mi")
found = {entry["Path"] for entry in json.loads(rclone("lsjson", "-R", "--files-only", "lab:named"))}
assert found == {NAME, "token", "from rclone"}, found
with open(path, "rb") as file:
    assert container.download_blob("from rclone").readall() == file.read()
ok("a token from the directory, by rclone")
