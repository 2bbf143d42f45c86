"""Office files, books and messages: all of their text, and its place in the file."""

import io
import zipfile
from email.message import EmailMessage

import pytest

from corpus.document import Unreadable
from corpus.formats import Reading
from tests.unit import office_files as office
from tests.unit.office_files import docx, epub, odt, paragraph, pptx, shape, table, xlsx
from tests.unit.pdf_files import pdf
from tests.unit.reading import documents, entries, places, reasons, texts

BOX = f"<w:txbxContent>{paragraph('Boxed')}</w:txbxContent>"
CELLS = table((paragraph("a"), paragraph("b")), (paragraph("1") + paragraph("2"), paragraph("3")))


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (paragraph("One") + paragraph("Two"), "One\n\nTwo"),
        ("<w:p><w:r><w:t>a</w:t><w:tab/><w:t>b</w:t><w:br/><w:t>c</w:t></w:r></w:p>", "a\tb\nc"),
        ("<w:p><w:ins><w:r><w:t>a</w:t></w:r></w:ins><w:del><w:r><w:delText>b</w:delText></w:r></w:del></w:p>", "a"),
        (f"<w:sdt><w:sdtContent>{paragraph('Control')}</w:sdtContent></w:sdt>", "Control"),
        ("<w:p><w:fldSimple><w:r><w:t>a</w:t></w:r></w:fldSimple><w:r><w:instrText>B</w:instrText></w:r></w:p>", "a"),
        ("<w:p><w:hyperlink><w:r><w:t>Link</w:t></w:r></w:hyperlink></w:p>", "Link"),
        (f"<w:p><w:Choice>{BOX}</w:Choice><w:Fallback>{BOX}</w:Fallback><w:t>Around</w:t></w:p>", "Boxed\n\nAround"),
        (paragraph("One") + CELLS + paragraph("Two"), "One\n\na | b\n1 2 | 3\n\nTwo"),
        (table((paragraph("a") + table((paragraph("in"), paragraph("side"))), paragraph("b"))), "a in | side | b"),
    ],
)  # fmt: skip
def test_all_of_a_word_document_is_read(body: str, text: str) -> None:
    assert texts(docx(body), "a.docx") == [text]


def test_what_stands_beside_the_text_of_a_word_document_is_read() -> None:
    beside = {kind: paragraph(kind) for kind in ("footnotes", "endnotes", "comments", "header", "footer")}
    (text,) = texts(docx(paragraph("Body"), **beside), "a.docx")
    assert text.split("\n\n") == ["Body", *beside]


def test_a_word_document_has_a_title_and_sections() -> None:
    body = paragraph("Rules", "berschrift1") + paragraph("One") + paragraph("Fees", "berschrift2") + paragraph("Two")
    content = docx(body, "Handbook", office.heading_styles())
    assert documents(content, "a.docx")[0]["title"] == "Handbook"
    assert documents(docx(body, "", office.heading_styles()), "a.docx")[0]["title"] == "Rules"
    assert places(content, "a.docx") == [
        ("Rules\n\nOne", {"section": "Rules"}),
        ("Fees\n\nTwo", {"section": "Rules > Fees"}),
    ]


def test_slides_are_read_in_the_order_in_which_they_are_shown() -> None:
    cells = "<a:tc><a:p><a:r><a:t>a</a:t></a:r></a:p></a:tc><a:tc><a:p><a:r><a:t>b</a:t></a:r></a:p></a:tc>"
    group = f"<p:grpSp>{shape('Grouped')}</p:grpSp>"
    second = shape("Second", "title") + shape("7", "sldNum") + group + f"<a:tbl><a:tr>{cells}</a:tr></a:tbl>"
    content = pptx(second, shape("First", "ctrTitle") + shape("Body"), notes=shape("Noted", "body"))
    assert places(content, "a.pptx") == [
        ("First\nBody", {"slide": 1, "section": "First"}),
        ("Second\nGrouped\n\na | b\nNoted", {"slide": 2, "section": "Second"}),
    ]
    assert documents(content, "a.pptx")[0]["title"] == "First"


