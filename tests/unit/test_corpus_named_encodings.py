"""Encodings that a file names: one that nobody knows, or that the file is not in, loses no file."""

import pytest

from corpus.formats.encoding import codec_of
from sources.web.page import with_encoding
from tests.unit.reading import texts

# `undefined` is what programs in JavaScript write for no value; Python has an encoding of that name, for tests.
UNKNOWN = ("undefined", "nobody-knows", "idna", "punycode", "hex", "rot13")


@pytest.mark.parametrize("name", [*UNKNOWN, "a\0b", ""])
def test_what_is_no_encoding_of_texts_has_no_codec(name: str) -> None:
    assert codec_of(name) is None


@pytest.mark.parametrize(("name", "codec"), [("Latin1", "iso8859-1"), ("UTF8", "utf-8"), ("x-sjis", None)])
def test_an_encoding_has_the_codec_of_python(name: str, codec: str | None) -> None:
    assert codec_of(name) == codec


@pytest.mark.parametrize("name", UNKNOWN)
@pytest.mark.parametrize(
    ("form", "kind"),
    [
        ('Subject: S\nContent-Type: text/plain; charset="{}"\n\nGrößen', "eml"),
        ('<meta charset="{}">Größen', "html"),
        ('<?xml version="1.0" encoding="{}"?><a>Größen</a>', "xml"),
    ],
)
def test_a_file_with_an_unknown_encoding_is_read(form: str, kind: str, name: str) -> None:
    [text] = texts(form.format(name).encode(), f"file.{kind}")
    assert text.endswith("Größen")


@pytest.mark.parametrize("name", ["utf-7", "johab", "cp949", "Shift_JIS", "utf-8", "iso-8859-2"])
def test_xml_is_read_in_each_encoding(name: str) -> None:
    said = "Größe" if name == "iso-8859-2" else "Size"
    content = f'<?xml version="1.0" encoding="{name}"?><a>{said}</a>'.encode(name)
    assert texts(content, "a.xml") == [f"a: {said}"]


def test_xml_in_another_encoding_than_the_named_one_is_read() -> None:
    content = '<?xml version="1.0" encoding="utf-7"?><a>Größen</a>'.encode()
    assert texts(content, "a.xml") == ["a: Größen"]


@pytest.mark.parametrize(
    ("name", "codec", "said"),
    [
        ("ISO-8859-1", "cp1252", "9 €"),
        ("gb2312", "gb18030", "朱镕基"),
        ("Shift_JIS", "cp932", "①"),
        ("UTF-8", "utf-8", "9 €"),
    ],
)
def test_a_page_is_in_the_encoding_that_its_server_means(name: str, codec: str, said: str) -> None:
    headers = {"content-type": f"text/html; charset={name}"}
    assert with_encoding(said.encode(codec), headers).decode("utf-8-sig") == said


@pytest.mark.parametrize("name", UNKNOWN)
def test_a_server_that_names_an_unknown_encoding_changes_nothing(name: str) -> None:
    assert with_encoding("Größen".encode(), {"content-type": f"text/html; charset={name}"}) == "Größen".encode()
