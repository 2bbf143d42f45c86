"""Credentials and region."""

from osml.doctor.checks.complaints import complaint
from osml.doctor.checks.context import Context
from osml.remote.identity import identity


def credentials(context: Context) -> str:
    """The caller's identity, which must belong to the environment's account."""
    return identity(context.session, context.place.env, context.settings.account).arn


def region(context: Context) -> str:
    """The region of the environment, or of the shell."""
    name = context.session.region_name
    if name is None:
        raise complaint(context.place, "no-region", "No region is set")
    return str(name)
