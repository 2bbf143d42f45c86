"""curl, which gets the local certificate authority from a variable, and signs requests to a domain itself."""

import json
import os
import shutil
import subprocess

import pytest

from tests.clients.target import TEXTS, Target

NOT_TRUSTED = 60


def curl(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    program = shutil.which("curl")
    assert program, "curl is not installed"
    command = [program, "--silent", "--show-error", "--fail-with-body", *arguments]
    shell = {name: value for name, value in {**os.environ, **variables}.items() if value}
    return subprocess.run(command, env=shell, capture_output=True, text=True, check=False)


def test_the_local_authority_is_trusted_by_its_variable_alone(target: Target) -> None:
    address = f"{os.environ['AWS_ENDPOINT_URL']}/_ministack/ready"
    assert curl(address).returncode == 0
    assert curl(address, CURL_CA_BUNDLE="", SSL_CERT_FILE="").returncode == NOT_TRUSTED


@pytest.mark.kind("domain")
def test_a_signed_request_writes_and_finds_a_document(target: Target, index: str) -> None:
    signed = (
        *("--aws-sigv4", f"aws:amz:{os.environ['AWS_REGION']}:{target.service}"),
        *("--user", f"{os.environ['AWS_ACCESS_KEY_ID']}:{os.environ['AWS_SECRET_ACCESS_KEY']}"),
        *("--header", f"X-Amz-Security-Token: {os.environ['AWS_SESSION_TOKEN']}"),
        *("--header", "Content-Type: application/json"),
    )
    written = curl(*signed, "--data", json.dumps({"text": TEXTS[0]}), f"{target.endpoint}/{index}/_doc?refresh=true")
    assert written.returncode == 0, written.stdout + written.stderr
    answer = curl(
        *signed, "--data", json.dumps({"query": {"match": {"text": "harbour"}}}), f"{target.endpoint}/{index}/_search"
    )
    assert [hit["_source"]["text"] for hit in json.loads(answer.stdout)["hits"]["hits"]] == [TEXTS[0]]
