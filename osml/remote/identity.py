"""The caller's identity and account on AWS."""

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,
    EndpointConnectionError,
    NoCredentialsError,
    ProfileNotFound,
)

from osml.aws_error import HELP
from osml.failure import Failure

# The region for STS if none is chosen yet; every region knows the caller.
ANY_REGION = "us-east-1"


@dataclass(frozen=True)
class Identity:
    """The caller: `arn` and account."""

    account: str
    arn: str


def identity(session: Any, env: str, account: str | None) -> Identity:
    """The identity of the caller of boto3's `session`.

    Raises Failure without valid credentials, or when the caller is not in `account`, that of the environment `env`.
    """
    try:
        who = session.client("sts", region_name=session.region_name or ANY_REGION).get_caller_identity()
    except (EndpointConnectionError, ConnectionError) as error:
        raise Failure(f"AWS is not reachable: {error}", "no-network") from None
    except (NoCredentialsError, ProfileNotFound) as error:
        raise Failure(str(error), "no-credentials") from None
    except (ClientError, BotoCoreError) as error:
        raise Failure(f"AWS does not accept the credentials: {error}", "no-credentials") from None
    caller = Identity(str(who["Account"]), str(who["Arn"]))
    if account is not None and account != caller.account:
        raise Failure(
            f"You are {caller.arn}, but the environment {env} belongs to the account {account}.", "wrong-account"
        )
    return caller


def required(session: Any, env: str, account: str | None) -> Identity:
    """`identity`, but the Failure also says what to do."""
    try:
        return identity(session, env, account)
    except Failure as failure:
        advice = HELP.get(failure.cause)
        raise Failure(f"{str(failure).rstrip('.')}: {advice}.", failure.cause) if advice else failure from None
