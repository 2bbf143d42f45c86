"""Storing a key creates a missing secret, encrypted as the environment demands."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from osml.deploy import secret

KEY = "arn:aws:kms:us-east-1:111122223333:key/01234567-89ab-cdef-0123-456789abcdef"


@pytest.mark.parametrize(("key", "more"), [(None, {}), (KEY, {"KmsKeyId": KEY})])
def test_a_new_secret_is_encrypted_with_the_key(
    monkeypatch: pytest.MonkeyPatch, key: str | None, more: dict[str, Any]
) -> None:
    client = boto3.client("secretsmanager", "us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
    text = json.dumps({"api_key": "sk-1"})
    monkeypatch.setattr(boto3, "client", lambda *_, **__: client)
    with Stubber(client) as stub:
        stub.add_client_error("get_secret_value", "ResourceNotFoundException")
        stub.add_client_error("put_secret_value", "ResourceNotFoundException")
        stub.add_response("create_secret", {}, {"Name": "osml/dev", "SecretString": text, **more})
        secret.put("osml/dev", "api_key", "sk-1", "us-east-1", encrypted_with=key)
        stub.assert_no_pending_responses()
