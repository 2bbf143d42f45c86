"""The account and region of a deploy, determined once before anything is written."""

from dataclasses import dataclass

import boto3
from botocore.exceptions import BotoCoreError

from osml.failure import Failure
from osml.place import Place
from osml.region import Region, chosen, missing
from osml.remote.identity import Identity, required
from settings import Environment, SettingError
from settings.rules import RULES


@dataclass(frozen=True)
class DeployDestination:
    """The account of the caller, and the region that every client of this process uses."""

    caller: Identity
    region: Region

    def __str__(self) -> str:
        return f"the account {self.caller.account}, region {self.region.name} ({self.region.source})"


def destination(place: Place) -> DeployDestination:
    """The destination of an environment on AWS. Raises Failure without a region or the right account's credentials.

    Raises SettingError when the settings do not fit the region.
    """
    settings = place.settings()
    region = chosen(settings.region, place.file)
    if region is None:
        raise missing(place.file)
    _check(settings, region, place.file)
    try:
        session = boto3.Session(region_name=region.name)
    except BotoCoreError as error:
        raise Failure(str(error), "no-credentials") from None
    return DeployDestination(required(session, place.env, settings.account), region)


def region_faults(settings: Environment, region: Region) -> list[str]:
    """What in the settings does not fit the region."""
    here = settings.model_copy(update={"region": region.name})
    return [fault for rule in RULES for fault in rule(here)]


def _check(settings: Environment, region: Region, file: str) -> None:
    for fault in region_faults(settings, region):
        raise SettingError(f"{file} cannot be deployed to the region of {region.source}: {fault}.")
