"""Credentials and region: who asks, and where."""

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,
    EndpointConnectionError,
    NoCredentialsError,
    ProfileNotFound,
)

from osml.checks.complaints import complaint
from osml.checks.seat import Seat

# Where STS is asked who somebody is when no region has been chosen yet: any region knows.
ANY_REGION = "us-east-1"


def credentials(seat: Seat) -> str:
    """The caller's identity, of the account that the environment names."""
    try:
        client = seat.session.client("sts", region_name=seat.session.region_name or ANY_REGION)
        who = client.get_caller_identity()
    except (EndpointConnectionError, ConnectionError) as error:
        raise complaint(seat.place, "no-network", f"AWS was not reached: {error}") from None
    except (NoCredentialsError, ProfileNotFound) as error:
        raise complaint(seat.place, "no-credentials", str(error)) from None
    except (ClientError, BotoCoreError) as error:
        raise complaint(seat.place, "no-credentials", f"AWS does not accept the credentials: {error}") from None
    account = seat.settings.account
    if account is not None and account != who["Account"]:
        cause = f"You are {who['Arn']}, and the environment {seat.place.env} is of the account {account}"
        raise complaint(seat.place, "wrong-account", cause)
    return str(who["Arn"])


def region(seat: Seat) -> str:
    """The region of the environment, or of the shell."""
    found = seat.session.region_name
    if found is None:
        raise complaint(seat.place, "no-region", "No region was chosen")
    return found