def test_a_sheet_is_read_as_a_table_is() -> None:
    content = xlsx({"Fees": [["City", "Fee"], ["Oslo", 12.5], ["", ""], ["Turin", 3]], "Notes": [["Only this"]]})
    assert places(content, "a.xlsx") == [
        ("City: Oslo; Fee: 12.5\nCity: Turin; Fee: 3", {"sheet": "Fees"}),
        ("Only this", {"sheet": "Notes"}),
    ]
    rows = xlsx({"A": [["id", "text", "year"], ["1", "One", 2023]], "B": [["No", "table"], [1, 2]]})
    first, second = documents(rows, "b.xlsx")
    assert first == {"id": "1", "text": "One", "year": 2023, "sheet": "A"}
    assert (second["id"], second["text"]) == ("b.xlsx", "No: 1; table: 2")
    assert documents(rows, "b.xlsx", Reading("text", columns=("No", "table")))[0]["text"] == "No: 1\ntable: 2"


def test_all_of_an_opendocument_is_read() -> None:
    body = (
        '<text:h text:outline-level="1">Rules</text:h><text:p>One<text:s/><text:span>two</text:span><text:tab/>x'
        "<text:note><text:note-body><text:p>Noted</text:p></text:note-body></text:note></text:p>"
        "<text:list><text:list-item><text:p>Item</text:p></text:list-item></text:list>"
        "<table:table><table:table-row><table:table-cell><text:p>a</text:p></table:table-cell>"
        "<table:table-cell><text:p>b</text:p></table:table-cell></table:table-row></table:table>"
        "<text:tracked-changes><text:p>Deleted</text:p></text:tracked-changes>"
    )
    content = odt(body, "<style:header><text:p>Head</text:p></style:header><style:s><text:p>No</text:p></style:s>")
    assert places(content, "a.odt") == [
        ("Rules\n\nNoted\n\nOne two\tx\n\nItem\n\na | b", {"section": "Rules"}),
        ("Head", {}),
    ]
    slides = odt("<draw:page><text:p>One</text:p></draw:page><draw:page><text:p>Two</text:p></draw:page>")
    assert places(slides, "a.odp") == [("One", {"slide": 1}), ("Two", {"slide": 2})]


def test_a_book_is_read_in_its_order() -> None:
    content = epub("A Book", two="<h1>Second</h1><p>x</p>", one="<h1>First</h1>")
    assert places(content, "a.epub") == [("First", {"section": "First"}), ("Second\n\nx", {"section": "Second"})]
    assert documents(content, "a.epub")[0]["title"] == "A Book"


def test_rich_text_is_read_with_what_stands_beside_it() -> None:
    content = (
        r"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial;}}{\info{\title Rules}}{\header Head\par}"
        r"Caf\'e9 \b bold\b0\u8364?{\footnote Noted}\par\trowd a\cell b\cell\row}"
    )
    (parsed,) = documents(content, "a.rtf")
    assert parsed["title"] == "Rules"
    assert [word for word in ("Head", "Café bold€", "Noted", "a | b") if word not in parsed["text"]] == []


def test_comments_and_shapes_of_rich_text_are_read() -> None:
    shape = r"{\shp{\*\shpinst\shpleft1{\sp{\sn fFilled}{\sv 1}}{\shptxt In a shape\par}}}"
    comment = r"{\*\atnid AB}{\*\atnauthor Ada}{\*\annotation{\*\atnref 1}\pard A comment}"
    (text,) = texts(r"{\rtf1\ansi Before " + shape + comment + r" after\par}", "a.rtf")
    assert text.split() == ["Before", "In", "a", "shape", "A", "comment", "after"]


def message(html: bool = False) -> EmailMessage:
    email_message = EmailMessage()
    email_message["Subject"], email_message["From"], email_message["To"] = "Größe", "ada@example.com", "bob@example.com"
    if html:
        email_message.set_content("Plain.")
        email_message.add_alternative("<table><tr><td>a</td><td>b</td></tr></table>", subtype="html")
    else:
        email_message.set_content("Hello Bob.")
    return email_message


