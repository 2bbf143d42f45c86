"""The region of a command, chosen once for boto3, the CDK command line and their child processes."""

import os
from dataclasses import dataclass

from osml.failure import Failure

# In the order of the CDK command line and of every AWS SDK except boto3, which reads only the second.
VARIABLES = ("AWS_REGION", "AWS_DEFAULT_REGION")


@dataclass(frozen=True)
class Region:
    """A region's name, and its `source` in words for a person."""

    name: str
    source: str


def chosen(written: str | None, file: str) -> Region | None:
    """The region `written` in the environment's `file`, or else that of the shell or its profile, or None."""
    if written:
        return Region(written, file)
    for variable in VARIABLES:
        if name := os.environ.get(variable):
            return Region(name, variable)
    # Imported late, because the app and `--help` do not need it.
    import boto3
    from botocore.exceptions import BotoCoreError

    try:
        profile = boto3.Session()
        return Region(profile.region_name, f"the profile {profile.profile_name}") if profile.region_name else None
    except BotoCoreError:
        return None


def settle(region: Region | None) -> None:
    """Set `region` for this process and its children, in every variable that they may read."""
    if region:
        os.environ.update(dict.fromkeys(VARIABLES, region.name))


def missing(file: str | None) -> Failure:
    """The error when no region was found; `file` is the environment's, or None if it does not exist yet."""
    written = f"`region` in {file}, or " if file else ""
    return Failure(f"No region is set. Set {written}{VARIABLES[0]}, or a region in the AWS profile.", "no-region")
