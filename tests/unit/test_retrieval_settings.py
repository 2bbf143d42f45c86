"""Valid settings for finding passages, and the sentence for each mistake."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from settings import Environment, SettingError, load
from settings.calibration import MINILM, score
from settings.outputs import KnowledgeOutputs
from settings.retrieval import Agentic, Hybrid, Retrieval

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


def test_words_and_vectors_decide_unless_the_file_says_otherwise(environment: Any) -> None:
    retrieval = environment({}).retrieval
    assert (retrieval, retrieval.quantization, retrieval.looked_at) == (Retrieval(hybrid=Hybrid()), "none", 20)
    assert environment({"candidates": 30}).retrieval.hybrid == Hybrid()
    off = environment({"hybrid": False}).retrieval
    assert (off, off.looked_at) == (Retrieval(), 0)


def test_an_engine_without_hybrid_search_compares_vectors_alone(environment: Any) -> None:
    old = environment({}, {"engine_version": "OpenSearch_2.11"}, index={"space_type": "innerproduct"})
    assert old.retrieval == Retrieval()
    new = environment({}, {"engine_version": "OpenSearch_2.15"}, index={"space_type": "innerproduct"})
    assert new.retrieval.hybrid == Hybrid()


def test_words_and_vectors_decide_in_every_environment_of_the_repository() -> None:
    folder = Path(__file__).parents[2] / "environments"
    assert {load(path.stem, folder).retrieval.hybrid for path in folder.glob("*.yaml")} == {Hybrid()}


NOVA = {"provider": "bedrock-converse", "model": "us.amazon.nova-lite-v1:0"}
R1 = {"provider": "bedrock-converse", "model": "us.deepseek.r1-v1:0"}


@pytest.mark.parametrize(
    ("groups", "sentence"),
    [
        ({"assistant": {}, "answer": NOVA}, None),
        ({"answer": NOVA}, "only the assistant does this; add assistant"),
        ({"assistant": {}}, "no answer model can choose the searches; add answer"),
        ({"assistant": {}, "answer": R1}, "of answer.provider 'bedrock-converse' calls no tools here"),
        ({"assistant": {"streaming": False}, "answer": NOVA}, "set assistant.streaming to true"),
    ],
)
def test_agentic_search_needs_an_assistant_whose_model_calls_tools(
    environment: Any, groups: dict[str, Any], sentence: str | None
) -> None:
    recipe = "bedrock-converse" if "answer" in groups else "semantic-search"
    if sentence is None:
        assert environment({"agentic": {}}, region="us-east-1", recipe=recipe, **groups).retrieval.agentic == Agentic()
        return
    with pytest.raises(SettingError, match=f"retrieval.agentic is set, but .*{sentence}"):
        environment({"agentic": {}}, region="us-east-1", recipe=recipe, **groups)


def test_what_a_client_must_know_to_ask(environment: Any) -> None:
    words = environment({"hybrid": {}}).retrieval
    assert (words.looked_at, words.sparse_field) == (20, None)
    assert environment({"hybrid": {"sparse": {"endpoint": "neural-sparse"}}}).retrieval.sparse_field == "word_weights"
    both = environment({"hybrid": {"words": 0.5}, "rerank": {}, "candidates": 50}, region="us-west-2").retrieval
    assert both.looked_at == 50


def test_marks_are_asked_for_by_vectors_alone_or_with_words(environment: Any) -> None:
    words = environment({"highlight": {}}).retrieval
    assert (words.marked_by_words, words.marked_by_meaning) == (1, 0)
    meaning = environment({"hybrid": {}, "highlight": {"sentences": 3, "by": "meaning"}}).retrieval
    assert (meaning.marked_by_words, meaning.marked_by_meaning) == (0, 3)


@pytest.mark.parametrize(
    "written",
    [
        {"hybrid": False},
        {},
        {"hybrid": {"words": 0.3}},
        {"rerank": {}, "candidates": 7},
        {"highlight": {"by": "meaning"}},
        {"earlier_questions": 0},
    ],
)
def test_clients_read_what_a_stack_has_written(environment: Any, written: dict[str, Any]) -> None:
    retrieval = environment(written, region="us-west-2").retrieval
    names = ("index", "operator_role_arn", "text_field", "endpoint", "search_pipeline", "embedding_model_id")
    given: dict[str, Any] = dict.fromkeys(names, "x")
    outputs = KnowledgeOutputs(**given, embedding_field="e", retrieval=retrieval)
    said = dict(outputs.written())
    assert ("Retrieval" in said) is (written != {"hybrid": False})
    assert KnowledgeOutputs.model_validate(said).retrieval == retrieval


@pytest.mark.parametrize(
    ("engine", "version", "quantization"),
    [("faiss", "2.15", "fp16"), ("faiss", "2.17", "disk"), ("lucene", "2.17", "byte"), ("lucene", "3.3", "byte")],
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
        ({"hybrid": {}}, {"engine_version": "OpenSearch_2.11"}, "retrieval.hybrid needs OpenSearch 2.13 or later"),
        ({"hybrid": {"sparse": {}}}, {}, "retrieval.hybrid.sparse.endpoint is missing"),
        ({"rerank": {}}, {"engine_version": "OpenSearch_2.11"}, "retrieval.rerank needs OpenSearch 2.13 or later"),
        (
            {"rerank": {"region": "sa-east-1"}},
            {},
            "retrieval.rerank.region is 'sa-east-1', where Bedrock has no cohere",
        ),
        ({"highlight": {"sentences": 0}}, {}, "retrieval.highlight.sentences is 0, but"),
        ({"hybrid": False, "candidates": 30}, {}, "without hybrid or rerank it has no effect"),
        ({"quantization": "byte"}, {}, "set it to fp16 or disk, or search.vector_engine to lucene"),
        ({"quantization": "fp16"}, {"vector_engine": "lucene"}, "set it to byte, or search.vector_engine to faiss"),
        ({"quantization": "disk"}, {"engine_version": "OpenSearch_2.15"}, "faiss has since OpenSearch 2.17"),
        ({"quantization": "disk"}, {"engine_version": "OpenSearch_3.7"}, "takes the index with it (k-NN#3379)"),
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


@pytest.mark.parametrize(("space", "least"), [("cosinesimil", 0.6), ("l2", 1 / 2.6), ("innerproduct", 1.2)])
def test_the_least_score_is_in_the_engines_numbers(environment: Any, space: str, least: float) -> None:
    """For a model without measurements, the limit is a cosine of 0.2."""
    made = environment({}, assistant={}, index={"space_type": space})
    assert made.min_score == pytest.approx(least, abs=1e-4)
    assert (made.matches, made.follow_up) == (None, None)
    assert environment({}, assistant={"min_score": 0.0}, index={"space_type": space}).min_score == 0


def test_a_measured_model_has_its_own_least_score(environment: Any) -> None:
    minilm = {"provider": "sagemaker", "dimension": 384}
    made = environment({"hybrid": {}}, assistant={}, embedding=minilm)
    assert made.min_score == score(MINILM.least, "cosinesimil") == 0.68
    assert made.matches == (score(MINILM.good, "cosinesimil"), score(MINILM.close, "cosinesimil")) == (0.75, 0.8)
    assert made.follow_up == MINILM.follow_up
    assert environment({"earlier_questions": 0}, embedding=minilm).follow_up is None
    assert MINILM.unrelated[2] <= MINILM.least < MINILM.good < MINILM.close < 1


@given(st.floats(-1, 1), st.sampled_from(["cosinesimil", "l2", "innerproduct"]))
def test_a_greater_cosine_is_a_greater_score(cosine: float, space: str) -> None:
    assert score(-1, space) <= score(cosine, space) <= score(1, space)


@pytest.mark.parametrize(
    ("retrieval", "sentence"),
    [
        ({"rerank": {}}, "retrieval.rerank is set, but a collection has no such search pipeline"),
        ({"highlight": {}}, "retrieval.highlight is set, but a collection has"),
        ({"quantization": "none"}, "retrieval.quantization is set, but a collection has"),
        ({"hybrid": {"sparse": {"endpoint": "e"}}}, "on a collection words are compared by BM25"),
        ({"hybrid": {"normalization": "z_score"}}, "on a collection it can be min_max or l2; set one of them"),
        ({"hybrid": {"combination": "harmonic_mean"}}, "on a collection it is arithmetic_mean; leave it out"),
        ({"hybrid": {"words": 0.3, "normalization": "l2"}, "candidates": 50, "earlier_questions": 2}, None),
        ({"hybrid": False}, None),
    ],
)
def test_what_the_assistant_does_by_itself_on_a_collection(
    tmp_path: Path, retrieval: dict[str, Any], sentence: str | None
) -> None:
    settings = yaml.safe_load((Path(__file__).parents[2] / "environments" / "sandbox-aoss.yaml").read_text())
    (tmp_path / "one.yaml").write_text(yaml.safe_dump({**settings, "retrieval": retrieval}))
    if sentence is None:
        load("one", tmp_path)
        return
    with pytest.raises(SettingError) as failure:
        load("one", tmp_path)
    assert sentence in str(failure.value)


def test_an_engine_of_one_s_own_may_be_of_a_version_that_amazon_lacks(tmp_path: Path) -> None:
    secret = {"arn": "arn:aws:secretsmanager:us-east-1:111122223333:secret:search-AbCdEf"}
    own = {"kind": "self-managed", "endpoint": "https://search.example.com", "login": secret, "model_keys": secret}
    search = {**own, "engine_version": "OpenSearch_2.12", "vector_engine": "lucene"}
    sparse = {"hybrid": {"sparse": {"endpoint": "sparse"}}}
    (tmp_path / "one.yaml").write_text(yaml.safe_dump({**BASE, "search": search, "retrieval": sparse}))
    with pytest.raises(SettingError, match=r"retrieval\.hybrid needs OpenSearch 2\.13 or later"):
        load("one", tmp_path)


def test_a_domain_is_of_a_version_that_amazon_has(environment: Any) -> None:
    with pytest.raises(
        SettingError, match=r"Amazon has no OpenSearch 3\.2; set OpenSearch_ and one of 2\.11, .*3\.7\.$"
    ):
        environment({}, {"engine_version": "OpenSearch_3.2"})
