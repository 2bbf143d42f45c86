"""Sentences for errors of boto3 that no command handles."""

import sys

from mlcommons.recognition import recognized
from osml.cause import Cause
from osml.failure import Failure

CAUSES: dict[str, Cause] = {
    "NoRegionError": "no-region",
    "NoCredentialsError": "no-credentials",
    "PartialCredentialsError": "no-credentials",
    "ProfileNotFound": "no-credentials",
    "TokenRetrievalError": "no-credentials",
    "UnauthorizedSSOTokenError": "no-credentials",
    "SSOTokenLoadError": "no-credentials",
    "EndpointConnectionError": "no-network",
    "ConnectTimeoutError": "no-network",
    "ProxyConnectionError": "no-network",
    "ReadTimeoutError": "no-network",
    "ConnectionClosedError": "no-network",
    "SSLError": "no-network",
    "ResponseParserError": "no-network",
}
# The base classes of each package's errors, by their module. No module is imported only for this.
_FAMILIES = {
    "botocore.exceptions": ("BotoCoreError", "ClientError", "UndefinedModelAttributeError"),
    "botocore.parsers": ("ResponseParserError",),
    "boto3.exceptions": ("Boto3Error",),
    "requests.exceptions": ("RequestException",),
}
HELP = {
    "no-region": "set `region` in the environment's file, or AWS_REGION",
    "no-credentials": "sign in (`aws sso login`, `aws configure`, or set AWS_PROFILE), then run this again",
    "no-network": "connect this machine to the network (HTTPS_PROXY, if there is a proxy), then run this again",
}


def cause_of(error: Exception) -> Cause | None:
    """The cause of an error of boto3; None if it is unknown."""
    return CAUSES.get(type(error).__name__) or recognized(str(error))


def advised(error: Exception) -> str:
    """The message of an error of boto3, and how to fix it."""
    said = " ".join(str(error).split()).rstrip(".") or type(error).__name__
    return f"{said}: {HELP.get(cause_of(error) or '', 'run `osml doctor` to find the cause')}."


def of_aws(error: Exception) -> Failure | None:
    """The sentence and the cause of an error of boto3 or of a request; None for other errors."""
    # A module that was not imported has raised none of its errors.
    known = [
        getattr(sys.modules[module], name) for module, all in _FAMILIES.items() if module in sys.modules for name in all
    ]
    # botocore raises a plain ValueError for an AWS_ENDPOINT_URL that is no URL.
    if not isinstance(error, tuple(known)) and not str(error).startswith("Invalid endpoint:"):
        return None
    return Failure(f"A request to AWS failed: {advised(error)}", cause_of(error))
