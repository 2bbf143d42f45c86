"""An environment that adopts what others have made in a domain."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

Templates = dict[str, dict[str, Any]]
OfType = Callable[[dict[str, Any], str], dict[str, Any]]
FILE = Path(__file__).parent / "environments" / "adopted.yaml"


@pytest.fixture(scope="module")
def made(synthesize: Callable[..., Templates]) -> Templates:
    return synthesize("adopted", FILE.parent)


@pytest.fixture
def changed(synthesize: Callable[..., Templates], tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """The knowledge template with another group `adopted`."""

    def run(**adopted: Any) -> dict[str, Any]:
        settings = yaml.safe_load(FILE.read_text())
        kept = {name: value for name, value in {**settings["adopted"], **adopted}.items() if value is not None}
        (tmp_path / "adopted.yaml").write_text(yaml.safe_dump({**settings, "adopted": kept}))
        return synthesize("adopted", tmp_path)["osml-adopted-knowledge"]

    return run


def objects(template: dict[str, Any]) -> dict[str, bool]:
    """Whether each kind of object is adopted."""
    return {
        id: resource["Properties"].get("Adopted") == "true"
        for id, resource in template["Resources"].items()
        if resource["Type"].startswith("Custom::Ml")
    }


def spec(template: dict[str, Any], start: str) -> str:
    (resource,) = (each for id, each in template["Resources"].items() if id.startswith(start))
    return json.dumps(resource["Properties"]["Spec"]).replace('\\"', '"')


def test_what_is_there_is_adopted_and_the_rest_is_made(made: Templates) -> None:
    adopted = {id[:-8] for id, is_adopted in objects(made["osml-adopted-knowledge"]).items() if is_adopted}
    models = {f"{model}{part}" for model in ("Embedding", "Answer") for part in ("Group", "Model")}
    assert adopted == {*models, "IngestPipeline", "AnswerPipeline", "Index"}


def test_a_connector_is_named_and_needs_no_role_of_the_stack(made: Templates, of_type: OfType) -> None:
    template = made["osml-adopted-knowledge"]
    assert not of_type(template, "Custom::MlConnector")
    assert not [id for id in of_type(template, "AWS::IAM::Role") if id.startswith(("EmbeddingRole", "AnswerRole"))]
    assert not [id for id in of_type(template, "AWS::IAM::Policy") if id.startswith("PassRole")]
    assert '"connector_id":"CfjsKKIBTZILeBlu8R3S"' in spec(template, "EmbeddingModel")
    assert '"probe":{"parameters":{"input":["ready"]}}' in spec(template, "EmbeddingModel")


def test_the_index_keeps_its_vectors_and_gets_an_alias(made: Templates) -> None:
    template = made["osml-adopted-knowledge"]
    assert '"name":"my-nlp-index"' in spec(template, "Index4")
    assert "knn_vector" not in spec(template, "Index4")
    assert "number_of" not in spec(template, "Index4")
    assert '"name":"passages"' in spec(template, "IndexAlias")
    (index,) = (each for id, each in template["Resources"].items() if id.startswith("Index4"))
    # The provisioner handles the delete and gives the index back.
    assert index["DeletionPolicy"] == "Delete"


@pytest.mark.parametrize(("stack", "policy"), [("search", "Operator"), ("assistant", "Ask")])
def test_whoever_searches_may_send_requests_to_the_adopted_index(
    made: Templates, of_type: OfType, stack: str, policy: str
) -> None:
    granted = {id: json.dumps(each) for id, each in of_type(made[f"osml-adopted-{stack}"], "AWS::IAM::Policy").items()}
    own = " ".join(text for id, text in granted.items() if id.startswith(policy))
    for index in ("my-nlp-index", "passages-????????"):
        assert f"/{index}/_search" in own
    roles = json.dumps([made[f"osml-adopted-{part}"] for part in ("knowledge", "assistant")])
    assert roles.replace('\\"', '"').count('"my-nlp-index"') >= 3


def test_without_its_lines_a_model_gets_a_connector_of_the_environment(changed: Callable[..., dict[str, Any]]) -> None:
    template = changed(answer=None)
    assert {id[:-8] for id in objects(template)} >= {"AnswerConnector", "AnswerModel"}
    assert not {id[:-8] for id, is_adopted in objects(template).items() if is_adopted} & {"AnswerGroup", "AnswerModel"}
    assert [id for id in template["Resources"] if id.startswith("AnswerRole")]


def test_another_index_version_has_objects_of_its_own(changed: Callable[..., dict[str, Any]]) -> None:
    template = changed(index_version="00000000")
    adopted = {id[:-8] for id, is_adopted in objects(template).items() if is_adopted}
    assert adopted == {"AnswerGroup", "AnswerModel", "AnswerPipeline"}
    assert "my-nlp-index" not in spec(template, "IndexAlias")
    assert '"name":"passages-' in spec(template, "Index4")
