"""The assistant's templates, and what the tests read from them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

Template = dict[str, Any]
Templates = dict[str, Template]
Flat = Callable[[Any], Any]
OfType = Callable[[Template, str], dict[str, Any]]
Other = Callable[..., Template]
ROOT = Path(__file__).resolve().parents[2]
DOMAIN = "arn:<AWS::Partition>:es:<AWS::Region>:<AWS::AccountId>:domain/osml-sandbox"
PLACE = "<AWS::Region>:<AWS::AccountId>"
# Permissions of the function `documents` for uploads that become jobs.
LOG = {"logs:CreateLogStream", "logs:PutLogEvents"}
UPLOADS = (
    *(f"s3:{word}" for word in ("GetObject", "PutObject", "ListBucket")),
    *(f"sqs:{word}" for word in ("ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility", "GetQueueAttributes")),
)

# The paths of the page and its files, and the routes that are open to everybody.
PAGE = ("/rag", "/rag/temml/temml.min.js", "/rag/temml/LICENSE.txt")
OPEN = {*(("GET", path) for path in PAGE), ("POST", "/rag/session")}


def only(template: Template, type: str) -> dict[str, Any]:
    """The only resource of exactly this type."""
    resources: list[dict[str, Any]] = [
        resource for resource in template["Resources"].values() if resource["Type"] == type
    ]
    assert len(resources) == 1, type
    return resources[0]


@pytest.fixture(scope="module")
def domain(templates: Callable[[str], Templates]) -> Template:
    return templates("sandbox")["osml-sandbox-assistant"]


@pytest.fixture(scope="module")
def collection(templates: Callable[[str], Templates]) -> Template:
    return templates("sandbox-aoss")["osml-sandbox-aoss-assistant"]


@pytest.fixture
def other(synthesize: Callable[..., Templates], tmp_path: Path) -> Other:
    """The assistant's template of a shipped environment, with some groups of its file changed."""

    def make(base: str, **groups: Any) -> Template:
        settings = yaml.safe_load((ROOT / "environments" / f"{base}.yaml").read_text())
        (tmp_path / "other.yaml").write_text(yaml.safe_dump({**settings, **groups}))
        return synthesize("other", tmp_path)["osml-other-assistant"]

    return make


@pytest.fixture(scope="module")
def methods(of_type: OfType) -> Callable[[Template], dict[tuple[str, str], Any]]:
    """The properties of an API's methods, by verb and path."""

    def get(template: Template) -> dict[tuple[str, str], Any]:
        resources = of_type(template, "AWS::ApiGateway::Resource")

        def path(ref: Any) -> str:
            made = resources.get(ref.get("Ref", ""), {}).get("Properties")
            return f"{path(made['ParentId'])}/{made['PathPart']}" if made else ""

        return {
            (resource["Properties"]["HttpMethod"], path(resource["Properties"]["ResourceId"])): resource["Properties"]
            for resource in of_type(template, "AWS::ApiGateway::Method").values()
        }

    return get


@pytest.fixture(scope="module")
def settings_of(flat: Flat, of_type: OfType) -> Callable[[Template, str], dict[str, Any]]:
    """The settings of a function, from its variable ASSISTANT."""

    def get(template: Template, function: str) -> dict[str, Any]:
        (part,) = (
            value for name, value in of_type(template, "AWS::Lambda::Function").items() if name.startswith(function)
        )
        settings: dict[str, Any] = json.loads(flat(part["Properties"]["Environment"]["Variables"]["ASSISTANT"]))
        return settings

    return get


@pytest.fixture(scope="module")
def allowed(flat: Flat, of_type: OfType) -> Callable[[Template, str], dict[str, Any]]:
    """The resources of each action that a function's own policy allows; a list when several statements allow it."""

    def get(template: Template, function: str) -> dict[str, Any]:
        (policy,) = (
            value for name, value in of_type(template, "AWS::IAM::Policy").items() if name.startswith(function)
        )
        resources: dict[str, list[Any]] = {}
        for resource in flat(policy["Properties"]["PolicyDocument"]["Statement"]):
            assert resource["Effect"] == "Allow"
            for action in resource["Action"] if isinstance(resource["Action"], list) else [resource["Action"]]:
                resources.setdefault(action, []).append(resource["Resource"])
        return {action: of[0] if len(of) == 1 else of for action, of in resources.items()}

    return get
