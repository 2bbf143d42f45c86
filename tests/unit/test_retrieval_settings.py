"""What an environment may say about how passages are found, and the sentence that a mistake gets."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from osml.environment import Environment, SettingError, load

BASE: dict[str, Any] = {
    "recipe": "semantic-search",
    "search": {"kind": "domain", "data_nodes": {"instance_type": "r7g.large.search", "count": 1}},
    "embedding": {"provider": "titan", "dimension": 1024},
}


@pytest.fixture
def environment(tmp_path: Path) -> Any:
    def loaded(retrieval: dict[str, Any], search: dict[str, Any] | None = None, **more: Any) -> Environment:
        settings = {**BASE, "retrieval": retrieval, "search": {**BASE["search"], **(search or {})}, **more}
        (tmp_path / "one.yaml").write_text(yaml.safe_dump(settings))
        return load("one", tmp_path)

    return loaded


def test_without_settings_vectors_decide_alone(environment: Any) -> None:
    found = environment({}).retrieval
    assert (found.asked, found.quantization) == ({}, "none")


def test_what_a_client_must_know_to_ask(environment: Any) -> None:
    assert environment({"hybrid": {}}).retrieval.asked == {"hybrid": True, "rerank": False, "candidates": 20}
    sparse = environment({"hybrid": {"sparse": {"endpoint": "neural-sparse"}}}).retrieval.asked
    assert sparse["sparse_field"] == "word_weights"
    both = environment({"hybrid": {"words": 0.5}, "rerank": {}, "candidates": 50}, region="us-west-2").retrieval
    assert both.asked == {"hybrid": True, "rerank": True, "candidates": 50}


def test_marks_are_asked_for_by_vectors_alone_or_with_words(environment: Any) -> None:
    assert environment({"highlight": {}}).retrieval.asked == {"highlight": 1, "highlight_by": "words"}
    assert environment({"hybrid": {}, "highlight": {"sentences": 3}}).retrieval.asked["highlight"] == 3


def test_clients_are_told_of_earlier_questions_unless_it_is_one(environment: Any) -> None:
    assert environment({"earlier_questions": 1}).retrieval.asked == {}
    assert environment({"earlier_questions": 0}).retrieval.asked == {"earlier_questions": 0}


@pytest.mark.parametrize(
    ("engine", "version", "quantization"),
    [("faiss", "2.13", "fp16"), ("faiss", "2.17", "disk"), ("lucene", "2.16", "byte"), ("lucene", "3.3", "byte")],
)
def test_an_engine_quantizes_as_it_can(environment: Any, engine: str, version: str, quantization: str) -> None:
    search = {"vector_engine": engine, "engine_version": f"OpenSearch_{version}"}
    made = environment({"quantization": quantization}, search, index={"space_type": "innerproduct"})
    assert made.retrieval.quantization == quantization


@pytest.mark.parametrize(
    ("retrieval", "search", "sentence"),
    [
        ({"hybrid": {"words": 1.0}}, {}, "retrieval.hybrid.words is 1.0, but"),
        ({"hybrid": {"weight": 0.5}}, {}, "retrieval.hybrid.weight is not a setting"),
        (
            {"hybrid": {"normalization": "z_score", "combination": "geometric_mean"}},
            {},
            "set arithmetic_mean, or normalization to min_max",
        ),
        (
            {"hybrid": {"normalization": "z_score"}},
            {"engine_version": "OpenSearch_2.19"},
            "retrieval.hybrid.normalization needs OpenSearch 3.0 or later",
        ),
        ({"hybrid": {}}, {"engine_version": "OpenSearch_2.11"}, "retrieval.hybrid needs OpenSearch 2.12 or later"),
        (
            {"hybrid": {"sparse": {"endpoint": "sparse"}}},
            {"engine_version": "OpenSearch_2.12"},
            "retrieval.hybrid.sparse needs OpenSearch 2.13 or later",
        ),
        ({"hybrid": {"sparse": {}}}, {}, "retrieval.hybrid.sparse.endpoint is missing"),
        ({"rerank": {}}, {"engine_version": "OpenSearch_2.11"}, "retrieval.rerank needs OpenSearch 2.12 or later"),
        (
            {"rerank": {"region": "sa-east-1"}},
            {},
            "retrieval.rerank.region is 'sa-east-1', where Bedrock has no cohere",
        ),
        ({"highlight": {"sentences": 0}}, {}, "retrieval.highlight.sentences is 0, but"),
        ({"candidates": 30}, {}, "without hybrid or rerank nothing is chosen from them"),
        ({"quantization": "byte"}, {}, "set it to fp16 or disk, or search.vector_engine to lucene"),
        ({"quantization": "fp16"}, {"vector_engine": "lucene"}, "set it to byte, or search.vector_engine to faiss"),
        ({"quantization": "disk"}, {"engine_version": "OpenSearch_2.16"}, "faiss has since OpenSearch 2.17"),
        ({"quantization": "int8"}, {}, "retrieval.quantization is 'int8', but can be"),
    ],
)
def test_what_does_not_fit_is_said_in_a_sentence(
    environment: Any, retrieval: dict[str, Any], search: dict[str, Any], sentence: str
) -> None:
    space = {"space_type": "innerproduct"}
    with pytest.raises(SettingError) as failure:
        environment(retrieval, search, index=space)
    assert sentence in str(failure.value)
    assert str(failure.value).startswith("environments/one.yaml: ") or "/one.yaml: " in str(failure.value)


def test_a_least_score_says_nothing_of_relative_scores(environment: Any) -> None:
    with pytest.raises(SettingError, match=r"set assistant\.min_score to 0, or add retrieval\.rerank"):
        environment({"hybrid": {}}, assistant={})
    environment({"hybrid": {}}, assistant={"min_score": 0.0})
    environment({"hybrid": {}, "rerank": {}}, assistant={}, region="us-east-1")


def test_a_collection_has_none_of_it(tmp_path: Path) -> None:
    settings = yaml.safe_load((Path(__file__).parents[2] / "environments" / "sandbox-aoss.yaml").read_text())
    (tmp_path / "one.yaml").write_text(yaml.safe_dump({**settings, "retrieval": {"hybrid": {}}}))
    with pytest.raises(SettingError, match=r"retrieval\.hybrid is set, but a collection has no search pipelines"):
        load("one", tmp_path)
