"""The numbers of lists and headings, which an office file counts and does not have in its text."""

import io

import pytest

from corpus.document import Document, Unreadable
from corpus.formats.numerals import chinese, circled, lettered, repeated, roman
from corpus.formats.word import rows as word
from tests.unit import office_files as office
from tests.unit.growth import grows_in_proportion
from tests.unit.office_files import docx, heading_styles, table
from tests.unit.reading import TEXT, entries, places, texts


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


ODT_SYNC = 'text:start-value="28" style:num-letter-sync="true"'


def odt_level(at: int, format: str, more: str = "", name: str = "list-level-style-number") -> str:
    return f'<text:{name} text:level="{at}" style:num-format="{format}" {more}/>'


def odt_list(*items: str, of: str = "L", more: str = "") -> str:
    style = f'text:style-name="{of}"' if of else ""
    return f"<text:list {style} {more}>{''.join(items)}</text:list>"


def odt_item(text: str = "", *within: str, more: str = "") -> str:
    said = f"<text:p>{text}</text:p>" if text else ""
    return f"<text:list-item {more}>{said}{''.join(within)}</text:list-item>"


NESTED = (
    '<text:list-style style:name="L">'
    + odt_level(1, "1", 'style:num-suffix="."')
    + odt_level(2, "a", 'style:num-prefix="(" style:num-suffix=")"')
    + odt_level(3, "I", 'style:num-suffix="." text:display-levels="3"')
    + "</text:list-style>"
)
GO_ON = 'text:continue-numbering="true"'


@pytest.mark.parametrize(
    ("body", "styles", "expected"),
    [
        (
            odt_list(
                odt_item("a", odt_list(odt_item("b", odt_list(odt_item("c"), of="")), odt_item("d"), of="")),
                odt_item("e", odt_list(odt_item("f"), of="")),
            ),
            NESTED,
            ["1. a", "(a) b", "1.a.I. c", "(b) d", "2. e", "(a) f"],
        ),
        # Only the first paragraph of an item has its number; a header of a list has none.
        (
            odt_list(
                odt_item("a", "<text:p>more</text:p>"),
                "<text:list-header><text:p>h</text:p></text:list-header>",
                odt_item("b"),
            ),
            NESTED,
            ["1. a", "more", "h", "2. b"],
        ),
        (odt_list(odt_item("a")) + odt_list(odt_item("b")), NESTED, ["1. a", "1. b"]),
        (
            odt_list(odt_item("a")) + "<text:p>x</text:p>" + odt_list(odt_item("b"), more=GO_ON),
            NESTED,
            ["1. a", "x", "2. b"],
        ),
        (
            odt_list(odt_item("a", odt_list(odt_item("b"), of="")))
            + odt_list(odt_item("", odt_list(odt_item("c"), of="")), more=GO_ON),
            NESTED,
            ["1. a", "(a) b", "(b) c"],
        ),
        (
            odt_list(odt_item("a"), more='xml:id="i"')
            + odt_list(odt_item("b"), of="M")
            + odt_list(odt_item("c"), more='text:continue-list="i"'),
            NESTED,
            ["1. a", "b", "2. c"],
        ),
        (
            odt_list(odt_item("a"), odt_item("b", more='text:start-value="7"'), odt_item("c")),
            NESTED,
            ["1. a", "7. b", "8. c"],
        ),
        (
            odt_list(odt_item("a")),
            '<text:list-style style:name="L">'
            + odt_level(1, "", name="list-level-style-bullet")
            + "</text:list-style>",
            ["a"],
        ),
        (
            odt_list(odt_item("a")),
            f'<text:list-style style:name="L">{odt_level(1, "a", ODT_SYNC)}</text:list-style>',
            ["bb a"],
        ),
        # Headings have numbers of their own.
        (
            '<text:h text:outline-level="1">A</text:h><text:h text:outline-level="2">B</text:h>'
            '<text:h text:outline-level="1" text:is-list-header="true">C</text:h>'
            '<text:h text:outline-level="2">D</text:h><text:h text:outline-level="1">E</text:h>'
            '<text:h text:outline-level="2">F</text:h>',
            "<text:outline-style>"
            + odt_level(1, "1", name="outline-level-style")
            + odt_level(2, "1", 'text:display-levels="2"', name="outline-level-style")
            + "</text:outline-style>",
            ["1 A", "1.1 B", "C", "1.2 D", "2 E", "2.1 F"],
        ),
    ],
)
def test_the_numbers_of_opendocument_are_read(body: str, styles: str, expected: list[str]) -> None:
    for content in (
        office.odt(body, styles),
        office.odt(f"<office:automatic-styles>{styles}</office:automatic-styles>{body}"),
    ):
        (text,) = texts(content, "a.odt")
        assert text.split("\n\n") == expected


def slide_item(text: str, type: str = "", level: int = 0, start: int | None = None) -> str:
    begin = "" if start is None else f' startAt="{start}"'
    number = f'<a:buAutoNum type="{type}"{begin}/>' if type else "<a:buChar char='•'/>"
    return f'<a:p><a:pPr lvl="{level}">{number}</a:pPr><a:r><a:t>{text}</a:t></a:r></a:p>'


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (slide_item("a", "arabicPeriod") + slide_item("b", "arabicPeriod"), "1. a\n2. b"),
        (slide_item("a", "alphaLcParenR", start=3) + slide_item("b", "alphaLcParenR", start=3), "c) a\nd) b"),
        (
            slide_item("a", "romanUcParenBoth") + slide_item("b") + slide_item("c", "romanUcParenBoth"),
            "(I) a\nb\n(I) c",
        ),
        (
            slide_item("a", "arabicPlain")
            + slide_item("b", "alphaUcPeriod", 1)
            + slide_item("c", "", 1)
            + slide_item("d", "arabicPlain")
            + slide_item("e", "alphaUcPeriod", 1)
            + slide_item("f", "arabicPlain")
            + slide_item("g", "alphaUcPeriod", 1),
            "1 a\nA. b\nc\n2 d\nA. e\n3 f\nA. g",
        ),
        (
            slide_item("a", "arabicPeriod") + slide_item("", "arabicPeriod") + slide_item("b", "arabicPeriod"),
            "1. a\n2. b",
        ),
        (slide_item("a", "arabicPeriod") + "<a:p><a:r><a:t>b</a:t></a:r></a:p>", "1. a\nb"),
        (slide_item("a", "circleNumDbPlain") + slide_item("b", "ea1ChsPeriod"), "① a\n一. b"),
    ],
)
def test_the_numbers_of_slides_are_read(body: str, expected: str) -> None:
    shape = f"<p:sp><p:txBody>{body}</p:txBody></p:sp>"
    assert texts(office.pptx(shape + shape), "a.pptx") == [f"{expected}\n{expected}"]


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

    def work(styles: str) -> None:
        list(word(io.BytesIO(docx(item("a"), styles=styles, numbering=LEGAL)), "a.docx", TEXT))

    assert grows_in_proportion(work, made, 2_000)
