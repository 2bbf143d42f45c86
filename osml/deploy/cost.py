"""What an environment costs a month while idle: as it is deployed, and after a deploy."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from osml.aws_error import advised, cause_of
from osml.failure import Failure
from osml.place import Place
from settings.outputs import BILLED
from settings.prices import PART_OF, Billed, billed, usd_of, without_price

# A stack in one of these states has no resources.
_EMPTY = ("REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE", "DELETE_COMPLETE")


@dataclass(frozen=True)
class Cost:
    """`before` is None if a deployed stack does not say what it is billed for."""

    before: Mapping[str, Billed] | None
    after: Mapping[str, Billed]

    def __str__(self) -> str:
        after = usd_of(self.after)
        whole = f"{sum(after.values()):,.2f} USD a month while idle"
        if self.before is None:
            said = f"After a deploy it costs {whole}; the deployed version does not say what it costs."
        else:
            said = _change({item: usd_of(self.before).get(item, 0.0) for item in after}, after, whole)
        names = without_price([*(self.before or {}).values(), *self.after.values()])
        return f"{said} Not included: {', '.join(names)}, without a known price." if names else said


def _change(before: Mapping[str, float], after: Mapping[str, float], whole: str) -> str:
    differing = [item for item in after if f"{before[item]:.2f}" != f"{after[item]:.2f}"]
    if not differing:
        return f"It costs {whole}, before and after a deploy."
    was, more = sum(before.values()), sum(after.values()) - sum(before.values())
    items = ", ".join(f"{item} {before[item]:,.2f} → {after[item]:,.2f}" for item in differing)
    return f"It costs {was:,.2f} USD now and {whole} after a deploy ({more:+,.2f}): {items}."


def cost(place: Place) -> Cost:
    """The cost of the deployed stacks, and of the environment's file. Raises Failure."""
    try:
        before = _deployed(place)
    except (ClientError, BotoCoreError) as error:
        tried = f"Reading what {place.env} costs from its stacks"
        raise Failure(f"{tried} failed: {advised(error)}", cause_of(error)) from None
    return Cost(before, billed(place.settings()))


def _deployed(place: Place) -> dict[str, Billed] | None:
    """What the deployed stacks are billed for; None if one of them is of a version that does not say it."""
    cloudformation = boto3.client("cloudformation")
    items: dict[str, Billed] = {}
    for part in dict.fromkeys(PART_OF.values()):
        try:
            [stack] = cloudformation.describe_stacks(StackName=place.stack(part))["Stacks"]
        except ClientError as error:
            if "does not exist" in str(error):
                continue
            raise
        if stack["StackStatus"] in _EMPTY:
            continue
        outputs = {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}
        if BILLED not in outputs:
            return None
        items |= json.loads(outputs[BILLED])
    return items
