"""The order by words and meaning that the assistant computes on a collection; a contract test asks the engine, too."""

from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.search.mixture import fused, mixed
from rag.search.query import similarity
from settings.retrieval import Hybrid


def hits(**scores: float) -> list[dict[str, Any]]:
    return [{"_id": id, "_score": score, "_source": {}} for id, score in scores.items()]


@pytest.mark.parametrize(
    ("normalization", "scores"),
    [
        # (9 - 1) / (9 - 1) * 0.25, and the last of a list has 0.001.
        ("min_max", {"a": 0.25 + 0.75 * 0.5, "b": 0.75, "c": 0.25 * 0.5, "d": 0.25 * 0.001, "e": 0.75 * 0.001}),
        # Lengths: sqrt(81 + 25 + 1) and sqrt(0.81 + 0.49 + 0.25).
        (
            "l2",
            {
                "a": 0.25 * 9 / 107**0.5 + 0.75 * 0.7 / 1.55**0.5,
                "b": 0.75 * 0.9 / 1.55**0.5,
                "c": 0.25 * 5 / 107**0.5,
                "d": 0.25 * 1 / 107**0.5,
                "e": 0.75 * 0.5 / 1.55**0.5,
            },
        ),
    ],
)
def test_scores_worked_by_hand(normalization: Literal["min_max", "l2"], scores: dict[str, float]) -> None:
    merged = mixed(
        hits(a=9.0, c=5.0, d=1.0), hits(b=0.9, a=0.7, e=0.5), Hybrid(words=0.25, normalization=normalization)
    )
    assert {hit["_id"]: hit["_score"] for hit in merged} == pytest.approx(scores)
    assert [hit["_id"] for hit in merged] == sorted(scores, key=lambda id: -scores[id])
    assert {hit["_id"]: similarity(hit) for hit in merged} == {"a": 0.7, "b": 0.9, "c": None, "d": None, "e": 0.5}


@pytest.mark.parametrize("normalization", ["min_max", "l2"])
def test_lists_of_one_and_of_none(normalization: Literal["min_max", "l2"]) -> None:
    hybrid = Hybrid(normalization=normalization)
    assert mixed([], [], hybrid) == []
    assert [(hit["_id"], hit["_score"]) for hit in mixed(hits(a=3.0), hits(a=0.6), hybrid)] == [("a", pytest.approx(1))]
    assert [(hit["_id"], hit["_score"]) for hit in mixed([], hits(a=0.6), hybrid)] == [("a", pytest.approx(0.5))]


def test_a_follow_up_is_found_by_itself_and_with_what_was_asked_before() -> None:
    alone, joined = hits(a=0.9, b=0.7, c=0.5), hits(d=0.95, b=0.85, e=0.55)
    mixed = fused(alone, joined)
    scores = {"b": 1 / 4 + 1 / 4, "a": 1 / 3, "d": 1 / 3, "c": 1 / 5, "e": 1 / 5}
    assert [(hit["_id"], hit["_score"]) for hit in mixed] == [
        (id, pytest.approx(score)) for id, score in scores.items()
    ]
    # That to the nearer of both.
    assert {hit["_id"]: similarity(hit) for hit in mixed} == {"b": 0.85, "a": 0.9, "d": 0.95, "c": 0.5, "e": 0.55}


@given(st.permutations("abcdefgh"), st.permutations("abcdefgh"))
def test_the_best_of_each_list_is_among_four(alone: list[str], joined: list[str]) -> None:
    lists = [
        [{"_id": id, "_score": 1 - place / 10, "_source": {}} for place, id in enumerate(item)]
        for item in (alone, joined)
    ]
    first = {hit["_id"] for hit in fused(*lists)[:4]}
    assert {alone[0], joined[0]} <= first


def test_what_is_found_by_words_alone_has_no_similarity_in_a_follow_up() -> None:
    by_words = [{"_id": "a", "_score": 0.5, "_source": {}, "matched_queries": {"words": 3.0}}]
    assert [similarity(hit) for hit in fused(by_words, by_words)] == [None]
    both = [{"_id": "a", "_score": 0.5, "_source": {}, "matched_queries": {"words": 3.0, "meaning": 0.6}}]
    assert [similarity(hit) for hit in fused(by_words, both)] == [0.6]
    assert fused([], []) == []


def test_lists_are_left_as_they_are() -> None:
    alone = hits(a=0.9, b=0.7)
    fused(alone, hits(b=0.8))
    assert alone == hits(a=0.9, b=0.7)
