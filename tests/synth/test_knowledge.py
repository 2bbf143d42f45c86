"""The objects that the knowledge stack requests from the provisioner, and their order."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mlcommons.kinds.connector import urls_of
from mlcommons.kinds.trusted_endpoints import trusts_all
from sandbox.engine.line import lines
from tests.synth.requests_of import sent

Templates = dict[str, dict[str, Any]]
OfType = Callable[[dict[str, Any], str], dict[str, Any]]
OUTPUTS = {
    "Billed",
    "DomainEndpoint",
    "IndexName",
    "IndexVersion",
    "SearchPipelineName",
    "EmbeddingModelId",
    "AnswerModelId",
    "LlmModel",
    "OperatorRoleArn",
    "TextField",
    "EmbeddingField",
    "Fields",
    "Retrieval",
    "RagSeconds",
    "ClientSeconds",
}
FOLDERS = (Path(__file__).parents[2] / "environments", Path(__file__).parent / "environments")
EVERY = [(file.stem, folder) for folder in FOLDERS for file in sorted(folder.glob("*.yaml"))]
AWKWARD = 'He said "no"\n\tand left C:\\temp — \u2028 ${parameters.model}'


@pytest.fixture(scope="module")
def knowledge(templates: Callable[[str], Templates]) -> dict[str, Any]:
    return templates("sandbox")["osml-sandbox-knowledge"]


@pytest.fixture(scope="module")
def specs(knowledge: dict[str, Any], flat: Callable[[Any], Any], of_type: OfType) -> dict[str, Any]:
    """Specifications by the construct's id."""
    return {
        re.sub(r"[0-9A-F]{8}$", "", name): json.loads(flat(resource["Properties"]["Spec"]))
        for name, resource in of_type(knowledge, "Custom::Ml").items()
    }


def waits_for(template: dict[str, Any], name: str, seen: set[str] | None = None) -> set[str]:
    """Everything in this template that CloudFormation completes before it starts `name`."""
    seen = set() if seen is None else seen
    resource = template["Resources"][name]
    text = json.dumps(resource["Properties"])
    named = set(re.findall(r'"Fn::GetAtt": \["(\w+)"', text)) | set(re.findall(r'"Ref": "(\w+)"', text))
    for other in named | set(resource.get("DependsOn", [])):
        if other in template["Resources"] and other not in seen:
            seen.add(other)
            waits_for(template, other, seen)
    return seen


def test_every_custom_resource_waits_for_all_policies(knowledge: dict[str, Any], of_type: OfType) -> None:
    # The keeper's own policy comes last, after the objects that it watches.
    policies = {name for name in of_type(knowledge, "AWS::IAM::Policy") if not name.startswith("Keeper")}
    resources = of_type(knowledge, "Custom::Ml")
    assert len(policies) == 3
    assert len(resources) == 16
    for name, resource in resources.items():
        assert policies <= set(resource["DependsOn"]), name


def test_everything_with_a_model_waits_for_access(knowledge: dict[str, Any], of_type: OfType) -> None:
    mappings = {name for name in of_type(knowledge, "Custom::MlRoleMapping") if not name.startswith("MapOperator")}
    access = {*mappings, *of_type(knowledge, "Custom::MlTrustedEndpoints")}
    # The provisioner does not need the operators' permissions.
    others = {name for name in of_type(knowledge, "Custom::Ml") if "Operator" not in name} - access
    assert len(others) == 11
    for name in others:
        assert access <= waits_for(knowledge, name), name


def test_one_group_for_each_model(specs: dict[str, Any]) -> None:
    groups = [specs[f"{part}Model"]["model_group_id"] for part in ("Embedding", "Answer")]
    assert len(set(groups)) == 2


def test_every_resource_has_a_deadline_after_the_functions(
    knowledge: dict[str, Any], templates: Callable[[str], Templates], of_type: OfType
) -> None:
    functions = of_type(templates("sandbox")["osml-sandbox-search"], "AWS::Lambda::Function").values()
    (timeout,) = [function["Properties"]["Timeout"] for function in functions]
    for name, resource in of_type(knowledge, "Custom::Ml").items():
        assert timeout < int(resource["Properties"]["ServiceTimeout"]) <= 3600, name


def test_targets_name_the_domain(knowledge: dict[str, Any], flat: Callable[[Any], Any], of_type: OfType) -> None:
    for resource in of_type(knowledge, "Custom::Ml").values():
        target = json.loads(flat(resource["Properties"]["Target"]))
        assert re.fullmatch(r"https://<import \S+DomainEndpoint\w+>", target["endpoint"])
        assert (target["region"], target["service"]) == ("<AWS::Region>", "es")


