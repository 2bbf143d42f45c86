"""The assistant's sign-in to the search engine: the function's own signature, or a name and password."""

import os

from requests.auth import AuthBase, HTTPBasicAuth
from requests_aws4auth import AWS4Auth

from rag.budget import Budget
from rag.failures import AssistantRefused
from rag.secret import Secret
from settings.runtime_settings import Search


def sign_in(search: Search) -> AuthBase:
    """Credentials for the requests of this process; raises `AssistantRefused`, or another `Failure` of the secret.

    Lambda puts the role's keys into the environment and ends the process before they expire, so boto3, which takes
    longer to import than a search, is not needed. AWS4Auth sends `x-amz-content-sha256`, which `aoss` insists on.
    """
    if search.login is not None:
        values = Secret(search.login.secretArn)
        # Bytes, because requests would encode text as latin-1.
        name, password = (
            values.value(key, Budget(10)).encode() for key in (search.login.username, search.login.password)
        )
        return HTTPBasicAuth(name, password)
    key, secret = (os.environ.get(name) for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"))
    if not key or not secret:
        raise AssistantRefused(
            "The assistant has no AWS keys to sign with. Outside Lambda, set AWS_ACCESS_KEY_ID and its secret."
        )
    token = os.environ.get("AWS_SESSION_TOKEN")
    signed: AuthBase = AWS4Auth(key, secret, search.region, search.service, session_token=token)
    return signed
