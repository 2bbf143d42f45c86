"""Encodings that older programs write, and bytes that only look like them."""

import pytest

from corpus.formats.encoding import decoded, is_macintosh
from corpus.formats.seven_bits import is_shifted
from tests.unit.growth import grows_in_proportion
from tests.unit.reading import reasons, texts

GERMAN = "Die Größe für Öl und Maße, über allen Gipfeln ist Ruh, “ja”."
CHINESE = "这是中文文本。Hello ~ x"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (CHINESE, "hz"),
        ("Größe und Maß", "utf-7"),
        ("\ufeffGröße und Maß", "utf-7"),
        ("1 + 1 = 2, Größe", "utf-7"),
        ("Привет – мир-труд", "utf-7"),
        ("Größe", "utf-32"),
        ("Größe", "utf-32-le"),
        ("Größe", "utf-32-be"),
        (GERMAN, "mac_roman"),
        ("Größe und Maß", "mac_roman"),
        ("São Paulo não é a capital.", "mac_roman"),
        ("Smørrebrød på en ø i Århus", "mac_roman"),
        ("naïve café", "mac_roman"),
    ],
)
@pytest.mark.parametrize("name", ["a.txt", "a.csv"])
def test_a_text_is_read_in_its_encoding(text: str, encoding: str, name: str) -> None:
    mark, words = text[: text.startswith("\ufeff")], text.removeprefix("\ufeff")
    content = text if name == "a.txt" else f"{mark}id\ttext\n1\t{words}\n"
    assert texts(content.encode(encoding), name) == [words]


@pytest.mark.parametrize(
    "text",
    [
        "call +4712345678 or +12345678-",
        "a+b, C++, 1+1, +-, a +- b",
        "this+AND-that, x+AMZ",
        "q=+APY",
        '(format t "~{~a~^, ~}~%" list)',
        "~{~}",
        "~{abc",
        "~{VPND~} and ~x",
        "a\0b",
        "ab\0",
    ],
)
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert decoded(text.encode()) == text
    assert not is_shifted(text.encode())


def test_a_text_in_utf7_may_be_cut() -> None:
    assert is_shifted("Größe und Maß".encode("utf-7")[:-3])


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.txt", "\ufeffa\n\ufeff\ufeffb \ufeff\n", ["a\nb \ufeff\n"]),
        ("a.csv", "\ufeffid,text\n1,a\n\ufeffid,text\n2,b\n", ["a", "b"]),
        ("a.jsonl", '\ufeff{"text": "a"}\n\ufeff{"text": "b"}\n', ["a", "b"]),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le"])
def test_joined_files_may_each_have_a_mark(name: str, content: str, expected: list[str], encoding: str) -> None:
    assert texts(content.encode(encoding), name) == expected
    assert reasons(content.encode(encoding), name) == []


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Zażółć gęślą jaźń", "cp1250"),
        ("Příliš žluťoučký kůň", "cp1250"),
        ("Árvíztűrő tükörfúrógép", "cp1250"),
        ("Müdürlüğü, ışık ve şeker", "cp1254"),
        ("Съешь ещё этих мягких булок", "cp1251"),
        ("Größe und Maß", "cp1252"),
        ("À l’hôtel, où ça coûte cher", "cp1252"),
    ],
)
def test_texts_of_windows_are_not_taken_for_those_of_a_macintosh(text: str, encoding: str) -> None:
    assert not is_macintosh(text.encode(encoding))


@pytest.mark.parametrize("piece", ["~{", "~{a", "~{aa", "~}~{", "+", "+A", "+APY", "+APY-", "+-", "+/"])
def test_the_time_to_find_encodings_of_seven_bits_grows_with_the_text(piece: str) -> None:
    assert grows_in_proportion(lambda text: is_shifted(text.encode()), lambda size: "~{VPND~}~" + piece * size, 50_000)