def test_a_message_says_who_wrote_it() -> None:
    (document,) = documents(message().as_bytes(), "a.eml")
    assert (document["id"], document["title"]) == ("a.eml", "Größe")
    assert document["text"] == "Subject: Größe\nFrom: ada@example.com\nTo: bob@example.com\n\nHello Bob."
    assert "a | b" in texts(message(html=True).as_bytes(), "a.eml")[0]


def test_what_is_attached_is_read_or_named() -> None:
    outer, inner = message(), message()
    outer.add_attachment(pdf("Attached."), maintype="application", subtype="pdf", filename="x.pdf")
    outer.add_attachment("id,text\n1,Row\n", subtype="csv", filename="x.csv")
    outer.add_attachment(b"?", maintype="application", subtype="zip", filename="x.zip")
    outer.add_attachment(inner)
    items = entries(outer.as_bytes(), "a.eml")
    assert [(document.where, isinstance(document, Unreadable)) for document in items] == [
        ("a.eml", False),
        ("a.eml/x.pdf", False),
        ("a.eml/x.csv:2", False),
        ("a.eml/x.zip", True),
        ("a.eml/attachment 4.eml", False),
    ]


@pytest.mark.parametrize("name", ["a.docx", "a.pptx", "a.xlsx", "a.odt", "a.epub", "a.ods"])
@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"no archive", "is damaged"),
        (b"\xd0\xcf\x11\xe0 an older container", "encrypted, or has a format from before 2007"),
        (office.archive({"x": "y"}), ""),
        (docx(paragraph("One"))[:-40], "is damaged"),
    ],
    ids=["no archive", "older", "another archive", "cut off"],
)
def test_what_is_no_office_file_is_named(name: str, content: bytes, reason: str) -> None:
    (said,) = reasons(content, name)
    if not (reason.startswith("encrypted") and name in ("a.xlsx", "a.ods")):
        assert reason in said


def test_an_encrypted_opendocument_is_named() -> None:
    content = office.archive({"content.xml": b"\x00", "META-INF/manifest.xml": "<m><encryption-data/></m>"})
    assert reasons(content, "a.odt") == ["a.odt: is encrypted; save it without a password"]


def test_what_a_workbook_has_beside_its_cells_is_read() -> None:
    drawing = "http://schemas.openxmlformats.org/drawingml/2006/main"
    parts = {
        "xl/worksheets/_rels/sheet1.xml.rels": office.related(comments="../comments1.xml", drawing="../d/drawing1.xml"),
        "xl/comments1.xml": "<c><comment><text><r><t>A </t></r><r><t>comment</t></r></text></comment></c>",
        "xl/d/_rels/drawing1.xml.rels": office.related(chart="chart1.xml"),
        "xl/d/drawing1.xml": f'<d xmlns:a="{drawing}"><a:p><a:r><a:t>In a box</a:t></a:r></a:p></d>',
        "xl/d/chart1.xml": f'<c xmlns:a="{drawing}"><a:p><a:r><a:t>A chart</a:t></a:r></a:p><pt><v>7</v></pt></c>',
    }
    content = with_parts(office.xlsx({"First": [["name", "v"], ["x", 1]], "Second": [["name", "v"], ["y", 2]]}), parts)
    assert places(content, "a.xlsx") == [
        ("A comment\nIn a box\nA chart\nname: x; v: 1", {"sheet": "First"}),
        ("name: y; v: 2", {"sheet": "Second"}),
    ]


def with_parts(content: bytes, parts: dict[str, str]) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as before:
        return office.archive({**{name: before.read(name) for name in before.namelist()}, **parts})


def test_a_message_of_several_parts_is_read_in_their_order() -> None:
    def part(kind: str, text: str) -> str:
        return f"--X\r\nContent-Type: {kind}\r\n\r\n{text}\r\n"

    alternatives = "--X\r\nContent-Type: multipart/alternative; boundary=Y\r\n\r\n" + (
        part("text/plain", "Three").replace("X", "Y")
        + part("text/html", "<b>Three</b>").replace("X", "Y")
        + "--Y--\r\n"
    )
    head = "From: a@b\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=X\r\n\r\n"
    parts = part("text/plain", "One") + part("text/plain", "Two") + alternatives + part("text/html", "<p>Four</p>")
    assert texts(head + parts + "--X--\r\n", "a.eml") == ["From: a@b\n\nOne\n\nTwo\n\nThree\n\nFour"]


