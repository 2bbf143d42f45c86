"""The account and region are bootstrapped, with a version that the templates accept."""

import json
from collections.abc import Iterator

from osml.doctor.checks.complaints import complaint
from osml.preflight.check import Seen
from osml.preflight.context import PreflightContext

TITLE, BEFORE_DEPLOY = "bootstrap of the CDK", True


def look(context: PreflightContext) -> Iterator[Seen]:
    """Compare the version in the bootstrap stack's parameter with the one that the stacks of the assembly need."""
    client = context.session.client("ssm")
    where = f"aws://{context.caller.account}/{context.region}"
    fix = f"Run `npx cdk bootstrap {where}`, then `osml deploy {context.place.options}`."
    for parameter, needed in sorted(_needed(context).items()):
        try:
            version = int(client.get_parameter(Name=parameter)["Parameter"]["Value"])
        except client.exceptions.ParameterNotFound:
            cause = f"{where} is not bootstrapped: there is no parameter {parameter}"
            yield complaint(context.place, "not-bootstrapped", cause, fix)
            continue
        if version < needed:
            cause = f"The bootstrap stack of {where} has the version {version}, but the templates need {needed}"
            yield complaint(context.place, "not-bootstrapped", cause, fix)
        else:
            yield f"{where} has the version {version}"


def _needed(context: PreflightContext) -> dict[str, int]:
    """The version that the stacks need, by the name of the parameter that contains the present version."""
    artifacts = json.loads((context.assembly / "manifest.json").read_text())["artifacts"].values()
    stacks = [stack["properties"] for stack in artifacts if stack["type"] == "aws:cloudformation:stack"]
    needed: dict[str, int] = {}
    for stack in stacks:
        if parameter := stack.get("bootstrapStackVersionSsmParameter"):
            needed[parameter] = max(needed.get(parameter, 0), int(stack.get("requiresBootstrapStackVersion", 0)))
    return needed
