"""Signatures of requests to AWS, with the function's own keys."""

import os

from requests.auth import AuthBase
from requests_aws4auth import AWS4Auth

from rag.failures import AssistantRefused


def signature(region: str, service: str) -> AuthBase:
    """Signs each request; raises `AssistantRefused` without keys.

    Lambda puts the role's keys into the environment, and ends the process before they expire. So this does not need
    boto3, whose import takes longer than a search. AWS4Auth sends `x-amz-content-sha256`, which `aoss` requires.
    """
    key, secret = (os.environ.get(name) for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"))
    if not key or not secret:
        raise AssistantRefused(
            "The assistant has no AWS keys to sign with. Outside Lambda, set AWS_ACCESS_KEY_ID and its secret."
        )
    token = os.environ.get("AWS_SESSION_TOKEN")
    signed: AuthBase = AWS4Auth(key, secret, region, service, session_token=token)
    return signed
