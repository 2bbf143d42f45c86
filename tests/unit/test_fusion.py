"""The order by words and meaning that the assistant computes on a collection; a contract test compares the engine's."""

from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.search.fusion import fused, mixed
from rag.search.query import similarity
from settings.calibration import score
from settings.retrieval import Hybrid


def hits(**scores: float) -> list[dict[str, Any]]:
    return [{"_id": id, "_score": score, "_source": {}} for id, score in scores.items()]


@pytest.mark.parametrize(
    ("normalization", "scores"),
    [
        # (9 - 1) / (9 - 1) * 0.25; the last of a list gets 0.001.
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
def test_lists_with_a_single_hit_and_empty_lists_are_mixed(normalization: Literal["min_max", "l2"]) -> None:
    hybrid = Hybrid(normalization=normalization)
    assert mixed([], [], hybrid) == []
    assert [(hit["_id"], hit["_score"]) for hit in mixed(hits(a=3.0), hits(a=0.6), hybrid)] == [("a", pytest.approx(1))]
    assert [(hit["_id"], hit["_score"]) for hit in mixed([], hits(a=0.6), hybrid)] == [("a", pytest.approx(0.5))]


def test_a_follow_up_is_found_by_itself_and_with_what_was_asked_before() -> None:
    alone, joined = hits(a=0.6, b=0.5, c=0.4), hits(d=0.8, b=0.7, e=0.55)
    # (1 / 0.6 - 1) / (1 / 0.8 - 1) = 8 / 3 times as near.
    weight = 1.5 * (8 / 3 - 1.5)
    fused_hits = fused(alone, joined)
    scores = {"b": (1 + weight) / 4, "d": weight / 3, "e": weight / 5, "a": 1 / 3, "c": 1 / 5}
    assert [(hit["_id"], hit["_score"]) for hit in fused_hits] == [
        (id, pytest.approx(scores[id])) for id in sorted(scores, key=lambda id: -scores[id])
    ]
    # The similarity is the larger one of both searches.
    assert {hit["_id"]: similarity(hit) for hit in fused_hits} == {"b": 0.7, "a": 0.6, "d": 0.8, "c": 0.4, "e": 0.55}


COSINES = st.floats(-0.99, 1)
LISTS = st.lists(st.sampled_from("abcdefgh"), min_size=1, unique=True)


def listed(ids: list[str], nearest: float, space: str = "cosinesimil") -> list[dict[str, Any]]:
    """Hits in that order; the first one has the cosine `nearest`."""
    cosines = [nearest - 0.01 * place / len(ids) for place in range(len(ids))]
    return [{"_id": id, "_score": score(cosine, space)} for id, cosine in zip(ids, cosines, strict=True)]


@pytest.mark.parametrize("space", ["cosinesimil", "l2", "innerproduct"])
@given(LISTS, LISTS, st.floats(0.01, 1), COSINES)
def test_a_question_that_is_answered_alone_keeps_its_own_order(
    space: str, alone: list[str], joined: list[str], near: float, other: float
) -> None:
    own = listed(alone, near, space)
    kept = [(hit["_id"], similarity(hit)) for hit in fused(own, listed(joined, min(near, other), space))]
    assert kept == [(hit["_id"], hit["_score"]) for hit in own]


def test_a_passage_that_is_near_only_to_the_question_before_is_not_near_to_another_subject() -> None:
    # (1 / 0.63 - 1) / (1 / 0.71 - 1) = 1.44 times as near: less than 1.5.
    hits_alone = fused(hits(leave=0.63, kitchen=0.6), hits(leave=0.71, office=0.5))
    assert {hit["_id"]: similarity(hit) for hit in hits_alone} == {"leave": 0.63, "kitchen": 0.6}


@pytest.mark.parametrize("space", ["cosinesimil", "l2", "innerproduct"])
@given(LISTS, LISTS, st.floats(0.01, 0.4))
def test_the_best_with_earlier_questions_is_first_when_it_is_much_nearer(
    space: str, alone: list[str], joined: list[str], cosine: float
) -> None:
    ids = [hit["_id"] for hit in fused(listed(alone, cosine, space), listed(joined, 0.95, space))]
    assert ids[0] == joined[0]


@given(LISTS, LISTS, st.floats(0.01, 0.99), st.lists(st.floats(0.01, 0.99), min_size=2))
def test_the_nearer_with_earlier_questions_the_more_its_list_counts(
    alone: list[str], joined: list[str], cosine: float, others: list[float]
) -> None:
    places = []
    for other in sorted(others):
        ids = [hit["_id"] for hit in fused(listed(alone, cosine), listed(joined, other))]
        places.append(ids.index(joined[0]) if joined[0] in ids else len(ids))
    assert places == sorted(places, reverse=True)


def test_inner_products_weigh_as_cosines_do_and_those_of_longer_vectors_not_at_all() -> None:
    def scores(space: str, cosine: float, other: float) -> list[float]:
        return [hit["_score"] for hit in fused(listed(["a", "b"], cosine, space), listed(["c", "d"], other, space))]

    assert scores("innerproduct", 0.4, 0.7) == pytest.approx(scores("cosinesimil", 0.4, 0.7), abs=1e-3)
    # 1 + 40 and 1 + 30: only the ranks count.
    assert scores("innerproduct", 40, 30) == [1 / 3, 1 / 3, 1 / 4, 1 / 4]


def test_the_least_and_the_greatest_scores_of_cosines_also_when_they_are_rounded_up() -> None:
    def order(alone: list[dict[str, Any]], joined: list[dict[str, Any]]) -> str:
        return "".join(hit["_id"] for hit in fused(alone, joined))

    assert order(hits(a=1.0000001, b=0.6), hits(c=0.99, a=0.9)) == "ab"
    assert order(hits(a=0.9, b=0.6), hits(c=1.0000001, a=0.9)) == "cab"
    assert order(hits(a=1.0, b=0.6), hits(c=1.0, a=0.9)) == "ab"
    assert order(hits(a=0.0), hits(b=0.0)) == "a"


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