def in_sheet(margins: str) -> bytes:
    sheet = f"<worksheet {office.SHEET}><sheetData/><headerFooter>{margins}</headerFooter></worksheet>"
    return with_parts(office.xlsx({"S": []}), {"xl/worksheets/sheet1.xml": sheet})


def of_pages(margins: str) -> bytes:
    page = f'<style:master-page style:name="Default">{margins}</style:master-page>'
    other = (
        '<style:master-page style:name="Report"><style:header><text:p>Other</text:p></style:header></style:master-page>'
    )
    body = (
        '<office:automatic-styles><style:style style:name="ta1" style:master-page-name="Default"/>'
        "</office:automatic-styles>"
        '<office:body><office:spreadsheet><table:table table:name="S" table:style-name="ta1"/></office:spreadsheet>'
        "</office:body>"
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    return with_parts(office.odt(body, page + other), {"mimetype": kind, "META-INF/manifest.xml": "<manifest/>"})


def test_titles_of_charts_in_a_sheet_of_opendocument_are_read() -> None:
    chart = "<c:c xmlns:c='urn:c' xmlns:text='urn:t'><c:title><text:p>Sales</text:p></c:title><text:p>7</text:p></c:c>"
    frame = '<draw:frame><draw:object href="./Object 1"/></draw:frame>'
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    body = f'<office:body><office:spreadsheet><table:table table:name="S"><table:shapes>{frame}</table:shapes>'
    content = with_parts(
        office.odt(f"{body}</table:table></office:spreadsheet></office:body>"),
        {"mimetype": kind, "META-INF/manifest.xml": "<manifest/>", "Object 1/content.xml": chart},
    )
    assert places(content, "a.ods") == [("Sales", {"sheet": "S"})]


def said_in(content: bytes, name: str) -> str:
    [entry] = entries(content, name)
    if isinstance(entry, Unreadable):
        assert entry.reason == "holds no text"
        return ""
    return " ".join(str(entry.source["text"]).split())


@pytest.mark.parametrize(
    ("margins", "expected"),
    [
        ("<oddHeader>&amp;LAcme&amp;CFees&amp;R2024</oddHeader><oddFooter>Draft</oddFooter>", "Acme Fees 2024 Draft"),
        (
            '<oddHeader>&amp;C&amp;"Arial,Bold"&amp;12&amp;KFF0000Acme &amp;&amp; Co&amp;B now</oddHeader>',
            "Acme & Co now",
        ),
        ("<oddHeader>&amp;L&amp;K01+049Acme</oddHeader><firstHeader>&amp;LAcme</firstHeader>", "Acme"),
        ("<oddHeader>&amp;A</oddHeader><oddFooter>&amp;CPage &amp;P of &amp;N</oddFooter>", ""),
        ("<oddFooter>&amp;L&amp;F&amp;R&amp;D &amp;T</oddFooter>", ""),
        ("<oddFooter>Secret - page &amp;P&#10;Line</oddFooter>", "Secret - page Line"),
    ],
)
def test_headers_and_footers_of_a_sheet_are_read_once(margins: str, expected: str) -> None:
    assert said_in(in_sheet(margins), "a.xlsx") == expected


@pytest.mark.parametrize(
    ("margins", "expected"),
    [
        (
            "<style:header><text:p>Acme</text:p></style:header><style:footer><text:p>Draft</text:p></style:footer>",
            "Acme Draft",
        ),
        (
            "<style:header><style:region-left><text:p>Left</text:p></style:region-left><text:p>"
            "<text:sheet-name>?</text:sheet-name></text:p></style:header>"
            "<style:footer><text:p>Page <text:page-number>1</text:page-number></text:p></style:footer>",
            "Left",
        ),
        ('<style:header-left style:display="false"><text:p>Hidden</text:p></style:header-left>', ""),
    ],
)  # fmt: skip
def test_headers_and_footers_of_a_sheet_of_opendocument_are_read(margins: str, expected: str) -> None:
    assert said_in(of_pages(margins), "a.ods") == expected
