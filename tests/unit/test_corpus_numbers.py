"""The numbers of lists and headings, which an office file counts and does not have in its text."""

import pytest

from corpus.document import Document, Unreadable
from corpus.formats.numerals import chinese, circled, lettered, repeated, roman
from tests.unit.growth import grows_in_proportion
from tests.unit.office_files import docx, heading_styles, table
from tests.unit.reading import entries, places, texts


def level(at: int, text: str, format: str = "decimal", start: int = 1, more: str = "") -> str:
    return (
        f'<w:lvl w:ilvl="{at}"><w:start w:val="{start}"/><w:numFmt w:val="{format}"/>{more}<w:lvlText w:val="{text}"/>'
        "</w:lvl>"
    )


def kind(id: int, *levels: str) -> str:
    return f'<w:abstractNum w:abstractNumId="{id}">{"".join(levels)}</w:abstractNum>'


def num(id: int, of: int, overrides: str = "") -> str:
    return f'<w:num w:numId="{id}"><w:abstractNumId w:val="{of}"/>{overrides}</w:num>'


def starts(at: int, number: int) -> str:
    return f'<w:lvlOverride w:ilvl="{at}"><w:startOverride w:val="{number}"/></w:lvlOverride>'


def item(text: str, list: int | None = 1, at: int | None = 0, style: str = "", more: str = "") -> str:
    place = "" if at is None else f'<w:ilvl w:val="{at}"/>'
    place += "" if list is None else f'<w:numId w:val="{list}"/>'
    of_style = f'<w:pStyle w:val="{style}"/>' if style else ""
    return f"<w:p><w:pPr>{of_style}<w:numPr>{place}</w:numPr>{more}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"


def read(body: str, numbering: str, styles: str = "") -> list[str]:
    (text,) = texts(docx(body, styles=styles, numbering=numbering), "a.docx")
    return text.split("\n\n")


LEGAL = kind(1, level(0, "%1."), level(1, "%1.%2"), level(2, "(%3)", "lowerLetter")) + num(1, 1) + num(2, 1)
BOX = f"<w:txbxContent>{item('b')}</w:txbxContent>"
BULLETS = kind(1, level(0, "\uf0b7", "bullet"), level(1, "%2)")) + num(1, 1)
LEVELS = [("a", 0), ("b", 1), ("c", 1), ("d", 2), ("e", 0), ("f", 1), ("g", 2)]


@pytest.mark.parametrize(
    ("body", "numbering", "expected"),
    [
        (
            "".join(item(text, 1, at) for text, at in LEVELS),
            LEGAL,
            ["1. a", "1.1 b", "1.2 c", "(a) d", "2. e", "2.1 f", "(a) g"],
        ),
        # Lists of one kind continue each other, unless a list has a first number.
        (item("a") + item("b", 2) + item("c"), LEGAL, ["1. a", "2. b", "3. c"]),
        (
            item("a") + item("b", 2) + item("c", 2) + item("d"),
            kind(1, level(0, "%1.")) + num(1, 1) + num(2, 1, starts(0, 5)),
            ["1. a", "5. b", "6. c", "7. d"],
        ),
        (
            item("a") + item("b", 2),
            kind(1, level(0, "%1.")) + kind(2, level(0, "%1.")) + num(1, 1) + num(2, 2),
            ["1. a", "1. b"],
        ),
        (item("a") + item("b"), kind(1, level(0, "%1)", start=7)) + num(1, 1), ["7) a", "8) b"]),
        # A level of the list itself instead of its kind's.
        (
            item("a") + item("b", 2),
            kind(1, level(0, "%1.")) + num(1, 1) + num(2, 1, f"<w:lvlOverride>{level(0, '§ %1')}</w:lvlOverride>"),
            ["1. a", "§ 2 b"],
        ),
        # Bullets stay without a number, and levels without their outer ones count from the start.
        (item("a") + item("b", 1, 1) + item("c", 1, 1), BULLETS, ["a", "1) b", "2) c"]),
        (item("b", 1, 1), LEGAL, ["1.1 b"]),
        # Level 1 restarts never, or only after level 0.
        (
            item("a") + item("b", 1, 1) + item("c") + item("d", 1, 1),
            kind(1, level(0, "%1."), level(1, "%2)", more='<w:lvlRestart w:val="0"/>')) + num(1, 1),
            ["1. a", "1) b", "2. c", "2) d"],
        ),
        (
            item("a")
            + item("b", 1, 1)
            + item("c", 1, 2)
            + item("d", 1, 1)
            + item("e", 1, 2)
            + item("f")
            + item("g", 1, 2),
            kind(1, level(0, "%1."), level(1, "%2)"), level(2, "%3", "upperLetter", more='<w:lvlRestart w:val="1"/>'))
            + num(1, 1),
            ["1. a", "1) b", "A c", "2) d", "B e", "2. f", "A g"],
        ),
        # Digits of outer levels in other forms, unless the level is "legal".
        (
            item("a") + item("b", 1, 1) + item("c", 1, 2),
            kind(1, level(0, "Article %1", "upperRoman"), level(1, "%1-%2"), level(2, "%1.%2.%3", more="<w:isLgl/>"))
            + num(1, 1),
            ["Article I a", "I-1 b", "1.1.1 c"],
        ),
        (item("a", 1, 0), kind(1, level(0, "第%1条", "chineseCountingThousand", 12)) + num(1, 1), ["第十二条 a"]),
        (item("a", 1, 0), kind(1, level(0, "Note", "none")) + num(1, 1), ["Note a"]),
        # No list, an unknown list, and a list without levels.
        (item("a", 0) + item("b", 9) + item("c", 3), LEGAL + num(3, 9), ["a", "b", "c"]),
        # An empty paragraph is counted, a deleted one is not; what the properties were before does not count.
        (item("a") + item("") + item("c"), LEGAL, ["1. a", "3. c"]),
        (item("a") + item("b", more="<w:rPr><w:del w:id='1'/></w:rPr>") + item("c"), LEGAL, ["1. a", "b", "2. c"]),
        (
            item("a") + item("b", 0, more=f"<w:pPrChange>{item('x')}</w:pPrChange>"),
            LEGAL,
            ["1. a", "b"],
        ),
        # The same file as its format has it twice.
        (
            item("a") + f"<w:p><w:Choice>{BOX}</w:Choice><w:Fallback>{BOX}</w:Fallback></w:p>" + item("c"),
            LEGAL,
            ["1. a", "2. b", "3. c"],
        ),
        (table((item("", 1), item("x", 0)), (item("", 1), item("y", 0))), LEGAL, ["1. | x\n2. | y"]),
    ],
)
def test_the_numbers_of_lists_are_read(body: str, numbering: str, expected: list[str]) -> None:
    assert read(body, numbering) == expected


