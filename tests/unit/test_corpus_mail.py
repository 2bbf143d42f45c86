"""Messages in the forms of older programs, and those that Outlook writes."""

import base64
import io
import quopri
import struct

import pytest

from corpus.formats import outlook
from corpus.formats.enriched import plain
from corpus.formats.flowed import unflowed
from corpus.formats.mail import rows as message
from corpus.formats.packed_rich_text import unpacked
from tests.unit.growth import grows_in_proportion
from tests.unit.reading import TEXT, reasons, texts
from tests.unit.test_corpus_reported import MAIL, mail

FORWARDED = "Subject: In\r\nFrom: c@d.example\r\nContent-Type: text/plain; charset=utf-8\r\n\r\ninnér\r\n".encode()
# The examples of MS-OXRTFCP, 4.1 and 4.2.
HELLO = "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0"
CROSSING = "1a0000001c0000004c5a4675e2d44b51410004205758595a0d6e7d010eb0"


def parts(*each: bytes) -> bytes:
    body = b"".join(b"--x\r\n" + part + b"\r\n" for part in each)
    return mail(body + b"--x--\r\n", "multipart/mixed; boundary=x")


MAIN = b"Content-Type: text/plain\r\n\r\nmain"


def coded(content: bytes, transfer: str, kind: str) -> bytes:
    encoded = base64.b64encode(content) if transfer == "base64" else quopri.encodestring(content)
    return f"Content-Type: {kind}\r\nContent-Transfer-Encoding: {transfer}\r\n\r\n".encode() + encoded


def attribute(id: int, data: bytes) -> bytes:
    return struct.pack("<BII", 2, id, len(data)) + data + b"\0\0"


def properties(*each: tuple[int, int, bytes]) -> bytes:
    """Properties by kind and id; each of the kinds has a variable size."""
    said = (
        struct.pack("<HHII", kind, id, 1, len(value)) + value + b"\0" * (-len(value) % 4) for kind, id, value in each
    )
    fixed, named = struct.pack("<HHi", 3, 0x0E07, 1), struct.pack("<HH16xIIi", 3, 0x8001, 0, 7, 1)
    return struct.pack("<I", len(each) + 2) + fixed + named + b"".join(said)


def winmail(*attributes: bytes) -> bytes:
    content = outlook.SIGNATURE + b"\0\0" + b"".join(attributes)
    return coded(content, "base64", "application/ms-tnef; name=winmail.dat")


ATTACHED = (
    attribute(0x69002, b"\0" * 14),
    attribute(0x18010, b"PLAN~1.TXT\0"),
    attribute(0x6800F, b"The plan"),
    attribute(0x69005, properties((0x1F, 0x3707, "plan größer.txt\0".encode("utf-16-le")))),
)
RICH = attribute(0x69003, properties((0x102, 0x1009, bytes.fromhex(HELLO))))
MESSAGES: dict[str, tuple[bytes, list[str]]] = {
    "enriched text": (
        mail(b"<bold>Hi</bold> a<<b\r\n\r\nnext\r\n<color><param>red</param>red</color>", "text/enriched"),
        ["Hi a<b\nnext red"],
    ),
    "enriched text as the only alternative": (
        mail(
            b"--x\r\nContent-Type: text/richtext\r\n\r\na<nl>b<lt>c\r\n--x--\r\n", "multipart/alternative; boundary=x"
        ),
        ["a\nb<c"],
    ),
    "flowed text of several depths": (
        mail(
            b"> one \r\n> two\r\nthree \r\n four\r\n>> five \r\n> six\r\n-- \r\nAda",
            'text/plain; format="Flowed"',
        ),
        ["> one two\nthree four\n>> five \n> six\n-- \nAda"],
    ),
    "flowed text without spaces between words": (
        mail(b"Donau \r\ndampf", "text/plain; format=flowed; delsp=yes"),
        ["Donaudampf"],
    ),
    "soft line ends, also with spaces": (
        MAIL + b"Content-Transfer-Encoding: quoted-printable\r\n\r\nHel=\r\nlo =C3=\r\n=BC w=  \r\nx",
        ["Hello ü wx"],
    ),
    "a forwarded message within a forwarded message": (
        parts(
            MAIN, b"Content-Type: message/rfc822\r\n\r\n" + parts(b"Content-Type: message/rfc822\r\n\r\n" + FORWARDED)
        ),
        ["main", "", "Subject: In\nFrom: c@d.example\n\ninnér"],
    ),
    "a forwarded message in Base64": (
        parts(MAIN, coded(FORWARDED, "base64", "message/rfc822")),
        ["main", "Subject: In\nFrom: c@d.example\n\ninnér"],
    ),
    "a forwarded message in quoted-printable": (
        parts(MAIN, coded(FORWARDED, "quoted-printable", "message/rfc822")),
        ["main", "Subject: In\nFrom: c@d.example\n\ninnér"],
    ),
    "attachments of Outlook": (parts(MAIN, winmail(RICH, *ATTACHED, *ATTACHED[:3])), ["main", "The plan", "The plan"]),
    "the only text in the file of Outlook": (parts(winmail(RICH, *ATTACHED)), ["", "hello world", "The plan"]),
    "the plain text in the file of Outlook": (parts(winmail(attribute(0x2800C, b"Hello\0"))), ["", "Hello"]),
    "the page in the file of Outlook": (
        parts(winmail(attribute(0x69003, properties((0x102, 0x1013, b"<p>Hello"))))),
        ["", "Hello"],
    ),
    "a file of Outlook that is cut": (
        parts(MAIN, winmail(*ATTACHED[:3], ATTACHED[3][:40])),
        ["main", "The plan"],
    ),
}


