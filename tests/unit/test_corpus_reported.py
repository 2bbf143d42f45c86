"""Small inputs like those that people have reported for document readers: none of their text is lost."""

import io
import zipfile

import pytest

from corpus.document import Document
from tests.unit.office_files import (
    CORE,
    OFFICE_RELATIONS,
    PACKAGE_RELATIONS,
    SHEET,
    WORD,
    archive,
    docx,
    odt,
    pptx,
    related,
    shape,
)
from tests.unit.pdf_files import pdf
from tests.unit.reading import entries, reasons, texts

Content = str | bytes
MAIL = b"From: a@b.example\r\nMIME-Version: 1.0\r\n"
PAGE = 'media-type="application/xhtml+xml"'
_MATH = 'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'
_STRICT = "http://purl.oclc.org/ooxml"


def run(text: str, properties: str = "") -> str:
    return f"<w:r><w:rPr>{properties}</w:rPr><w:t>{text}</w:t></w:r>"


def mail(body: bytes, kind: str) -> bytes:
    return MAIL + f"Content-Type: {kind}\r\n\r\n".encode() + body


def book(items: str, spine: str, **pages: str) -> bytes:
    return archive(
        {
            "META-INF/container.xml": '<container><rootfiles><rootfile full-path="O/b.opf"/></rootfiles></container>',
            "O/b.opf": f"<package {CORE}><manifest>{items}</manifest><spine>{spine}</spine></package>",
            **{f"O/{name}.xhtml": f"<p>{text}</p>" for name, text in pages.items()},
        }
    )


def word_parts(main: str, document: str, relationships: str = "_rels/.rels", target: str = "") -> bytes:
    return archive({relationships: related(officeDocument=target or main), main: document})


def workbook(*rows: str, more: str = "", properties: str = "", shared: str = "") -> bytes:
    lines = "".join(f'<row r="{number}">{row}</row>' for number, row in enumerate(rows, 1))
    return archive(
        {
            "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
            "_rels/.rels": related(officeDocument="/xl/workbook.xml"),
            "xl/_rels/workbook.xml.rels": related(
                worksheet="worksheets/sheet1.xml", sharedStrings="sharedStrings.xml", styles="styles.xml"
            ),
            "xl/workbook.xml": f'<workbook {SHEET} xmlns:r="{OFFICE_RELATIONS}">{properties}<sheets>'
            '<sheet name="S" sheetId="1" r:id="worksheet"/></sheets></workbook>',
            "xl/sharedStrings.xml": f"<sst {SHEET}>{shared}</sst>",
            "xl/styles.xml": f'<styleSheet {SHEET}><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs>'
            "</styleSheet>",
            "xl/worksheets/sheet1.xml": f"<worksheet {SHEET}><sheetData>{lines}</sheetData>{more}</worksheet>",
        }
    )


def cell(where: str, text: str) -> str:
    return f'<c r="{where}" t="inlineStr"><is><t>{text}</t></is></c>'


DOCUMENT = f"<w:document {WORD}><w:body><w:p>{run('Here')}</w:p></w:body></w:document>"
STRICT_DOCUMENT = DOCUMENT.replace(WORD, f'xmlns:w="{_STRICT}/wordprocessingml/main"')
STRICT_RELATIONS = (
    f'<Relationships xmlns="{PACKAGE_RELATIONS}"><Relationship Id="a" Target="word/document.xml" '
    f'Type="{_STRICT}/officeDocument/relationships/officeDocument"/></Relationships>'
)
RAISED = '<w:vertAlign w:val="superscript"/>'
FRACTION = f"<m:f {_MATH}><m:num><m:r><m:t>a</m:t></m:r></m:num><m:den><m:r><m:t>b</m:t></m:r></m:den></m:f>"
FIELD = (
    '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>HYPERLINK "x"</w:instrText></w:r>'
    f'<w:r><w:fldChar w:fldCharType="separate"/></w:r>{run("linked")}<w:r><w:fldChar w:fldCharType="end"/></w:r>'
)
FALLBACK = (
    '<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">'
    f"<mc:Choice><w:txbxContent><w:p>{run('boxed')}</w:p></w:txbxContent></mc:Choice>"
    f"<mc:Fallback><w:txbxContent><w:p>{run('boxed')}</w:p></w:txbxContent></mc:Fallback></mc:AlternateContent>"
)
MERGED = workbook(
    cell("A1", "text") + cell("B1", "group"),
    cell("A2", "one") + cell("B2", "Cod"),
    cell("A3", "two"),
    more='<mergeCells><mergeCell ref="B2:B3"/></mergeCells>',
)

