"""The recipe semantic-search with each embedding provider: connector, permissions, pipelines, outputs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.synth.requests_of import sent

Templates = dict[str, dict[str, Any]]
Specs = dict[str, Any]
AWKWARD = 'He said "no"\n\tand left C:\\temp — \u2028 {"a": [1]}'
SEARCH = {"kind": "domain", "vector_engine": "lucene", "data_nodes": {"instance_type": "t3.medium.search", "count": 1}}
V1, V2 = "amazon.titan-embed-text-v1", "amazon.titan-embed-text-v2:0"
HERE = "<AWS::Region>"


@pytest.fixture
def templates_with(tmp_path: Path, synthesize: Callable[..., Templates]) -> Callable[..., Templates]:
    def run(embedding: dict[str, Any], **settings: Any) -> Templates:
        text = {"recipe": "semantic-search", "search": SEARCH, "embedding": embedding, **settings}
        (tmp_path / "other.yaml").write_text(yaml.safe_dump(text))
        return synthesize("other", tmp_path)

    return run


@pytest.fixture
def specs(templates_with: Callable[..., Templates], flat: Any, of_type: Any) -> Callable[..., Specs]:
    """Specifications by the construct's id, and the statements of the connector's role under `statements`."""

    def run(embedding: dict[str, Any], **settings: Any) -> Specs:
        template = templates_with(embedding, **settings)["osml-other-knowledge"]
        loads_by_sub: Specs = {
            re.sub(r"[0-9A-F]{8}$", "", name): json.loads(flat(resource["Properties"]["Spec"]))
            for name, resource in of_type(template, "Custom::Ml").items()
        }
        (policy,) = (
            value for name, value in of_type(template, "AWS::IAM::Policy").items() if name.startswith("EmbeddingRole")
        )
        return {**loads_by_sub, "statements": flat(policy["Properties"]["PolicyDocument"]["Statement"])}

    return run


def action(specs: Specs) -> dict[str, Any]:
    (action_sent,) = specs["EmbeddingConnector"]["connector"]["actions"]
    assert isinstance(action_sent, dict)
    return action_sent


def test_one_model_and_a_pipeline_that_answers_nothing(templates_with: Any, of_type: Any, flat: Any) -> None:
    template = templates_with({"provider": "titan", "dimension": 1024})["osml-other-knowledge"]
    kinds = sorted(resource["Type"] for resource in of_type(template, "Custom::Ml").values())
    made = ["Alias", "Connector", "Index", "IngestPipeline", "Model", "ModelGroup", "Role", *["RoleMapping"] * 3]
    made += ["SearchPipeline", "TrustedEndpoints"]
    assert kinds == [f"Custom::Ml{kind}" for kind in made]
    (pipeline,) = of_type(template, "Custom::MlSearchPipeline").values()
    spec = json.loads(flat(pipeline["Properties"]["Spec"]))
    assert re.fullmatch("passages-search-[0-9a-f]{8}", spec["name"])
    assert set(spec["pipeline"]) == {"description", "request_processors", "phase_results_processors"}
    assert {"AnswerModelId", "LlmModel"} & set(template["Outputs"]) == set()


def test_no_secret_and_no_endpoint_for_titan(templates_with: Any, of_type: Any) -> None:
    inference = templates_with({"provider": "titan", "dimension": 1024})["osml-other-inference"]
    assert {resource["Type"] for resource in inference["Resources"].values()} == {"AWS::SSM::Parameter"}


@pytest.mark.parametrize(
    ("embedding", "url", "region", "body"),
    [
        ({"model": V1, "dimension": 1536}, f"{HERE}.<AWS::URLSuffix>/model/{V1}/invoke", HERE, {}),
        (
            {"dimension": 256, "normalize": False, "region": "eu-west-1"},
            f"eu-west-1.<AWS::URLSuffix>/model/{V2}/invoke",
            "eu-west-1",
            {"dimensions": 256, "normalize": False},
        ),
    ],
)
def test_titan_with_the_built_in_functions(
    specs: Callable[..., Specs], embedding: dict[str, Any], url: str, region: str, body: dict[str, Any]
) -> None:
    declared = specs({"provider": "titan", **embedding})
    model = embedding.get("model", V2)
    assert action(declared)["url"] == f"https://bedrock-runtime.{url}"
    assert action(declared)["post_process_function"] == "connector.post_process.bedrock.embedding"
    assert declared["EmbeddingConnector"]["connector"]["parameters"] == {"region": region, "service_name": "bedrock"}
    assert sent(action(declared), (AWKWARD,)) == {"inputText": AWKWARD, **body}
    assert declared["statements"] == [
        {
            "Effect": "Allow",
            "Action": "bedrock:InvokeModel",
            "Resource": f"arn:<AWS::Partition>:bedrock:{region}::foundation-model/{model}",
        }
    ]


def test_titan_on_an_engine_without_them(specs: Callable[..., Specs]) -> None:
    specified = specs({"provider": "titan", "dimension": 512}, search={**SEARCH, "engine_version": "OpenSearch_2.11"})
    assert sent(action(specified), (AWKWARD,)) == {"inputText": AWKWARD, "dimensions": 512, "normalize": True}
    for step in ("pre", "post"):
        script = action(specified)[f"{step}_process_function"]
        assert script.strip().endswith(";")
        assert "${" not in script
    probe = json.loads(specified["EmbeddingModel"]["probe"]["parameters"]["body"])
    assert probe == {"inputText": "ready", "dimensions": 512, "normalize": True}
    _, processor, *_ = specified["IngestPipeline"]["pipeline"]["processors"]
    assert "batch_size" not in processor["text_embedding"]


def test_cohere(specs: Callable[..., Specs]) -> None:
    specified = specs({"provider": "cohere", "dimension": 1024, "region": "us-west-2", "truncate": "START"})
    assert sent(action(specified), (AWKWARD,)) == {
        "texts": [AWKWARD],
        "input_type": "search_document",
        "truncate": "START",
    }
    assert specified["EmbeddingConnector"]["connector"]["parameters"]["input_docs_processed_step_size"] == "96"
    (statement,) = specified["statements"]
    assert statement["Resource"].endswith(":bedrock:us-west-2::foundation-model/cohere.embed-english-v3")


@pytest.mark.parametrize(
    ("embedding", "url", "trusted", "body"),
    [
        ({}, "https://api.openai.com/v1/embeddings", "https://api.openai.com/x", {"dimensions": 512}),
        (
            {"host": "ai.example.com", "path": "/v2/embed", "model": "BAAI/bge-m3"},
            "https://ai.example.com/v2/embed",
            "https://ai.example.com/v2/embed",
            {},
        ),
    ],
)
def test_openai(
    specs: Callable[..., Specs], embedding: dict[str, Any], url: str, trusted: str, body: dict[str, Any]
) -> None:
    specified = specs({"provider": "openai", "dimension": 512, "secret": {"name": "osml/key"}, **embedding})
    assert action(specified)["url"] == url
    assert action(specified)["headers"]["Authorization"] == "Bearer ${credential.secretArn.api_key}"
    model = embedding.get("model", "text-embedding-3-small")
    assert sent(action(specified), (AWKWARD,)) == {"model": model, "input": [AWKWARD], **body}
    (pattern,) = specified["TrustedEndpoints"]["patterns"]
    assert re.match(pattern, trusted)
    assert not re.match(pattern, trusted.replace(".com/", ".com.example.org/"))
    (statement,) = specified["statements"]
    assert statement["Resource"].endswith(":secret:osml/key-??????")
    assert "osml/key" in specified["EmbeddingConnector"]["connector"]["credential"]["secretArn"]


def test_an_endpoint_in_another_region(specs: Callable[..., Specs]) -> None:
    specified = specs({"provider": "sagemaker", "endpoint": "mine", "region": "eu-west-1", "dimension": 384})
    assert action(specified)["url"].startswith("https://runtime.sagemaker.eu-west-1.")
    assert specified["EmbeddingConnector"]["connector"]["parameters"]["region"] == "eu-west-1"
    (statement,) = specified["statements"]
    assert ":sagemaker:eu-west-1:" in statement["Resource"]
