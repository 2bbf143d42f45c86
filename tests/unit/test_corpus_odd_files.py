"""Unusual files: each of their texts is read, or the part that contains it is named."""

import io
import zipfile

import pytest

from corpus.document import Document
from tests.unit.office_files import (
    DRAWING,
    OFFICE_RELATIONS,
    SLIDE,
    WORD,
    archive,
    docx,
    paragraph,
    pptx,
    related,
    shape,
    xlsx,
)
from tests.unit.reading import documents, entries, reasons, texts

_SVG = 'xmlns:svg="urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0"'
_DRAW = 'xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0"'
_ODF = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "text", "table")
)
_CHART = 'xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart"'


def word(body: str, parts: dict[str, str | bytes], **kinds: str) -> bytes:
    """A Word document with parts of the given types."""
    return archive(
        {
            "_rels/.rels": related(officeDocument="word/document.xml"),
            "word/_rels/document.xml.rels": related(**kinds),
            "word/document.xml": f"<w:document {WORD}><w:body>{body}</w:body></w:document>",
            **{f"word/{name}": content for name, content in parts.items()},
        }
    )


def test_moved_text_of_a_word_document_is_read_where_it_is_now() -> None:
    body = (
        "<w:p><w:moveFrom><w:r><w:t>gone</w:t></w:r></w:moveFrom><w:moveTo><w:r><w:t>here</w:t></w:r></w:moveTo></w:p>"
    )
    assert texts(docx(body), "moved.docx") == ["here"]


def test_a_picture_of_an_office_file_says_what_it_shows() -> None:
    inline = '<w:p><w:r><w:t>Plan:</w:t><w:drawing><w:docPr id="1" descr="a harbour"/></w:drawing></w:r></w:p>'
    assert [" ".join(text.split()) for text in texts(docx(inline), "plan.docx")] == ["Plan: a harbour"]
    picture = '<p:pic><p:nvPicPr><p:cNvPr id="1" name="x" descr="a harbour"/></p:nvPicPr></p:pic>'
    assert texts(pptx(shape("Plan") + picture), "plan.pptx") == ["Plan\na harbour"]
    frame = "<draw:frame><draw:image/><svg:title>The plan</svg:title><svg:desc>a harbour</svg:desc></draw:frame>"
    content = f"<x {_ODF} {_SVG} {_DRAW}><text:p>Plan</text:p>{frame}</x>"
    assert texts(archive({"content.xml": content}), "plan.odt") == ["Plan\n\nThe plan\n\na harbour"]


def test_charts_and_diagrams_of_a_word_document_are_read() -> None:
    title = f"<c:chart {_CHART} {DRAWING}><a:p><a:r><a:t>Ships a year</a:t></a:r></a:p></c:chart>"
    diagram = f"<d {DRAWING}><a:p><a:r><a:t>Arrive, unload</a:t></a:r></a:p></d>"
    content = word(paragraph("Report"), {"c.xml": title, "d.xml": diagram}, chart="c.xml", diagramData="d.xml")
    (text,) = texts(content, "report.docx")
    assert set(text.splitlines()) - {""} == {"Report", "Ships a year", "Arrive, unload"}


def test_a_file_that_is_inserted_into_a_word_document_is_read_like_a_separate_one() -> None:
    content = word(paragraph("Main"), {"a.html": "<p>Inserted</p>", "b.bin": b"?"}, aFChunk="a.html", aFChunk_2="b.bin")
    assert texts(content, "x.docx") == ["Main", "Inserted"]
    assert reasons(content, "x.docx") == ["x.docx/word/b.bin: is attached, but its format cannot be read"]


def test_a_damaged_part_costs_only_itself() -> None:
    notes = word(paragraph("Main"), {"comments.xml": "<w:broken"}, comments="comments.xml")
    presented = archive(
        {
            "_rels/.rels": related(officeDocument="ppt/presentation.xml"),
            "ppt/_rels/presentation.xml.rels": related(slide_1="slide1.xml", slide_2="slide2.xml"),
            "ppt/presentation.xml": f'<p:x {SLIDE} xmlns:r="{OFFICE_RELATIONS}"><p:sldId r:id="slide_1"/>'
            '<p:sldId r:id="slide_2"/></p:x>',
            "ppt/slide1.xml": "<p:sld",
            "ppt/slide2.xml": f"<p:sld {SLIDE}>{shape('Main')}</p:sld>",
        }
    )
    book = archive(
        {
            "META-INF/container.xml": '<c><rootfile full-path="c.opf"/></c>',
            "c.opf": '<p><item id="a" href="a.xhtml" media-type="application/xhtml+xml"/><item id="b" href="b.xhtml" '
            'media-type="application/xhtml+xml"/><itemref idref="a"/><itemref idref="b"/></p>',
            "a.xhtml": "<p>Main</p>",
        }
    )
    for content, name, part in (
        (notes, "a.docx", "word/comments.xml"),
        (presented, "a.pptx", "ppt/slide1.xml"),
        (book, "a.epub", "b.xhtml"),
    ):
        assert texts(content, name) == ["Main"]
        (reason,) = reasons(content, name)
        assert part in reason