def test_embedding_connector(specs: dict[str, Any]) -> None:
    connector = specs["EmbeddingConnector"]["connector"]
    action = connector["actions"][0]
    assert connector["protocol"] == "aws_sigv4"
    assert connector["parameters"] == {
        "region": "<AWS::Region>",
        "service_name": "sagemaker",
        "input_docs_processed_step_size": "512",
    }
    assert list(connector["credential"]) == ["roleArn"]
    assert action["url"] == (
        "https://runtime.sagemaker.<AWS::Region>.<AWS::URLSuffix>/endpoints/osml-sandbox-embedding/invocations"
    )
    assert sent(action, (AWKWARD,)) == {"inputs": [AWKWARD]}


def test_answer_connector(specs: dict[str, Any]) -> None:
    connector = specs["AnswerConnector"]["connector"]
    action = connector["actions"][0]
    assert connector["protocol"] == "http"
    assert action["headers"]["Authorization"] == "Bearer ${credential.secretArn.api_key}"
    assert connector["credential"]["secretArn"].endswith(":secret:osml/sandbox/deepseek")
    messages = [{"role": "user", "content": AWKWARD}]
    assert sent(action, messages=json.dumps(messages)) == {
        "model": "deepseek-flash",
        "messages": messages,
        "thinking": {"type": "disabled"},
    }
    assert "post_process_function" not in action


def test_model_calls_are_bounded(specs: dict[str, Any]) -> None:
    for part, seconds in (("Embedding", 30), ("Answer", 60)):
        client = specs[f"{part}Connector"]["connector"]["client_config"]
        assert (client["connection_timeout"], client["read_timeout"]) == (5, seconds)


def test_connector_numbers_reach_the_body_as_numbers(
    templates: Callable[[str], Templates], flat: Callable[[Any], Any], of_type: OfType
) -> None:
    resources = of_type(templates("prod")["osml-prod-knowledge"], "Custom::MlConnector")
    spec = next(resource for name, resource in resources.items() if name.startswith("Answer"))
    connector = json.loads(flat(spec["Properties"]["Spec"]))["connector"]
    assert sent(connector["actions"][0], messages="[]") == {
        "model": "deepseek-flash",
        "messages": [],
        "temperature": 0.2,
        "max_tokens": 1024,
        "thinking": {"type": "disabled"},
    }


def test_index_and_pipelines(specs: dict[str, Any]) -> None:
    settings = specs["Index"]["body"]["settings"]["index"]
    field = specs["Index"]["body"]["mappings"]["properties"]["embedding"]
    assert settings["knn"] is True
    assert settings["default_pipeline"].startswith("<IngestPipeline")
    assert (field["dimension"], field["method"]["engine"]) == (384, "lucene")
    mappings = specs["Index"]["body"]["mappings"]
    assert mappings["dynamic"] is False
    assert set(mappings["properties"]) == {"id", "document", "title", "text", "embedding", "osml"}
    assert specs["Index"]["embedding"]["field"] == "embedding"
    before, embed, behind, loaded = specs["IngestPipeline"]["pipeline"]["processors"]
    assert [*before, *behind, *loaded] == ["script", "script", "set"]
    assert before["script"]["params"]["ours"][:5] == ["id", "document", "title", "text", "embedding"]
    assert embed["text_embedding"]["batch_size"] == 32
    assert settings["search"]["default_pipeline"].startswith("<SearchPipeline")
    (generation,) = specs["AnswerPipeline"]["pipeline"]["response_processors"]
    assert "request_processors" not in specs["AnswerPipeline"]["pipeline"]
    assert generation["retrieval_augmented_generation"]["context_field_list"] == ["text"]


def test_trusted_endpoints_match_the_url_and_no_neighbour(specs: dict[str, Any]) -> None:
    (pattern,) = (pattern for pattern in specs["TrustedEndpoints"]["patterns"] if "deepseek" in pattern)
    assert re.match(pattern, "https://api.deepseek.com/v1/chat/completions")
    assert not re.match(pattern, "https://api-deepseek.com/v1/chat/completions")
    assert not re.match(pattern, "https://api.deepseek.com.example.org/")


@pytest.mark.parametrize(("environment", "folder"), EVERY, ids=[name for name, _ in EVERY])
def test_every_connector_finds_its_hosts_trusted_whatever_the_list_was(
    environment: str,
    folder: Path,
    synthesize: Callable[..., Templates],
    flat: Callable[[Any], Any],
    of_type: OfType,
) -> None:
    for template in synthesize(environment, folder).values():
        connectors = of_type(template, "Custom::MlConnector")
        lists = of_type(template, "Custom::MlTrustedEndpoints")
        patterns = [pattern for made in lists.values() for pattern in spec(made, flat)["patterns"]]
        for name, made in connectors.items():
            for url in urls_of(spec(made, flat)["connector"]):
                assert any(re.fullmatch(pattern, url) for pattern in patterns), (name, url)
            assert set(lists) <= waits_for(template, name), name


