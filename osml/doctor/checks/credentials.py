"""The caller's credentials."""

from osml.doctor.checks.check import Check
from osml.doctor.checks.context import Context
from osml.remote.identity import identity


def credentials(context: Context) -> str:
    """The caller's identity, which must belong to the environment's account."""
    return identity(context.session, context.place.env, context.settings.account).arn


CHECK = Check("credentials", credentials)
