"""Pictures and scanned pages: recognised text becomes the text of its page; an unreadable page is named."""

import io
import struct
import zlib
from collections.abc import Callable, Sequence

import pytest
from PIL import Image

from corpus.document import Document, Unreadable
from corpus.endings import PICTURES, readable
from corpus.formats import Reading
from corpus.recognition import Recognized, Unrecognized
from tests.unit.pdf_files import pdf
from tests.unit.reading import entries, reasons
from tests.unit.scanned_files import page, saved

LEAVE = "Annual leave has thirty working days a year.\nRequests are made with form HR-17."


def scripted(*texts: str) -> tuple[list[tuple[int, int]], Callable[[Sequence[bytes]], list[Recognized]]]:
    """A recognition that returns these texts in turn, and the sizes of the pictures that it received."""
    given: list[tuple[int, int]] = []

    def recognize(pictures: Sequence[bytes]) -> list[Recognized]:
        said = []
        for picture in pictures:
            given.append(Image.open(io.BytesIO(picture)).size)
            text = texts[len(given) - 1]
            said.append(Recognized(reason=text) if text.startswith("is ") else Recognized(text.splitlines()))
        return said

    return given, recognize


def read(content: bytes, name: str, *texts: str) -> list[Document | Unreadable]:
    return entries(content, name, reading=Reading("text", recognize=scripted(*texts)[1]))


def placed(document: Document | Unreadable) -> list[tuple[str, int]]:
    """The text of each page, and the page's number."""
    assert isinstance(document, Document)
    starts = [start for start, _ in document.places]
    ends = [*starts[1:], None]
    return [
        (document.source["text"][start:end].strip(), where["page"])
        for (start, where), end in zip(document.places, ends, strict=True)
    ]


def test_the_text_of_a_scanned_page_is_read_and_keeps_the_number_of_its_page() -> None:
    documents = read(pdf("Cover", None, "Text between", None), "mixed.pdf", "Scan of two", "Scan of four")
    assert len(documents) == 1
    assert placed(documents[0]) == [("Cover", 1), ("Scan of two", 2), ("Text between", 3), ("Scan of four", 4)]


def test_pages_are_recognised_with_200_dots_per_inch_and_only_if_they_are_scans() -> None:
    given, recognize = scripted("Scan")
    entries(pdf("One", None, "Three"), "mixed.pdf", reading=Reading("text", recognize=recognize))
    assert given == [(1700, 2200)]


def test_a_page_that_cannot_be_recognised_is_named_and_the_others_are_read() -> None:
    content = pdf(None, None, None)
    documents = read(content, "scan.pdf", "One", "is of a script that nobody reads", "Three")
    assert placed(documents[0]) == [("One", 1), ("Three", 3)]
    assert [(item.where, item.reason) for item in documents[1:] if isinstance(item, Unreadable)] == [
        ("scan.pdf, page 2", "is of a script that nobody reads")
    ]


def test_a_stamp_does_not_hide_a_scan() -> None:
    scan = saved([page(LEAVE)], "PDF")
    stamped = pdf_with_stamp(scan)
    assert reasons(stamped, "stamped.pdf") == [
        "stamped.pdf, page 1: little text, but pictures; put it through text recognition first"
    ]
    assert placed(read(stamped, "stamped.pdf", f"Received 4 May\n{LEAVE}")[0]) == [(f"Received 4 May\n{LEAVE}", 1)]


def pdf_with_stamp(scan: bytes) -> bytes:
    """The PDF with a line of real text over the picture of each page."""
    import ctypes

    import pypdfium2
    from pypdfium2 import raw

    document = pypdfium2.PdfDocument(scan)
    for number in range(len(document)):
        opened = document[number]
        text = raw.FPDFPageObj_NewTextObj(document, b"Helvetica", 12.0)
        letters = ctypes.create_string_buffer("Received 4 May\0".encode("utf-16-le"))
        words = ctypes.cast(letters, raw.FPDF_WIDESTRING)
        raw.FPDFText_SetText(text, words)
        raw.FPDFPageObj_Transform(text, 1, 0, 0, 1, 40, 40)
        raw.FPDFPage_InsertObject(opened, text)
        opened.gen_content()
    made = io.BytesIO()
    document.save(made)
    return made.getvalue()


@pytest.mark.parametrize("ending", PICTURES)
def test_each_format_of_pictures_is_read(ending: str) -> None:
    name = {".jpg": "JPEG", ".tif": "TIFF"}.get(ending, ending[1:].upper())
    (document,) = read(saved([page(LEAVE)], name), f"leave{ending}", LEAVE)
    assert isinstance(document, Document)
    assert (document.id, document.source["text"], document.source["title"]) == (f"leave{ending}", LEAVE, "leave")


def test_the_pages_of_a_tiff_have_numbers() -> None:
    (document,) = read(saved([page("a"), page("b")], "TIFF"), "fax.tiff", "First", "Second")
    assert placed(document) == [("First", 1), ("Second", 2)]


def test_a_picture_without_text_or_of_no_format_is_named() -> None:
    assert [
        item.reason for item in read(saved([page("")], "PNG"), "blank.png", "") if isinstance(item, Unreadable)
    ] == ["shows no text"]
    (broken,) = read(b"\x89PNG\r\n\x1a\nnothing", "broken.png")
    assert isinstance(broken, Unreadable)
    assert "is not a readable picture" in broken.reason


def test_a_picture_with_too_many_dots_is_refused_before_it_is_decoded() -> None:
    small = saved([Image.new("1", (1, 1))], "PNG")
    # The header: width, height and the rest of it, and their checksum.
    header = b"IHDR" + struct.pack(">II", 20_000, 20_000) + small[24:29]
    (unreadable,) = read(small[:12] + header + struct.pack(">I", zlib.crc32(header)) + small[33:], "bomb.png")
    assert isinstance(unreadable, Unreadable)
    assert "larger than 80 million dots" in unreadable.reason


def test_without_recognition_a_picture_says_what_to_do() -> None:
    reading = Reading("text", advice="do this")
    (parsed,) = entries(saved([page(LEAVE)], "PNG"), "leave.png", reading=reading)
    assert isinstance(parsed, Unreadable)
    assert parsed.reason == "is a picture; do this"
    (scan,) = entries(pdf(None, None), "scan.pdf", reading=reading)
    assert isinstance(scan, Unreadable)
    assert scan.reason == "holds no text, but pictures; do this"
    assert not readable("leave.png")
    assert readable("leave.png", pictures=True)


@pytest.mark.thorough
def test_recognition_that_fails_at_present_ends_the_file_and_not_the_next_one() -> None:
    def fails(_: Sequence[bytes]) -> list[Recognized]:
        raise Unrecognized("It is throttled.")

    with pytest.raises(Unrecognized, match="throttled"):
        entries(pdf(None), "scan.pdf", reading=Reading("text", recognize=fails))
    assert placed(read(pdf(None), "scan.pdf", "Afterwards")[0]) == [("Afterwards", 1)]
