"""The function that keeps a collection in step with its sources: it embeds documents and writes the index."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from corpus.load_settings import LoadSettings
from settings.runtime_settings import RuntimeSettings
from tests.synth.test_sources import statements

Templates = dict[str, dict[str, Any]]
OfType = Callable[..., dict[str, Any]]
ENVIRONMENTS = Path(__file__).resolve().parents[2] / "environments"
SOURCES = {"handbook": {"kind": "website", "start": ["https://docs.example.com/"]}}


@pytest.fixture(scope="module")
def environment(synthesize: Callable[..., Templates], tmp_path_factory: pytest.TempPathFactory) -> Templates:
    folder = tmp_path_factory.mktemp("aoss")
    settings = yaml.safe_load((ENVIRONMENTS / "sandbox-aoss.yaml").read_text())
    (folder / "sandbox-aoss.yaml").write_text(yaml.safe_dump({**settings, "sources": SOURCES}))
    return synthesize("sandbox-aoss", folder)


@pytest.fixture(scope="module")
def stack(environment: Templates) -> dict[str, Any]:
    return environment["osml-sandbox-aoss-ingestion"]


def test_the_function_may_embed_and_write_the_index_and_nothing_else_there(
    stack: dict[str, Any], environment: Templates, of_type: OfType, flat: Callable[[Any], Any]
) -> None:
    allowed = statements(stack, of_type, flat, "SourcesPolicy")
    assert [arn.rpartition(":")[2] for arn in allowed["sagemaker:InvokeEndpoint"]] == [
        "endpoint/osml-sandbox-aoss-embedding"
    ]
    assert "aoss:APIAccessAll" in allowed
    assert "es:ESHttpPost" not in allowed
    policies = [
        (resource["Properties"]["Name"], json.loads(flat(resource["Properties"]["Policy"])))
        for template in environment.values()
        for resource in of_type(template, "AWS::OpenSearchServerless::AccessPolicy").values()
    ]
    (rules,) = [
        document[0]["Rules"] for _, document in policies if any("Sources" in who for who in document[0]["Principal"])
    ]
    assert [(rule["Resource"], sorted(rule["Permission"])) for rule in rules] == [
        (["index/osml-sandbox-aoss/passages"], ["aoss:DescribeIndex", "aoss:ReadDocument", "aoss:WriteDocument"])
    ]


def test_the_function_is_told_how_it_embeds_and_when_a_search_finds_what_was_stored(
    stack: dict[str, Any], of_type: OfType, flat: Callable[[Any], Any]
) -> None:
    (function,) = of_type(stack, "AWS::Lambda::Function").values()
    variables = function["Properties"]["Environment"]["Variables"]
    assert LoadSettings(**json.loads(flat(variables["DESTINATION"]))).visible_seconds == 10
    settings = RuntimeSettings.model_validate_json(flat(variables["ASSISTANT"]))
    assert (settings.search.service, settings.embedding.provider) == ("aoss", "sagemaker")
    assert (settings.index.name, settings.answer, settings.conversations.kind) == ("passages", None, "memory")
