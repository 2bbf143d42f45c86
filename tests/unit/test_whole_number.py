"""Whole numbers in files: a text that is none is passed over, and the file is read."""

from collections.abc import Callable

import pytest

from corpus.formats.whole_number import whole_number
from tests.unit import office_files as office
from tests.unit.office_files import docx, heading_styles
from tests.unit.reading import texts

# `str.isdigit` holds for `²`, which `int` refuses, as it refuses two signs and very many digits.
NO_NUMBERS = ("²", "--3", "-", "", "x", "1.5", "9" * 5_000)
_ODF = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "text", "table")
)


@pytest.mark.parametrize(("text", "expected"), [("0", 0), ("007", 7), ("٣", 3), ("9" * 9, 999_999_999), (None, 5)])
def test_digits_are_a_number(text: str | None, expected: int) -> None:
    assert whole_number(text, 5) == expected


@pytest.mark.parametrize("text", NO_NUMBERS)
def test_other_texts_are_the_default(text: str) -> None:
    assert whole_number(text, 5) == 5


def _table_of_word(number: str) -> bytes:
    cell = f'<w:tc><w:tcPr><w:gridSpan w:val="{number}"/></w:tcPr><w:p><w:r><w:t>One</w:t></w:r></w:p></w:tc>'
    return docx(f"<w:tbl><w:tr>{cell}</w:tr></w:tbl>")


def _word(number: str) -> bytes:
    places = f'<w:outlineLvl w:val="{number}"/><w:numPr><w:ilvl w:val="{number}"/><w:numId w:val="1"/></w:numPr>'
    return docx(f"<w:p><w:pPr>{places}</w:pPr><w:r><w:t>One</w:t></w:r></w:p>", styles=heading_styles())


def _styles_of_word(number: str) -> bytes:
    style = f'<w:style w:styleId="s"><w:outlineLvl w:val="{number}"/><w:ilvl w:val="{number}"/></w:style>'
    return docx('<w:p><w:pPr><w:pStyle w:val="s"/></w:pPr><w:r><w:t>One</w:t></w:r></w:p>', styles=style)


def _slides(number: str) -> bytes:
    list = f'<a:pPr lvl="{number}"><a:buAutoNum startAt="{number}" type="none"/></a:pPr>'
    return office.pptx(f"<p:sp><p:txBody><a:p>{list}<a:r><a:t>One</a:t></a:r></a:p></p:txBody></p:sp>")


def _opendocument(number: str) -> bytes:
    return office.archive({"content.xml": f'<x {_ODF}><text:h text:outline-level="{number}">One</text:h></x>'})


def _page(number: str) -> bytes:
    return f'<ol start="{number}"><li value="{number}">One</ol><table><td colspan="{number}">'.encode()


@pytest.mark.parametrize("number", NO_NUMBERS)
@pytest.mark.parametrize(
    ("make", "name"),
    [
        (_table_of_word, "a.docx"),
        (_word, "a.docx"),
        (_styles_of_word, "a.docx"),
        (_slides, "a.pptx"),
        (_opendocument, "a.odt"),
        (_page, "a.html"),
    ],
)
def test_a_file_with_a_wrong_number_is_read(make: Callable[[str], bytes], name: str, number: str) -> None:
    [text] = texts(make(number), name)
    assert text.endswith("One")


@pytest.mark.parametrize("code", ["F0zz", "FFFFFFFFF", "-1", "D800", "dfff", "1_0"])
def test_a_symbol_without_a_valid_code_is_left_out(code: str) -> None:
    body = f'<w:p><w:r><w:t>One</w:t><w:sym w:font="Symbol" w:char="{code}"/></w:r></w:p>'
    assert texts(docx(body), "a.docx") == ["One"]


@pytest.mark.parametrize(("code", "shown"), [("F0B0", "°"), ("00b0", "°"), ("D7", "⋅"), ("D8", "¬"), ("41", "Α")])
def test_a_symbol_has_the_character_of_its_font(code: str, shown: str) -> None:
    body = f'<w:p><w:r><w:t>One</w:t><w:sym w:font="Symbol" w:char="{code}"/></w:r></w:p>'
    assert texts(docx(body), "a.docx") == [f"One{shown}"]
