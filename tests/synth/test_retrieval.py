"""The templates of environments with hybrid search, reranking, or smaller vectors."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
import yaml

Settings = dict[str, Any]
SEARCH = {"kind": "domain", "vector_engine": "lucene", "data_nodes": {"instance_type": "t3.medium.search", "count": 1}}
FAISS = {**SEARCH, "vector_engine": "faiss"}
TITAN: Settings = {"provider": "titan", "dimension": 1024}


@pytest.fixture(scope="module")
def stack_of(synthesize: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Settings]:
    """The knowledge stack of an environment with that `retrieval`."""

    def made(retrieval: Settings, search: Settings = SEARCH) -> Settings:
        folder = tmp_path_factory.mktemp("environments")
        text = {"recipe": "semantic-search", "search": search, "embedding": TITAN, "retrieval": retrieval}
        (folder / "other.yaml").write_text(yaml.safe_dump(text))
        stack: Settings = synthesize("other", folder)["osml-other-knowledge"]
        return stack

    return made


@pytest.fixture
def specs_of(stack_of: Callable[..., Settings], flat: Callable[[Any], Any]) -> Callable[..., dict[str, Settings]]:
    """Specifications by logical id."""

    def made(*settings: Settings) -> dict[str, Settings]:
        resources = stack_of(*settings)["Resources"]
        return {
            name: json.loads(flat(resource["Properties"]["Spec"]))
            for name, resource in resources.items()
            if "Spec" in resource.get("Properties", {})
        }

    return made


def spec(specs: dict[str, Settings], name: str) -> Settings:
    (pipeline,) = [spec for id, spec in specs.items() if re.fullmatch(f"{name}[0-9A-F]{{8}}", id)]
    return pipeline


def test_by_vectors_alone_nothing_is_added(stack_of: Callable[..., Settings], specs_of: Any) -> None:
    off = {"hybrid": False}
    stack = stack_of(off)
    assert "Retrieval" not in stack["Outputs"]
    assert "IndexVersion" in stack["Outputs"]
    assert set(spec(specs_of(off), "SearchPipeline")["pipeline"]) == {"description", "request_processors"}


def test_without_settings_words_and_vectors_are_mixed(stack_of: Callable[..., Settings], specs_of: Any) -> None:
    assert json.loads(stack_of({})["Outputs"]["Retrieval"]["Value"]) == {"hybrid": {}}
    (mixes,) = spec(specs_of({}), "SearchPipeline")["pipeline"]["phase_results_processors"]
    combination = mixes["normalization-processor"]["combination"]
    assert combination == {"technique": "arithmetic_mean", "parameters": {"weights": [0.5, 0.5]}}


def test_hybrid_and_rerank_are_processors_and_make_no_index_version(
    stack_of: Callable[..., Settings], specs_of: Any
) -> None:
    wanted = {"hybrid": {"words": 0.25}, "rerank": {"region": "us-west-2"}, "candidates": 30, "highlight": {}}
    specs = specs_of(wanted)
    pipeline = spec(specs, "SearchPipeline")["pipeline"]
    (mixture,) = pipeline["phase_results_processors"]
    assert mixture["normalization-processor"]["combination"]["parameters"]["weights"] == [0.25, 0.75]
    (rerank,) = pipeline["response_processors"]
    assert rerank["rerank"]["context"] == {"document_fields": ["text"]}
    assert rerank["rerank"]["ignore_failure"] is True
    (action,) = spec(specs, "RerankConnector")["connector"]["actions"]
    assert "bedrock-runtime.us-west-2." in action["url"]
    assert action["url"].endswith("/model/cohere.rerank-v3-5:0/invoke")
    assert spec(specs, "SearchPipeline")["name"] == spec(specs_of({}), "SearchPipeline")["name"]
    body = json.loads(stack_of(wanted)["Outputs"]["Retrieval"]["Value"])
    assert body == {
        "hybrid": {"words": 0.25},
        "rerank": {"region": "us-west-2"},
        "candidates": 30,
        "highlight": {},
    }


@pytest.mark.parametrize(
    ("quantization", "search", "field"),
    [
        ("fp16", FAISS, {"encoder": {"name": "sq", "parameters": {"type": "fp16"}}}),
        ("byte", SEARCH, {"encoder": {"name": "sq", "parameters": {"bits": 7}}}),
        ("disk", FAISS, {"mode": "on_disk", "compression_level": "32x"}),
    ],
)
def test_smaller_vectors_make_another_index_version(
    specs_of: Any, quantization: str, search: Settings, field: Settings
) -> None:
    index, before = (spec(specs_of({"quantization": item}, search), "Index") for item in (quantization, "none"))
    assert index["name"] != before["name"]
    vector = index["body"]["mappings"]["properties"]["embedding"]
    assert field.items() <= {**vector, **vector["method"]["parameters"]}.items()


def test_a_sparse_encoder_weighs_words_in_another_index_version(specs_of: Any) -> None:
    specs, before = specs_of({"hybrid": {"sparse": {"endpoint": "neural-sparse"}}}), specs_of({"hybrid": {}})
    index_version = spec(specs, "Index")["name"].removeprefix("passages-")
    assert index_version != spec(before, "Index")["name"].removeprefix("passages-")
    assert spec(specs, "SparseModel")["generation"] == index_version
    assert spec(specs, "Index")["body"]["mappings"]["properties"]["word_weights"] == {"type": "rank_features"}
    before, dense, sparse, *_ = spec(specs, "IngestPipeline")["pipeline"]["processors"]
    assert before["script"]["params"]["ours"][4:6] == ["embedding", "word_weights"]
    assert sparse["sparse_encoding"]["field_map"] == {"text": "word_weights"}
    assert sparse["sparse_encoding"]["batch_size"] == dense["text_embedding"]["batch_size"]
    (enrich,) = spec(specs, "SearchPipeline")["pipeline"]["request_processors"]
    assert list(enrich["neural_query_enricher"]["neural_field_default_id"]) == ["word_weights"]
