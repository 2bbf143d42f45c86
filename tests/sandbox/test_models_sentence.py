"""Sentences, names, years and figures of documents."""

import pytest

from sandbox.models.sentence import Sentence, content_words, names, split, years


@pytest.mark.parametrize(
    ("document", "sentences"),
    [
        ("One is here. Two is there! Three?", ["One is here.", "Two is there!", "Three?"]),
        ("One is here.\\nTwo is there.", ["One is here.", "Two is there."]),
        ("no full stop\nnext line", ["no full stop", "next line"]),
        ("Dr. Smith paid 3.50 for it. J. Doe left.", ["Dr. Smith paid 3.50 for it.", "J. Doe left."]),
        ("The file is C:\\new\\names.txt today.", ["The file is C:\\new\\names.txt today."]),
        ("これは本です。あれは猫です。", ["これは本です。", "あれは猫です。"]),
        ("هل هذا كتاب؟ نعم.", ["هل هذا كتاب؟", "نعم."]),
        (" \n\t...\n", []),
    ],
)
def test_split(document: str, sentences: list[str]) -> None:
    assert [piece.text for piece in split(document, 1)] == sentences


@pytest.mark.parametrize(
    ("text", "figure"),
    [
        ("The population in 2023 is 18,937,000, a 0.37% increase from 2022.", (2023, 18_937_000.0)),
        ("In 2021 it grew by 5% to 7,100 people.", (2021, 7_100.0)),
        ("In 2021 it grew by 5 % to 7.25 million.", (2021, 7.25)),
        ("From 1950 to 2023, with projections to 2035.", None),
        ("It has 7,100 people.", None),
    ],
)
def test_figure(text: str, figure: tuple[int, float] | None) -> None:
    assert Sentence(text, 1).figure == figure


def test_years_are_no_parts_of_numbers() -> None:
    assert years("2,021 and 20.21 and 2021% and 12021, but 2023 and 1999.") == [1999, 2023]


def test_names() -> None:
    assert names("What is the Bank of England, and where are New York City's parks?") == [
        "Bank of England",
        "New York City",
    ]


def test_words_lose_their_endings_and_common_ones_go() -> None:
    assert content_words("What are the refunds' rules for the Shop's boss?") == {"refund", "rule", "shop", "boss"}


def test_mentions_whole_words_only() -> None:
    assert Sentence("Flights leave from york.", 1).mentions("York")
    assert not Sentence("Yorkshire is north.", 1).mentions("York")
