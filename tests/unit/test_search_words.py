"""How many words of a question a query by words has; tests/contract/test_retrieval.py sends them to an engine."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.models import MOST_QUESTION_CHARACTERS
from rag.search.query import nearest
from rag.search.words import MOST_WORDS, last_words
from settings.index import IndexNames
from settings.retrieval import HighlightSettings, Hybrid, Retrieval

# Roughly as the engine's analyzers do it: each ideograph and hiragana is a word, others are runs of characters.
WORD = re.compile(r"[\u3040-\u309f\u4e00-\u9fff]|[^\W\u3040-\u309f\u4e00-\u9fff]+")
LETTERS = st.text(st.sampled_from("ab1 .,-’\n漢字ひら가é"), max_size=200)


@given(LETTERS, st.integers(1, 50))
def test_the_newest_words_stay_and_no_more_than_the_engine_takes(text: str, most: int) -> None:
    rest = last_words(text, most)
    assert text.endswith(rest)
    assert len(WORD.findall(rest)) <= most
    assert last_words(rest, most) == rest


@pytest.mark.parametrize("text", ["", "How fast did Austin grow?", "奥斯汀增长有多快？", "word " * MOST_WORDS])
def test_a_usual_question_stays_whole(text: str) -> None:
    assert last_words(text) == text


@pytest.mark.parametrize("text", ["漢" * MOST_QUESTION_CHARACTERS, "x " * (MOST_QUESTION_CHARACTERS // 2)])
def test_every_query_by_words_is_short_enough_for_the_engine(text: str) -> None:
    index = IndexNames(name="passages", text_field="text", embedding_field="vector")
    body = nearest(text, 3, index, Retrieval(hybrid=Hybrid(), highlight=HighlightSettings()))
    matched = list(_matched(body))
    assert len(matched) == 2
    for words in matched:
        assert len(WORD.findall(words)) <= MOST_WORDS


def _matched(body: Any) -> Any:
    """The texts of all `match` queries."""
    if isinstance(body, dict):
        for name, value in body.items():
            yield from value.values() if name == "match" else _matched(value)
    elif isinstance(body, list):
        for item in body:
            yield from _matched(item)
