"""The cost of an environment before and after a deploy, from the outputs of its deployed stacks and its file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from botocore.exceptions import ClientError

from osml.deploy.cost import Cost, cost
from osml.failure import Failure
from osml.place import Place
from settings import Environment
from settings.outputs import BILLED
from settings.prices import PART_OF, billed, idle

SMALL = {
    "recipe": "deepseek-api",
    "search": {"kind": "domain", "data_nodes": {"instance_type": "r7g.medium.search", "count": 1}},
    "embedding": {"provider": "titan", "dimension": 512},
    "answer": {"secret": {"name": "osml/x/key"}},
}
LARGE = {**SMALL, "search": {"kind": "domain", "data_nodes": {"instance_type": "r7g.large.search", "count": 1}}}
ENDPOINT = {**SMALL, "embedding": {"provider": "sagemaker", "dimension": 384}}
UNPRICED = {**SMALL, "search": {"kind": "domain", "data_nodes": {"instance_type": "r6g.large.search", "count": 1}}}
STATES = {"search": "UPDATE_COMPLETE", "inference": "CREATE_COMPLETE", "knowledge": "UPDATE_ROLLBACK_COMPLETE"}


class Deployed:
    """CloudFormation's answers about the stacks that `settings` made; a stack without a state does not exist."""

    def __init__(self, settings: dict[str, Any], states: dict[str, str] = STATES, silent: str | None = None) -> None:
        self._items, self._states, self._silent = billed(environment(settings)), states, silent

    def describe_stacks(self, *, StackName: str) -> dict[str, Any]:
        part = StackName.removeprefix("osml-x-")
        if part not in self._states:
            raise refused("ValidationError", f"Stack with id {StackName} does not exist")
        items = {item: units for item, units in self._items.items() if PART_OF[item] == part}
        outputs = [{"OutputKey": BILLED, "OutputValue": json.dumps(items)}] if part != self._silent else []
        return {"Stacks": [{"StackStatus": self._states[part], "Outputs": outputs}]}


class Denied:
    def describe_stacks(self, **_: str) -> None:
        raise refused("AccessDenied", "not authorized to perform cloudformation:DescribeStacks")


def refused(code: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "DescribeStacks")


def environment(settings: dict[str, Any]) -> Environment:
    return Environment.model_validate({**settings, "name": "x"})


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The place of an environment with `settings`, whose stacks `cloudformation` describes."""
    monkeypatch.setenv("OSML_ENVIRONMENTS", str(tmp_path))

    def made(settings: dict[str, Any], cloudformation: Any) -> Place:
        (tmp_path / "x.yaml").write_text(yaml.safe_dump(settings))
        monkeypatch.setattr(boto3, "client", lambda *_, **__: cloudformation)
        return Place("x", None)

    return made


@pytest.mark.parametrize(
    ("settings", "deployed", "said"),
    [
        (SMALL, Deployed(SMALL), "It costs 69.81 USD a month while idle, before and after a deploy."),
        (
            LARGE,
            Deployed(SMALL),
            "It costs 69.81 USD now and 134.78 USD a month while idle after a deploy (+64.97): search 67.41 → 132.38.",
        ),
        (
            SMALL,
            Deployed(LARGE),
            "It costs 134.78 USD now and 69.81 USD a month while idle after a deploy (-64.97): search 132.38 → 67.41.",
        ),
        (
            ENDPOINT,
            Deployed(SMALL),
            "It costs 69.81 USD now and 218.73 USD a month while idle after a deploy (+148.92): "
            "embedding 0.00 → 148.92.",
        ),
        (
            SMALL,
            Deployed(SMALL, states={}),
            "It costs 0.00 USD now and 69.81 USD a month while idle after a deploy (+69.81): "
            "search 0.00 → 67.41, answer 0.00 → 0.40, rest 0.00 → 2.00.",
        ),
        (
            SMALL,
            Deployed(SMALL, states={"search": "ROLLBACK_COMPLETE"}, silent="search"),
            "It costs 0.00 USD now and 69.81 USD a month while idle after a deploy (+69.81): "
            "search 0.00 → 67.41, answer 0.00 → 0.40, rest 0.00 → 2.00.",
        ),
        (
            LARGE,
            Deployed(SMALL, silent="inference"),
            "After a deploy it costs 134.78 USD a month while idle; the deployed version does not say what it costs.",
        ),
        (
            SMALL,
            Deployed(UNPRICED),
            "It costs 4.84 USD now and 69.81 USD a month while idle after a deploy (+64.97): search 2.44 → 67.41. "
            "Not included: r6g.large.search, without a known price.",
        ),
    ],
    ids=["same", "larger", "smaller", "endpoint", "first", "failed first", "earlier version", "unpriced"],
)
def test_the_cost_before_and_after(place: Any, settings: dict[str, Any], deployed: Deployed, said: str) -> None:
    assert str(cost(place(settings, deployed))) == said


def test_after_a_deploy_it_costs_what_osml_cost_says(place: Any) -> None:
    after = idle(environment(ENDPOINT))
    assert f"{sum(after.values()):,.2f} USD a month" in str(cost(place(ENDPOINT, Deployed(ENDPOINT))))


def test_stacks_that_cannot_be_read_are_a_failure(place: Any) -> None:
    with pytest.raises(Failure, match="Reading what x costs from its stacks failed"):
        cost(place(SMALL, Denied()))


def test_each_item_is_in_the_stack_that_says_it() -> None:
    assert billed(environment(SMALL)).keys() == PART_OF.keys()
    assert str(Cost({}, {})) == "It costs 0.00 USD a month while idle, before and after a deploy."
