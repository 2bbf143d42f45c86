"""The account of the shell's credentials: who it is, and what it would refuse of a new environment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, cast

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from osml.deploy.destination import region_faults
from osml.doctor.finding import Finding
from osml.failure import Failure
from osml.init import bootstrap
from osml.place import Place
from osml.preflight.check import PreflightCheck
from osml.preflight.checks import instances, models
from osml.preflight.context import PreflightContext
from osml.preflight.preflight import findings
from osml.region import Region, chosen
from osml.remote.identity import identity

if TYPE_CHECKING:
    from settings import Environment

# A person waits for the answers, and without them the file is the same.
PATIENCE = Config(connect_timeout=3, read_timeout=5, retries={"total_max_attempts": 1})
CHECKS = [cast(PreflightCheck, check) for check in (bootstrap, instances, models)]
STATES = {"ok": "As a deploy needs it", "unchecked": "Not checked"}
NOTHING = "Nothing was checked in an AWS account"


def sentences(name: str, environment: Environment, *, has_file: bool = True) -> list[str]:
    """One to three sentences about the account. It never raises, never prompts, and says if nothing was checked.

    Without `has_file` the choice becomes no environment file, which the fixes name.
    """
    session = botocore.session.Session()
    session.set_default_client_config(PATIENCE)
    region = chosen(environment.region, Place(name, None).file)
    try:
        if prompts(session.full_config.get("profiles", {}), session.profile or "default"):
            return [f"{NOTHING}, because the profile asks for a code."]
        ours = boto3.Session(botocore_session=session, region_name=region.name if region else None)
        if ours.get_credentials() is None:
            return [f"{NOTHING}, because no credentials were found."]
        return list(look(name, environment, ours, region, has_file=has_file))
    # botocore raises ValueError for an address that is none.
    except (BotoCoreError, ClientError, Failure, ValueError) as error:
        return [f"{NOTHING}: {' '.join(str(error).split()).rstrip('.')}."]


def look(
    name: str, environment: Environment, session: Any, region: Region | None, *, has_file: bool = True
) -> Iterator[str]:
    """Who the caller of boto3's `session` is, and what would refuse the choice. Raises Failure without an identity."""
    place = Place(name, None)
    caller = identity(session, name, environment.account)
    if region is None:
        yield f"You are {caller.arn} in the account {caller.account}. No region is set, so nothing was checked there."
        return
    yield f"You are {caller.arn} in the account {caller.account}, region {region.name} ({region.source})."
    context = PreflightContext(place)
    context.settings, context.session, context.caller = environment, session, caller
    seen = list(findings(context, CHECKS))
    refusals = [f"{fault}." for fault in region_faults(environment, region)]
    for finding in seen:
        if finding.state in ("failed", "noted"):
            refusals.append(f"{finding.seen}. {finding.fix}" if has_file else f"{finding.seen}.")
    if refusals:
        yield f"A deploy there needs a change first: {' '.join(refusals)}"
    yield from _rest(seen)


def prompts(profiles: dict[str, Any], profile: str) -> bool:
    """Whether botocore would ask for the code of a second factor: the profile or one behind it has a device."""
    passed: set[str] = set()
    while profile in profiles and profile not in passed:
        passed.add(profile)
        if "mfa_serial" in profiles[profile]:
            return True
        profile = profiles[profile].get("source_profile", "")
    return False


def _rest(seen: Sequence[Finding]) -> Iterator[str]:
    """What is as a deploy needs it, and what was not checked, in one sentence."""
    parts = []
    for state, words in STATES.items():
        if titles := dict.fromkeys(finding.check for finding in seen if finding.state == state):
            parts.append(f"{words}: {', '.join(titles)}")
    if parts:
        yield f"{'. '.join(parts)}."
