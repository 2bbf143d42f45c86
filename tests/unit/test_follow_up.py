"""Which second questions are follow-ups: a table of cases, with vectors made by hand."""

import math
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.search.follow_up import embedded_text, merged
from rag.search.fusion import fused, nearest_similarity
from rag.search.query import similarity
from settings.calibration import MINILM, FollowUpLimit, score

LIMIT = MINILM.follow_up
LEAST = score(MINILM.least, "cosinesimil")
TEXTS = ["Why?", "How many days of leave are there?\nWhy?"]
COSINES = st.floats(-1, 1)


def hits(**cosines: float) -> list[dict[str, Any]]:
    return [
        {"_id": id, "_score": score(cosine, "cosinesimil"), "_source": {"title": id.upper(), "text": f"About {id}."}}
        for id, cosine in cosines.items()
    ]


class Model:
    """Gives the question and the other two texts vectors with these cosines to each other; `away`, it gives none."""

    def __init__(self, to_passage: float = 0.0, to_joined: float = 0.0, *, away: bool = False) -> None:
        self.compared = list[Sequence[str]]()
        self._cosines, self._away = (to_joined, to_passage), away

    def embed(self, texts: Sequence[str]) -> list[list[float]] | None:
        self.compared.append(texts)
        others = [[cosine, math.sqrt(1 - cosine * cosine)] for cosine in self._cosines]
        return None if self._away else [[1.0, 0.0], *others]


def ids(found_hits: Sequence[dict[str, Any]]) -> list[str]:
    return [hit["_id"] for hit in found_hits]


@pytest.mark.parametrize(
    ("to_passage", "to_joined", "follows"),
    [
        # Measured: `Why?` after a question about onions.
        (0.05, 0.15, True),
        # `Which part do I need for it?` after one about a coffee machine.
        (0.27, 0.59, True),
        # `Who wrote The Count of Monte Cristo?` after one about hedgehogs.
        (0.05, 0.61, False),
        (0.17, 0.61, False),
    ],
)
def test_a_question_follows_if_the_passage_is_nearer_to_it_than_its_part_in_the_joined_text_explains(
    to_passage: float, to_joined: float, follows: bool
) -> None:
    alone, joined = hits(kitchen=0.2, office=0.1), hits(onion=0.6, kitchen=0.3)
    model = Model(to_passage, to_joined)
    mixed = merged(TEXTS, [alone, joined], LEAST, LIMIT, "text", model.embed)
    assert model.compared == [[*TEXTS, "ONION About onion."]]
    if follows:
        assert ids(mixed) == ids(fused(alone, joined))
        assert nearest_similarity(mixed) == score(0.6, "cosinesimil")
    else:
        assert [(hit["_id"], similarity(hit)) for hit in mixed] == [(hit["_id"], hit["_score"]) for hit in alone]


def test_a_follow_up_is_answered_even_if_it_is_hardly_nearer_to_the_passage_than_to_another() -> None:
    alone, joined = hits(kitchen=0.35), hits(onion=0.4)
    assert "onion" not in ids(fused(alone, joined))
    mixed = merged(TEXTS, [alone, joined], LEAST, LIMIT, "text", Model(0.3, 0.5).embed)
    assert {hit["_id"]: similarity(hit) for hit in mixed} == {hit["_id"]: hit["_score"] for hit in [*alone, *joined]}


@pytest.mark.parametrize(
    ("alone", "joined", "least", "limit"),
    [
        (0.4, 0.6, LEAST, LIMIT),
        (0.2, 0.3, LEAST, LIMIT),
        (0.2, 0.6, 0.0, LIMIT),
        (0.2, 0.6, LEAST, None),
    ],
    ids=["answered alone", "not answered at all", "no least similarity", "an unmeasured model"],
)
def test_no_texts_are_compared_if_nothing_depends_on_it(
    alone: float, joined: float, least: float, limit: FollowUpLimit | None
) -> None:
    lists, model = [hits(kitchen=alone), hits(onion=joined)], Model()
    assert merged(TEXTS, lists, least, limit, "text", model.embed) == fused(*lists)
    assert model.compared == []


def test_a_question_without_others_before_it_is_not_compared() -> None:
    model = Model()
    assert merged(TEXTS[:1], [hits(kitchen=0.2)], LEAST, LIMIT, "text", model.embed) == hits(kitchen=0.2)
    assert model.compared == []


def test_a_model_that_does_not_answer_leaves_both_lists() -> None:
    lists = [hits(kitchen=0.2), hits(onion=0.6)]
    assert merged(TEXTS, lists, LEAST, LIMIT, "text", Model(away=True).embed) == fused(*lists)


@pytest.mark.parametrize(
    "vectors", [[], [[1.0]], [[1.0], [1.0, 0.0], [1.0]], [["a"], [1.0], [1.0]], [None, [1.0], [1.0]]]
)
def test_vectors_in_an_unexpected_form_leave_both_lists(vectors: Any) -> None:
    lists = [hits(kitchen=0.2), hits(onion=0.6)]
    assert merged(TEXTS, lists, LEAST, LIMIT, "text", lambda _: vectors) == fused(*lists)


def test_what_was_found_by_words_alone_is_compared_by_the_nearest_passage() -> None:
    by_words = [{"_id": "a", "_score": 9.0, "_source": {"text": "A."}, "matched_queries": {"words": 3.0}}]
    model = Model(0.0, 0.6)
    mixed = merged(TEXTS, [by_words, [*by_words, *hits(onion=0.6)]], LEAST, LIMIT, "text", model.embed)
    assert model.compared == [[*TEXTS, "ONION About onion."]]
    assert [similarity(hit) for hit in mixed] == [None]


@given(COSINES, COSINES, COSINES, COSINES)
def test_a_question_that_is_refused_alone_is_answered_only_as_a_follow_up(
    alone: float, joined: float, to_passage: float, to_joined: float
) -> None:
    lists = [hits(kitchen=alone), hits(onion=joined)]
    mixed = merged(TEXTS, lists, LEAST, LIMIT, "text", Model(to_passage, to_joined).embed)
    near = (nearest_similarity(mixed) or 0.0) >= LEAST
    if lists[0][0]["_score"] >= LEAST:
        assert near
    else:
        follows = LIMIT.holds(to_passage, to_joined)
        assert near == (follows and lists[1][0]["_score"] >= LEAST) or math.isclose(
            to_passage, LIMIT.share * to_joined - LIMIT.margin, abs_tol=1e-6
        )


@pytest.mark.parametrize(
    ("source", "text"),
    [({"title": "Leave", "text": "30 days."}, "Leave 30 days."), ({"text": "Days."}, "Days."), ({}, "")],
)
def test_a_passage_is_compared_as_it_was_embedded(source: dict[str, str], text: str) -> None:
    assert embedded_text(source, "text") == text
