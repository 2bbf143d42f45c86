"""Evidence: the sentences that support an answer, and no others."""

import io
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.document import Document
from corpus.formats import Reading
from corpus.source import read
from rag.evidence import used
from rag.models import Source
from tests.unit.injections import INJECTIONS
from tests.unit.properties import examples

BOSTON = (
    "These are the residents of Boston. In 2020, 4,309,000 people lived in the Boston metro area, 0.05% more than in "
    "2019. In 2021, 4,309,000 people lived in the Boston metro area. In 2022, 4,318,000 people lived in the Boston "
    "metro area, 0.2% more than in 2021. In 2023, 4,327,000 people lived in the Boston metro area, 0.2% more than in "
    "2022."
)
MIAMI = (
    "In 2022, 6,215,000 people lived in the Miami metro area. In 2023, 6,265,000 people lived in the Miami metro area."
)


def source(text: str, id: str = "a") -> Source:
    return Source(id=id, document=id, text=text, score=0.8)


def marked(answer: str, *texts: str) -> list[list[str]]:
    sources = used(answer, [source(text, str(number)) for number, text in enumerate(texts)])
    return [[source.text[mark.start : mark.end] for mark in source.used] for source in sources]


def test_an_order_counts_half_in_a_document_that_nobody_vouches_for() -> None:
    """The answer repeats each text of the injections word for word; the same sentences are marked for both loaders."""
    for injection in INJECTIONS:
        text = injection.text
        vouched, copied = (source(text).model_copy(update={"trusted": trusted}) for trusted in (True, False))
        ((whole,), (half,)) = used(text, [vouched]), used(text, [copied])
        assert whole.used, text
        assert max(mark.score for mark in whole.used) > 0.9, text
        for before, after in zip(whole.used, half.used, strict=True):
            assert (after.start, after.end) == (before.start, before.end)
            assert after.score == pytest.approx(before.score / 2, abs=0.001)


def test_a_quoted_sentence_is_marked_and_its_neighbours_are_not() -> None:
    answer = "In 2023, 4,327,000 people lived in the Boston metro area, 0.2% more than in 2022. [1]"
    assert marked(answer, BOSTON, MIAMI) == [
        ["In 2023, 4,327,000 people lived in the Boston metro area, 0.2% more than in 2022."],
        [],
    ]


def test_an_answer_in_other_words_is_traced_by_its_figures_and_names() -> None:
    assert marked("The metro area of Boston had 4,327,000 inhabitants in 2023.", BOSTON, MIAMI) == [
        ["In 2023, 4,327,000 people lived in the Boston metro area, 0.2% more than in 2022."],
        [],
    ]


def test_each_sentence_of_the_answer_has_its_own_evidence() -> None:
    answer = "In 2022, 4,318,000 people lived in Boston. In 2023, 6,265,000 people lived in Miami."
    [[boston], [miami]] = marked(answer, BOSTON, MIAMI)
    assert "4,318,000" in boston
    assert "6,265,000" in miami


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "[1]",
        "The passages do not hold the answer.",
        "Bananas ripen in 17 days.",
        "In 1990, 2,500,000 people lived in the Boston metro area.",
    ],
)
def test_what_the_sources_do_not_say_has_no_evidence(answer: str) -> None:
    assert marked(answer, BOSTON, MIAMI) == [[], []]


def test_a_script_without_spaces() -> None:
    assert marked("東京は日本の首都です。", "東京は日本の首都。大阪は商業の町。") == [["東京は日本の首都。"]]


def test_ranges_count_characters_also_behind_an_emoji() -> None:
    assert marked("The lighthouse is red.", "🌊🌊 Waves are high. The lighthouse is red.") == [
        ["The lighthouse is red."]
    ]


MARKDOWN = b"""# Leave

| Years of service | Days of leave | Notice |
| --- | --- | --- |
| up to 2 | 25 | two weeks |
| 3 to 5 | 28 | one month |
| more than 5 | 30 | three months |

Requests go to the office:

- Mondays: Anna Beck
- Tuesdays and Fridays: Carl Dorn
- Holidays: nobody
"""
CSV = b"""Years of service,Days of leave,Notice
up to 2,25,two weeks
3 to 5,28,one month
more than 5,30,three months
"""


def read_text(content: bytes, name: str) -> str:
    [document] = read(io.BytesIO(content), name, Reading("text"))
    assert isinstance(document, Document)
    return str(document.source["text"])


@pytest.mark.parametrize(("content", "name"), [(MARKDOWN, "leave.md"), (CSV, "leave.csv")])
@pytest.mark.parametrize(
    ("answer", "cell"),
    [
        ("With 3 to 5 years of service there are 28 days of leave.", "one month"),
        ("After four years you get 28 days of leave.", "one month"),
        ("30 days", "three months"),
        ("25", "two weeks"),
        ("The notice is three months for more than 5 years.", "three months"),
        ("Two weeks of notice.", "two weeks"),
    ],
)
def test_a_row_of_a_table_is_evidence_for_each_of_its_cells(content: bytes, name: str, answer: str, cell: str) -> None:
    [rows] = marked(answer, read_text(content, name))
    assert len(rows) == 1
    assert cell in rows[0]


@pytest.mark.parametrize(("content", "name"), [(MARKDOWN, "leave.md"), (CSV, "leave.csv")])
@pytest.mark.parametrize(
    "answer",
    ["40 days of leave.", "The notice is 28.5 weeks.", "There is no notice on Sundays.", "It costs 28 euros."],
)
def test_the_names_of_columns_alone_and_other_numbers_are_no_evidence(content: bytes, name: str, answer: str) -> None:
    assert marked(answer, read_text(content, name)) == [[]]


def test_an_item_of_a_list_is_evidence_with_the_line_that_leads_to_the_list() -> None:
    passages = read_text(MARKDOWN, "leave.md")
    [items] = marked("On Tuesdays requests go to Carl Dorn in the office.", passages)
    assert items == ["Requests go to the office:", "Tuesdays and Fridays: Carl Dorn"]
    assert marked("Anna Beck", passages) == [["Mondays: Anna Beck"]]
    plain = "The plan covers the following:\n\n- dental care\n- glasses\n\nIt covers no travel."
    assert marked("The plan covers glasses.", plain) == [["- glasses"]]


text = st.lists(
    st.sampled_from(
        [
            "Boston ",
            "2023 ",
            "4,327,000 ",
            "people. ",
            "lived! ",
            "\n",
            "\n\n",
            " | ",
            "a: b; ",
            "so:\n",
            "東京。",
            "🌊 ",
            "The ",
        ]
    )
).map("".join) | st.text(max_size=80)


@examples(40)
@given(text, st.lists(text, max_size=4))
def test_ranges_are_within_the_text_apart_and_scored(answer: str, texts: list[str]) -> None:
    evidence = used(answer, [source(passage) for passage in texts])
    assert [passage.text for passage in evidence] == texts
    for passage in evidence:
        for mark in passage.used:
            assert 0 <= mark.start < mark.end <= len(passage.text)
            assert passage.text[mark.start : mark.end].strip() == passage.text[mark.start : mark.end]
            assert 0.35 <= mark.score <= 1
        assert all(a.end <= b.start for a, b in pairwise(passage.used))