def test_headings_are_numbered_by_their_styles() -> None:
    linked = "".join(f'<w:pStyle w:val="berschrift{at}"/>' for at in (1,))
    numbering = kind(1, level(0, "%1", more=linked), level(1, "%1.%2", more='<w:pStyle w:val="berschrift2"/>')) + num(
        4, 1
    )
    styles = heading_styles() + "".join(
        f'<w:style w:styleId="{id}"><w:basedOn w:val="{base}"/><w:pPr><w:numPr><w:numId w:val="{list}"/></w:numPr>'
        "</w:pPr></w:style>"
        for id, base, list in (("berschrift1", "", 4), ("berschrift2", "berschrift1", 4), ("Plain", "berschrift1", 0))
    )
    styles += '<w:style w:styleId="Mine"><w:name w:val="My chapter"/><w:basedOn w:val="berschrift2"/></w:style>'

    def heading(text: str, style: str) -> str:
        return f'<w:p><w:pPr><w:pStyle w:val="{style}"/></w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>'

    body = "".join(
        heading(*each)
        for each in (("Fees", "berschrift1"), ("Late", "berschrift2"), ("Body", ""), ("Own", "Mine"), ("No", "Plain"))
    )
    content = docx(body, styles=styles, numbering=numbering)
    assert places(content, "a.docx") == [
        ("1 Fees", {"section": "1 Fees"}),
        ("1.1 Late\n\nBody", {"section": "1 Fees > 1.1 Late"}),
        ("1.2 Own", {"section": "1 Fees > 1.2 Own"}),
        ("No", {"section": "No"}),
    ]


def test_a_list_of_a_style_of_lists_is_numbered() -> None:
    linked = '<w:abstractNum w:abstractNumId="1"><w:numStyleLink w:val="Paragraphs"/></w:abstractNum>'
    numbering = linked + kind(2, level(0, "§ %1")) + num(1, 1) + num(2, 2)
    styles = '<w:style w:styleId="Paragraphs"><w:pPr><w:numPr><w:numId w:val="2"/></w:numPr></w:pPr></w:style>'
    assert read(item("a") + item("b", 2), numbering, styles) == ["§ 1 a", "§ 2 b"]


def test_notes_begin_their_own_lists() -> None:
    content = docx(item("a"), numbering=LEGAL, footnotes=item("b"))
    assert texts(content, "a.docx") == ["1. a\n\n1. b"]


def test_damaged_lists_leave_the_text() -> None:
    content = docx(item("a"), numbering="<w:abstractNum")
    [document, damage] = entries(content, "a.docx")
    assert isinstance(document, Document)
    assert document.source["text"] == "a"
    assert isinstance(damage, Unreadable)
    assert damage.reason.startswith("is damaged in its part word/numbering.xml")


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (1, ("i", "a", "a", "一", "①")),
        (10, ("x", "j", "j", "十", "⑩")),
        (14, ("xiv", "n", "n", "十四", "⑭")),
        (28, ("xxviii", "ab", "bb", "二十八", "28")),
        (105, ("cv", "da", "aaaaa", "一百零五", "105")),
        (1040, ("mxl", "amz", "z" * 40, "一千零四十", "1040")),
        (2300, ("mmccc", "cjl", "l" * 89, "二千三百", "2300")),
    ],
)
def test_numbers_are_written_in_each_form(number: int, expected: tuple[str, ...]) -> None:
    assert tuple(written(number) for written in (roman, lettered, repeated, chinese, circled)) == expected


@pytest.mark.thorough
def test_the_time_to_read_styles_grows_with_their_number() -> None:
    def made(size: int) -> str:
        return "".join(f'<w:style w:styleId="s{at}"><w:basedOn w:val="s{at + 1}"/></w:style>' for at in range(size))

    assert grows_in_proportion(lambda styles: read(item("a"), LEGAL, styles), made, 2_000)