PAGES: dict[str, tuple[Content, str]] = {
    "text of the body that is in no element": (
        "<body>first<p>two <br>three</p>last</body>",
        "first\n\ntwo\nthree\n\nlast",
    ),
    "a list in a cell": ("<table><tr><td>Mon</td><td><ul><li>10</li><li>8</li></ul></td></tr></table>", "Mon | 10 8"),
    "an item of a list around a span or a paragraph": ("<ul><li><span>a</span></li><li><p>b</p></li></ul>", "a\n\nb"),
    "the lines of code": ("<pre>def f(x):\n    return x\n</pre>", "def f(x):\n    return x"),
    "text behind inline elements in a table": ("<table><tr><td><p>rate <i>r</i>, <b>3</b>/2.</table>", "rate r, 3/2."),
    "elements of another vocabulary": (
        "<p>from <ix:nonfraction name='a'>five to</ix:nonfraction> six</p>",
        "from five to six",
    ),
    "terms and their meanings": ("<dl><dt>Cod</dt><dd>A fish</dd></dl>", "Cod\nA fish"),
    "captions": (
        "<figure><figcaption>Boat</figcaption></figure><table><caption>Tab</caption><td>1</table>",
        "Boat\n\nTab\n1",
    ),
    "an exponent": ("<p>10<sup>6</sup> and 10<sup>-3</sup></p>", "10^6 and 10^-3"),
    "the number of a note": ("<p>of cod<sup>1</sup> and the 1<sup>st</sup></p>", "of cod^1 and the 1st"),
    "a formula with its own source": (
        "<p>So <math><semantics><mi>π</mi><annotation>\\pi</annotation></semantics></math>.</p>",
        "So π.",
    ),
    "a reading beside its characters": ("<ruby>東京<rp>(</rp><rt>とう</rt><rp>)</rp></ruby>", "東京(とう)"),
    "words in elements that touch": (
        "<div><span>Ann</span><div>2020</div><span>Cod</span></div>",
        "Ann\n\n2020\n\nCod",
    ),
    "a soft hyphen": ("<p>Unter&shy;nehmen</p>", "Unternehmen"),
    "an encoding that is named late": (
        b"<head><!--" + b"x" * 2000 + b"--><meta charset=windows-1252></head><p>\x93caf\xe9\x94</p>",
        "“café”",
    ),
    "two documents one after the other": ("<html><p>one</html><html><p>two</html>", "one\n\ntwo"),
    "elements that nothing closes": ("<p>one<div>two<table><tr><td>three", "one\n\ntwo\n\nthree"),
    "what is folded": ("<details><summary>More</summary>inner</details>", "More\ninner"),
}
MARKDOWN: dict[str, tuple[Content, str]] = {
    "text before the first heading": ("Before.\n\n# One\n\ntext", "Before.\n\nOne\n\ntext"),
    "a comment in code": ("```\n# no heading\nls\n```", "# no heading\nls"),
    "footnotes": ("Cod.[^1] Eel.[^a]\n\n[^1]: A fish.\n[^a]: Long.", "Cod.^1 Eel.^a\n\n^1: A fish. ^a: Long."),
    "a footnote in code": ("Use `[^1]`.", "Use [^1]."),
    "an escaped separator of a table": ("| A | B |\n|---|---|\n| 1 \\| 2 | 3 |", "A | B\n1 | 2 | 3"),
    "what is struck out": ("~~old~~ new", "old new"),
    "a component around a paragraph": ("<Tabs>\n\nInside\n\n</Tabs>", "Inside"),
    "a quotation that warns": ("> [!WARNING]\n> Hot", "[!WARNING] Hot"),
    "front matter behind a mark of the order of bytes": ("\ufeff---\ntitle: T\n---\ntext", "text"),
    "a table without a row": ("| only | header |\n|---|---|", "only | header"),
}
TABLES: dict[str, tuple[str, list[str]]] = {
    "a separator in the only column": ("text\ncod, eel\nsun; moon\n", ["cod, eel", "sun; moon"]),
    "a first name in quotes behind a mark": ('\ufeff"text","a,b"\ncod,1\n', ["cod"]),
    "a line end of the Macintosh": ("text,n\rcod,1\reel,2\r", ["cod", "eel"]),
    "inches": ('text\tn\n5" pipe\t1\n', ['5" pipe']),
    "a cell of 200,000 characters": ("text,n\n" + "x " * 100_000 + "end,1\n", ["x " * 100_000 + "end"]),
    "words that mean nothing to pandas": ("text,n\nNA,1\nnull,2\nNone,3\n", ["NA", "null", "None"]),
    "a separator at the end of each row": ("text,n,\ncod,1,\n", ["cod"]),
    "cells that are missing": ("text,n,m\ncod\n", ["cod"]),
}
OFFICE: dict[str, tuple[str, Content, list[str]]] = {
    "no section": ("a.docx", word_parts("word/document.xml", DOCUMENT), ["Here"]),
    "the strict vocabulary": (
        "a.docx",
        archive({"_rels/.rels": STRICT_RELATIONS, "word/document.xml": STRICT_DOCUMENT}),
        ["Here"],
    ),
    "an absolute name of another part": (
        "a.docx",
        word_parts("word/document2.xml", DOCUMENT, target="/word/document2.xml"),
        ["Here"],
    ),
    "folders of Windows": ("a.docx", word_parts("word\\document.xml", DOCUMENT, "_rels\\.rels"), ["Here"]),
    "names in another case": (
        "a.docx",
        word_parts("word/Document.xml", DOCUMENT, target="word/document.xml"),
        ["Here"],
    ),
    "a link that is a field": ("a.docx", docx(f"<w:p>{FIELD}</w:p>"), ["linked"]),
    "a text box that is there twice": ("a.docx", docx(f"<w:p>{FALLBACK}</w:p>"), ["boxed"]),
    "a raised number": (
        "a.docx",
        docx(f"<w:p>{run('10')}{run('6', RAISED)}{run(' and 7')}</w:p>"),
        ["10^6 and 7"],
    ),
    "a fraction": (
        "a.docx",
        docx(f"<w:p>{FRACTION}</w:p>"),
        ["a/b"],
    ),
    "a hyphen that does not break": (
        "a.docx",
        docx(f"<w:p>{run('non')}<w:r><w:noBreakHyphen/></w:r>{run('stop')}</w:p>"),
        ["non-stop"],
    ),
    "a control around a cell": (
        "a.docx",
        docx(
            f"<w:tbl><w:tr><w:sdt><w:sdtContent><w:tc><w:p>{run('cell')}</w:p></w:tc></w:sdtContent></w:sdt></w:tr></w:tbl>"
        ),
        ["cell"],
    ),
    "groups of groups": ("a.pptx", pptx(f"<p:grpSp><p:grpSp>{shape('deep')}</p:grpSp></p:grpSp>"), ["deep"]),
    "a line break in a paragraph of a slide": ("a.pptx", pptx(shape("one_x000B_two")), ["one\ntwo"]),
    "a raised number of a slide": (
        "a.pptx",
        pptx(
            "<p:sp><p:txBody><a:p><a:r><a:t>10</a:t></a:r><a:r><a:rPr baseline='30000'/><a:t>6</a:t></a:r>"
            "<a:r><a:rPr baseline='0'/><a:t> 7</a:t></a:r></a:p></p:txBody></p:sp>"
        ),
        ["10^6 7"],
    ),
    "joined cells": ("a.xlsx", MERGED, ["one", "two"]),
    "a reading beside a cell's characters": (
        "a.xlsx",
        workbook(
            '<c r="A1" t="s"><v>0</v></c>',
            shared="<si><r><t>東</t></r><r><t>京</t></r><rPh sb='0' eb='2'><t>トウ</t></rPh></si>",
        ),
        ["東京"],
    ),
    "cells without their places": (
        "a.xlsx",
        workbook("<c t='inlineStr'><is><t>Cod</t></is></c><c><v>1</v></c>"),
        ["Cod | 1"],
    ),
    "spaces and lines that are elements": ("a.odt", odt("<text:p>a<text:s/>b<text:line-break/>c</text:p>"), ["a b\nc"]),
    "a page of a book in no order": (
        "a.epub",
        book(
            f'<item id="a" href="a.xhtml" {PAGE}/><item id="n" href="n.xhtml" {PAGE}/>'
            f'<item id="toc" properties="nav" href="toc.xhtml" {PAGE}/>',
            '<itemref idref="a"/>',
            a="main",
            n="notes",
            toc="contents",
        ),
        ["main\n\nnotes"],
    ),
    "a book without an order": ("a.epub", book(f'<item id="a" href="a.xhtml" {PAGE}/>', "", a="main"), ["main"]),
    "an encoded name of a page": (
        "a.epub",
        book(f'<item id="a" href="A%26B.xhtml" {PAGE}/>', '<itemref idref="a"/>', **{"A&B": "main"}),
        ["main"],
    ),
    "ligatures and hyphens of a page": ("a.pdf", pdf("of\\256ce infor-) Tj 0 -14 Td (mation"), ["office information"]),
    "bytes before and behind": ("a.pdf", b"junk\r\n" + pdf("Here is a text") + b"\0" * 2000, ["Here is a text"]),
    "a character of a PDF without a meaning": ("a.pdf", pdf("nul\\000char"), ["nulchar"]),
    "characters of several alphabets": (
        "a.rtf",
        rb"{\rtf1\ansi\ansicpg1251 \'cf\'f0 \u8364? \u-10179\u-8704}",
        ["Пр € 😀"],
    ),
    "the text of a link": (
        "a.rtf",
        rb'{\rtf1 {\field{\*\fldinst{HYPERLINK "http://x"}}{\fldrslt Cod}}}',
        ["Cod"],
    ),
    "a message in UTF-8 that does not say so": ("a.eml", MAIL + "\r\nGrüße\r\n".encode(), ["Grüße"]),
    "an encoding that nobody knows": ("a.eml", mail(b"caf\xe9", "text/plain; charset=unknown-8bit"), ["café"]),
    "a damaged character": ("a.eml", mail(b"Gr\xc3\xbc\xffe", "text/plain; charset=utf-8"), ["Grü\ufffde"]),
    "an encoding that only the page names": (
        "a.eml",
        mail(b"<meta charset=iso-8859-1><p>S\xf8n", "text/html"),
        ["Søn"],
    ),
    "lines that flow": ("a.eml", mail(b"one \r\nline\r\ntwo", "text/plain; format=flowed"), ["one line\ntwo"]),
    "parts that nothing ends": (
        "a.eml",
        mail(b"--x\r\nContent-Type: text/plain\r\n\r\nunfinished\r\n", "multipart/mixed; boundary=x"),
        ["unfinished"],
    ),
    "a mark before the headers": ("a.eml", b"\xef\xbb\xbf" + MAIL + b"\r\nmain", ["main"]),
    "a saved page": (
        "a.mht",
        mail(b"--x\r\nContent-Type: text/html\r\n\r\n<p>saved\r\n--x--", "multipart/related; boundary=x"),
        ["saved"],
    ),
}
OFFICE["UTF-16"] = (
    "a.docx",
    archive(
        {
            "_rels/.rels": related(officeDocument="word/document.xml"),
            "word/document.xml": f"<?xml version='1.0' encoding='UTF-16'?>{DOCUMENT}".encode("utf-16"),
        }
    ),
    ["Here"],
)
ALL: dict[str, tuple[str, Content, list[str]]] = {
    **{kind: ("a.html", content, [text]) for kind, (content, text) in PAGES.items()},
    **{kind: ("a.md", content, [text]) for kind, (content, text) in MARKDOWN.items()},
    **{
        kind: ("a.tsv" if "\t" in content else "a.csv", content, expected)
        for kind, (content, expected) in TABLES.items()
    },
    **OFFICE,
}