@pytest.mark.parametrize("environment", ["dev", "qa", "prod", "sandbox"])
def test_the_default_trusted_endpoints_cover_the_shipped_models(
    environment: str, templates: Callable[[str], Templates], flat: Callable[[Any], Any], of_type: OfType
) -> None:
    """Otherwise the list is written, and does not follow the defaults of a newer engine any more."""
    [made] = of_type(templates(environment)[f"osml-{environment}-knowledge"], "Custom::MlTrustedEndpoints").values()
    text = json.dumps(spec(made, flat)["patterns"])
    patterns = json.loads(text.replace("<AWS::Region>", "eu-central-1").replace("<AWS::URLSuffix>", "amazonaws.com"))
    assert len(patterns) == 2
    for line in lines():
        assert trusts_all(line.trusted_endpoints, patterns), (line.version, patterns)


def spec(resource: dict[str, Any], flat: Callable[[Any], Any]) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(flat(resource["Properties"]["Spec"]))
    return body


def test_outputs_for_the_command_line(knowledge: dict[str, Any], templates: Callable[[str], Templates]) -> None:
    assert {name for name in knowledge["Outputs"] if not name.startswith("Exports")} == OUTPUTS
    assert knowledge["Outputs"]["LlmModel"]["Value"] == "deepseek-flash"
    assert {"SecretName", "SecretArn"} <= set(templates("sandbox")["osml-sandbox-inference"]["Outputs"])


def test_search_and_inference_know_nothing_of_each_other(templates: Callable[[str], Templates]) -> None:
    for part in ("search", "inference"):
        assert "Fn::ImportValue" not in json.dumps(templates("sandbox")[f"osml-sandbox-{part}"])


def test_production_keeps_its_data(templates: Callable[[str], Templates], of_type: OfType) -> None:
    prod, sandbox = templates("prod"), templates("sandbox")
    for part, kind in (("search", "AWS::OpenSearchService::Domain"), ("knowledge", "Custom::MlIndex")):
        (kept,) = of_type(prod[f"osml-prod-{part}"], kind).values()
        (gone,) = of_type(sandbox[f"osml-sandbox-{part}"], kind).values()
        assert (kept["DeletionPolicy"], kept["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")
        assert (gone["DeletionPolicy"], gone["UpdateReplacePolicy"]) == ("Delete", "Delete")


def test_embedding_pipeline_and_index_are_named_after_their_index_version(specs: dict[str, Any]) -> None:
    index = specs["Index"]
    assert re.fullmatch("passages-[0-9a-f]{8}", index["name"])
    index_version = index["name"].removeprefix("passages-")
    assert specs["IndexAlias"]["name"] == "passages"
    assert specs["IndexAlias"]["index"].startswith("<Index")
    assert specs["EmbeddingModel"]["generation"] == index_version
    assert "generation" not in specs["AnswerModel"]
    assert specs["IngestPipeline"]["name"] == f"passages-embedding-{index_version}"
    assert specs["SearchPipeline"]["name"] == f"passages-search-{index_version}"
    assert specs["AnswerPipeline"]["name"] == "passages-answer"


@pytest.mark.parametrize("environment", ["sandbox", "prod"])
def test_nobody_outside_knows_an_index_version(templates: Callable[[str], Templates], environment: str) -> None:
    """CloudFormation refuses to change an export that another stack imports, so no export may contain a model's id."""
    by_stack = templates(environment)
    outputs = by_stack[f"osml-{environment}-knowledge"]["Outputs"]
    assert [name for name, output in outputs.items() if "Export" in output] == []
    assert outputs["IndexName"]["Value"] == "passages"
    assistant = json.dumps(by_stack[f"osml-{environment}-assistant"])
    assert f"osml-{environment}-knowledge" not in assistant
    assert "model_id" not in assistant


def test_a_repair_asks_for_every_object_and_changes_nothing_else(
    synthesize: Callable[..., Templates], templates: Callable[[str], Templates], of_type: OfType
) -> None:
    repaired = synthesize("sandbox", context={"osml:repair": "2026-11-28T12:00:00"})
    for name, template in templates("sandbox").items():
        objects = of_type(repaired[name], "Custom::Ml")
        assert {resource["Properties"].pop("Repair") for resource in objects.values()} <= {"2026-11-28T12:00:00"}
        assert repaired[name] == template
