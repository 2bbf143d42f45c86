"""The AWS command line describes what is deployed."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.clients.target import Target

AWS = Path(sys.executable).with_name("aws")


def aws(target: Target, *arguments: str) -> Any:
    keys = dict(zip(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), target.admin, strict=True))
    shell = {name: value for name, value in os.environ.items() if name != "AWS_SESSION_TOKEN"}
    done = subprocess.run(
        [str(AWS), *arguments, "--output", "json"], env={**shell, **keys}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.kind("domain")
def test_a_domain_is_described_by_both_apis(target: Target) -> None:
    new = aws(target, "opensearch", "describe-domain", "--domain-name", target.name)["DomainStatus"]
    old = aws(target, "es", "describe-elasticsearch-domain", "--domain-name", target.name)["DomainStatus"]
    assert target.endpoint == f"https://{new['Endpoint']}" == f"https://{old['Endpoint']}"
    assert old["ElasticsearchVersion"] == new["EngineVersion"]
    health = aws(target, "opensearch", "describe-domain-health", "--domain-name", target.name)
    assert health["DomainState"] == "Active"


@pytest.mark.kind("domain")
def test_the_embedding_endpoint_is_described(target: Target) -> None:
    listed = aws(target, "sagemaker", "list-endpoints", "--name-contains", "all-minilm")["Endpoints"]
    name = listed[0]["EndpointName"]
    assert aws(target, "sagemaker", "describe-endpoint", "--endpoint-name", name)["EndpointStatus"] == "InService"


@pytest.mark.kind("collection")
def test_a_collection_is_described(target: Target) -> None:
    collection_details = aws(target, "opensearchserverless", "batch-get-collection", "--names", target.name)[
        "collectionDetails"
    ]
    assert collection_details[0]["collectionEndpoint"] == target.endpoint