@pytest.mark.parametrize("kind", ALL)
def test_all_of_it_is_read(kind: str) -> None:
    name, content, expected = ALL[kind]
    said = texts(content, name)
    headers = "From: a@b.example\n\n" if name.endswith((".eml", ".mht")) else ""
    assert said == [f"{headers}{text}" for text in expected]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.csv", "text,n\n", "a.csv: holds no document"),
        ("a.json", "[]", "a.json: holds no document"),
        ("a.jsonl", "\n\n", "a.jsonl: holds no document"),
        ("a.json", "", "a.json:1: not JSON from here on (parse error: premature EOF)"),
        (
            "a.eml",
            mail(b"\x00\x01", "application/octet-stream"),
            "a.eml/attachment 1: is attached, but its format cannot be read",
        ),
    ],
)
def test_what_holds_nothing_that_is_read_is_named_in_one_line(name: str, content: Content, reason: str) -> None:
    assert reasons(content, name) == [reason]


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ('<c r="B1"><f>A1*2</f></c>', ["has a formula without a result, in B1"]),
        ('<c r="B1"><f>A1*2</f><v/></c>', ["has a formula without a result, in B1"]),
        (
            '<c r="B1"><f>A1*2</f><v></v></c><c r="C1"><v>7</v></c><c r="D1"><f>A1</f></c>',
            ["has 2 formulas without results, the first in B1"],
        ),
        ('<c r="B1"><f>A1*2</f><v>2</v></c>', []),
        ('<c r="B1" t="str"><f>""</f><v></v></c>', []),
        ('<c r="B1" t="inlineStr"><is><t>&lt;f&gt;</t></is></c>', []),
    ],
)
def test_formulas_that_nobody_has_calculated_are_named(cells: str, said: list[str]) -> None:
    content = workbook(f'<c r="A1"><v>1</v></c>{cells}')
    advice = "; open the file in a spreadsheet program, and save it"
    assert reasons(content, "a.xlsx") == [f"a.xlsx, sheet S: {sentence}{advice}" for sentence in said]
    assert texts(content, "a.xlsx")[0].startswith("1")


def test_a_formula_is_found_wherever_it_begins_in_the_part() -> None:
    """The part is searched in pieces of 65,536 bytes."""

    def begins_at(padding: int) -> bytes:
        return workbook(f'<c r="A1" t="inlineStr"><is><t>{"a" * padding}</t></is></c><c r="B1"><f>A1</f></c>')

    with zipfile.ZipFile(io.BytesIO(begins_at(0))) as archive:
        first = archive.read("xl/worksheets/sheet1.xml").index(b"<f>")
    for place in range((1 << 16) - 4, (1 << 16) + 2):
        assert len(reasons(begins_at(place - first), "a.xlsx")) == 1, place


def test_a_joined_cell_belongs_to_each_of_its_rows() -> None:
    assert [entry.source["group"] for entry in entries(MERGED, "a.xlsx") if isinstance(entry, Document)] == [
        "Cod",
        "Cod",
    ]
