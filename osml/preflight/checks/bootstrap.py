"""The account and region are bootstrapped, with a version that the templates take."""

import json
from collections.abc import Iterator

from osml.doctor.checks.complaints import complaint
from osml.preflight.check import Seen
from osml.preflight.context import Context

TITLE, BEFORE_DEPLOY = "bootstrap of the CDK", True


def look(context: Context) -> Iterator[Seen]:
    """The parameter that the bootstrap stack writes, against what each stack of the assembly demands."""
    client = context.session.client("ssm")
    where = f"aws://{context.caller.account}/{context.region}"
    fix = f"Run `npx cdk bootstrap {where}`, then `osml deploy {context.place.options}`."
    for parameter, needed in sorted(_needed(context).items()):
        try:
            found = int(client.get_parameter(Name=parameter)["Parameter"]["Value"])
        except client.exceptions.ParameterNotFound:
            cause = f"{where} is not bootstrapped: there is no parameter {parameter}"
            yield complaint(context.place, "not-bootstrapped", cause, fix)
            continue
        if found < needed:
            cause = f"The bootstrap stack of {where} has the version {found}, but the templates need {needed}"
            yield complaint(context.place, "not-bootstrapped", cause, fix)
        else:
            yield f"{where} has the version {found}"


def _needed(context: Context) -> dict[str, int]:
    """The version that the stacks need, by the parameter that tells it."""
    artifacts = json.loads((context.assembly / "manifest.json").read_text())["artifacts"].values()
    stacks = [one["properties"] for one in artifacts if one["type"] == "aws:cloudformation:stack"]
    needed: dict[str, int] = {}
    for one in stacks:
        if parameter := one.get("bootstrapStackVersionSsmParameter"):
            needed[parameter] = max(needed.get(parameter, 0), int(one.get("requiresBootstrapStackVersion", 0)))
    return needed