@pytest.mark.parametrize("kind", MESSAGES)
def test_all_of_a_message_is_read(kind: str) -> None:
    content, expected = MESSAGES[kind]
    said = [text.removeprefix("From: a@b.example").strip() for text in texts(content, "a.eml")]
    assert said == expected
    assert reasons(content, "a.eml") == []


@pytest.mark.parametrize(
    ("said", "where"),
    [
        ('access-type=URL; URL="http://a.example/\r\n file"', "http://a.example/ file"),
        ("access-type=anon-ftp; site=a.example; directory=pub; name=x.txt", "a.example, pub, x.txt"),
        ("access-type=x-none", "the message does not say where"),
    ],
)
def test_a_body_outside_the_message_is_named(said: str, where: str) -> None:
    outside = f"Content-Type: message/external-body; {said}\r\n\r\nContent-Type: text/plain\r\n\r\n".encode()
    content = parts(MAIN, outside)
    assert len(texts(content, "a.eml")) == 1
    (reason,) = reasons(content, "a.eml")
    assert reason.endswith(f": is not in the message, but outside it ({where})")


def test_the_long_name_of_an_attachment_is_used() -> None:
    content = outlook.SIGNATURE + b"\0\0" + b"".join(ATTACHED)
    assert outlook.files(content, with_text=True) == [("plan größer.txt", b"The plan")]


@pytest.mark.parametrize(
    ("packed", "text"),
    [
        (bytes.fromhex(HELLO), b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"),
        (bytes.fromhex(CROSSING), b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}"),
        (struct.pack("<II", 20, 8) + b"MELA\0\0\0\0{\\rtf1 a}\0\0", b"{\\rtf1 a"),
        (bytes.fromhex(HELLO)[:24], b"{\\rtf1\\ansi\\ansicpg"),
        (b"?" * 20, b""),
        (b"", b""),
    ],
)
def test_packed_rich_text_is_unpacked(packed: bytes, text: bytes) -> None:
    assert unpacked(packed)[: len(text)] == text
    assert len(unpacked(packed)) <= max(len(text), 43)


@pytest.mark.parametrize("piece", ["<", "<a", "<param>", "<<", "\n", "</nofill>"])
def test_the_time_to_read_enriched_text_grows_with_it(piece: str) -> None:
    assert grows_in_proportion(plain, lambda size: piece * size, 100_000)


@pytest.mark.parametrize("piece", [">", "> \n", " \n", "a \n", ">\n"])
def test_the_time_to_read_flowed_text_grows_with_it(piece: str) -> None:
    assert grows_in_proportion(lambda text: unflowed(text, joins_words=True), lambda size: piece * size, 20_000)


@pytest.mark.parametrize("piece", ["=" * 40, "= " * 40, "=" + " " * 900])
def test_the_time_to_read_soft_line_ends_grows_with_them(piece: str) -> None:
    head = "From: a\nContent-Transfer-Encoding: quoted-printable\n\n"

    def work(text: str) -> None:
        list(message(io.BytesIO(text.encode()), "a.eml", TEXT))

    assert grows_in_proportion(work, lambda size: head + piece * size, 2_000)
