"""The region of the calls."""

from osml.doctor.checks.check import Check
from osml.doctor.checks.complaints import complaint
from osml.doctor.checks.context import Context


def region(context: Context) -> str:
    """The region of the environment, or of the shell."""
    name = context.session.region_name
    if name is None:
        raise complaint(context.place, "no-region", "No region is set")
    return str(name)


CHECK = Check("region", region, after="credentials")