def test_comments_and_boxes_of_an_opendocument_sheet_are_read() -> None:
    cell = (
        '<table:table-cell office:value-type="string"><text:p>Berth</text:p>'
        "<office:annotation><text:p>ask the pilot</text:p></office:annotation></table:table-cell>"
    )
    rows = f"<table:table-row>{cell}</table:table-row>"
    box = (
        "<table:shapes><draw:frame><draw:text-box><text:p>in a box</text:p></draw:text-box></draw:frame></table:shapes>"
    )
    sheet = f'<table:table table:name="Berths">{box}{rows}</table:table>'
    content = archive(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "META-INF/manifest.xml": '<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
            "content.xml": f"<office:document-content {_ODF} {_DRAW}><office:body><office:spreadsheet>{sheet}"
            "</office:spreadsheet></office:body></office:document-content>",
        }
    )
    (text,) = texts(content, "berths.ods")
    assert set(text.split("\n")) - {""} == {"Berth", "ask the pilot", "in a box"}


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("<x-card><template shadowrootmode='open'><p>shadow</p></template></x-card>", "shadow"),
        ("<template><p>not shown</p></template><p>shown</p>", "shown"),
        ("<iframe srcdoc='&lt;p&gt;framed&lt;/p&gt;'></iframe>", "framed"),
        ("<object data='a.swf'><p>instead</p></object>", "instead"),
    ],
)
def test_what_a_browser_shows_is_read(page: str, text: str) -> None:
    assert texts(page, "page.html") == [text]


def test_frames_within_frames_end() -> None:
    page = "innermost"
    for _ in range(6):
        page = f"<p>frame</p><iframe srcdoc='{page.replace('&', '&amp;').replace(chr(39), '&#39;')}'></iframe>"
    assert texts(page, "page.html") == ["\n\n".join(["frame"] * 4)]


def test_a_page_in_utf_8_is_read_as_such_whatever_it_says() -> None:
    said = "<meta charset=iso-8859-1><p>Grüße</p>"
    assert texts(said.encode(), "page.html") == texts(said.encode("latin-1"), "page.html") == ["Grüße"]


@pytest.mark.parametrize(
    ("front", "title"),
    [
        ("title: >-\n  Folded\n  title\ndate: 2020-01-01", "Folded title"),
        ("title: Plain # a note", "Plain"),
        ("""title: 'It''s "here"'""", """It's "here\""""),
        ("seo:\n  title: Wrong\ntitle: Right", "Right"),
        ("title: 2024", "2024"),
        ("title: Rules: the first part", "Rules: the first part"),
        ("title: {{ page.title }}", "{{ page.title }}"),
        ("tags: [a]", "a"),
        (f"title: Long\nnote: {'x' * 70_000}", "Long"),
        ("a: &a [x]\n" + "\n".join(f"b{n}: &b{n} [*a, *a]" for n in range(9)) + "\ntitle: Aliases", "Aliases"),
    ],
)
def test_the_title_of_front_matter_is_the_documents(front: str, title: str) -> None:
    (parsed,) = documents(f"---\n{front}\n---\nText", "a.md")
    assert (parsed["title"], parsed["text"]) == (title, "Text")


def test_the_title_of_front_matter_in_toml_is_the_documents() -> None:
    (parsed,) = documents('+++\ntitle = "With \\"quotes\\""\n+++\nText', "a.md")
    assert (parsed["title"], parsed["text"]) == ('With "quotes"', "Text")


def test_words_between_two_rules_are_text() -> None:
    (text,) = texts("---\nRead this first\n\nand this\n---\nThe end", "a.md")
    assert text.split() == ["Read", "this", "first", "and", "this", "The", "end"]


def test_a_footnote_of_one_word_is_text_and_an_address_is_none() -> None:
    (text,) = texts("See[^1] [here].\n\n[^1]: Ibidem\n\n[here]: https://example.com", "a.md")
    assert text == "See^1 here.\n\n^1: Ibidem"


def test_what_a_message_brings_is_read_or_named() -> None:
    mail = (
        b"From: a@b.example\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n"
        b"--x\r\nContent-Type: text/plain\r\n\r\nMain\r\n--x\r\nContent-Type: text/calendar\r\n\r\nBEGIN:VCALENDAR\r\n"
        b"--x\r\nContent-Type: application/ms-tnef\r\n"
        b'Content-Disposition: attachment; filename="winmail.dat"\r\n\r\n?\r\n--x--\r\n'
    )
    parsed = entries(mail, "a.eml")
    assert sum("Main" in entry.source["text"] for entry in parsed if isinstance(entry, Document)) == 1
    assert any("winmail.dat: is attached" in reason for reason in reasons(mail, "a.eml"))
    assert len(parsed) == 3


def test_a_workbook_with_damaged_comments_keeps_its_cells() -> None:
    packed = io.BytesIO(xlsx({"Berths": [["text", "note"], ["Berth seven", "free"]]}))
    with zipfile.ZipFile(packed, "a") as book:
        sheet = next(name for name in book.namelist() if "sheets/" in name)
        folder, _, last = sheet.rpartition("/")
        book.writestr(f"{folder}/_rels/{last}.rels", related(comments="/xl/comments.xml"))
        book.writestr("xl/comments.xml", "<broken")
    assert texts(packed.getvalue(), "a.xlsx") == ["Berth seven"]
    assert "xl/comments.xml" in reasons(packed.getvalue(), "a.xlsx")[0]
