"""Tables: no row is lost, no column replaces another, and a table without a text column is still a document."""

import io

import pytest

from corpus.document import Document, Unreadable
from corpus.formats import Reading
from corpus.formats.rows import rows as table
from corpus.formats.table import names_of
from tests.unit.growth import grows_in_proportion
from tests.unit.reading import TEXT, documents, entries, reasons, texts


@pytest.mark.parametrize("between", [",", ";", "\t", "|"])
def test_rows(between: str) -> None:
    content = '\ufeffid,text,year\r\n1,a,2023\r\n,"b\nb",\r\n\r\n3,c,1,7\r\n'.replace(",", between)
    parsed = entries(content, "a.csv")
    assert [document.where for document in parsed] == ["a.csv:2", "a.csv:3", "a.csv:6"]
    first, second, third = parsed
    assert isinstance(first, Document)
    assert isinstance(second, Document)
    assert isinstance(third, Unreadable)
    assert (first.id, first.source) == ("1", {"text": "a", "year": "2023"})
    assert second.source == {"text": "b\nb"}


@pytest.mark.parametrize(
    ("header", "names"),
    [
        (",text", {"column_1": "x", "text": "y"}),
        ("note,text,note", {"note": "x", "text": "y", "note_2": "z"}),
        ("note,text,note,note_2", {"note": "x", "text": "y", "note_3": "z", "note_2": "u"}),
        (" note ,text, ", {"note": "x", "text": "y", "column_3": "z"}),
        ("column_2,,text", {"column_2": "x", "column_2_2": "y", "text": "z"}),
        ('"a\nb",text', {"a\nb": "x", "text": "y"}),
    ],
)
def test_every_column_has_a_name_of_its_own(header: str, names: dict[str, str]) -> None:
    cells = ",".join("xyzu"[: header.count(",") + 1])
    (document,) = entries(f"{header}\n{cells}\n", "a.csv")
    assert isinstance(document, Document)
    assert document.source == names


@pytest.mark.parametrize(
    ("lines", "named", "kept"),
    [
        # A quote that is never closed: nothing after it counts as quoted.
        (['1,"a', "2,b", "3,c", "4,d"], {2}, ["b", "c", "d"]),
        # The next quote in the file would close it in the middle of a cell.
        (['1,"a', "2,b", '3,"c"', "4,d"], {2}, ["b", "c", "d"]),
        # The next quote would make one cell of everything between.
        (['1,"a', "2,b", "3,c", "4,d", '5,e"', "6,f"], {2}, ["b", "c", "d", 'e"', "f"]),
        # An open quote at the very end.
        (["1,a", '2,"b'], {3}, ["a"]),
        # Two open quotes.
        (['1,"a', "2,b", '3,"c', "4,d"], {2, 4}, ["b", "d"]),
        # Quotes within a quoted cell: the cells are still read as plain ones.
        (['1,"she said "go" to him"', "2,b"], set(), ['she said go" to him"', "b"]),
        # A quoted cell may contain several lines.
        (['1,"a', "", 'still a"', "2,b"], set(), ["a\n\nstill a", "b"]),
        (['1,"one, two', 'three"', "2,b"], set(), ["one, two\nthree", "b"]),
    ],
)
def test_a_quote_swallows_no_rows(lines: list[str], named: set[int], kept: list[str]) -> None:
    content = "\n".join(["id,text", *lines]) + "\n"
    items = entries(content, "a.csv")
    assert {document.where for document in items if isinstance(document, Unreadable)} == {
        f"a.csv:{line}" for line in named
    }
    assert texts(content, "a.csv") == kept
    assert all("quote" in document.reason for document in items if isinstance(document, Unreadable))


@pytest.mark.parametrize(
    "row",
    ['1,"a\n', '1,"a""\n', '1,""\n', '1,"""\n', '"\n', '1,"a"b\n'],
)
@pytest.mark.thorough
def test_the_time_grows_as_the_table_does(row: str) -> None:
    def work(text: str) -> None:
        list(table(io.BytesIO(text.encode()), "a.csv", TEXT))

    assert grows_in_proportion(work, lambda size: "id,text\n" + row * size, 500)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "id;text\n1;Größe\n"),
        ("a.ndjson", '{"id": "1", "text": "Größe"}\n'),
        ("a.json", ' [{"id": "1", "text": "Größe"}]'),
        ("a.txt", "Größe"),
        ("a.md", "Größe"),
        ("a.html", "<p>Größe</p>"),
    ],
)
def test_any_encoding_with_a_mark(name: str, content: str, encoding: str) -> None:
    mark = "" if encoding == "utf-8-sig" else "\ufeff"
    assert texts((mark + content).encode(encoding), name) == ["Größe"]


def test_bytes_that_are_no_text_are_reported() -> None:
    for name in ("a.csv", "a.txt", "a.md"):
        assert "is not UTF-8 from byte" in reasons(b"id,text\n1,Gr\xf6\x02e\n", name)[-1]


def test_a_table_without_a_text_is_one_document_of_sentences() -> None:
    content = "City,Days,\nOslo,4,x\nTurin,,\n"
    (document,) = documents(content, "times.csv")
    assert (document["id"], document["title"]) == ("times.csv", "times")
    assert document["text"] == "City: Oslo; Days: 4; column_3: x\nCity: Turin"


def test_the_text_may_be_in_another_column_or_in_several() -> None:
    content = "id,body,Place,year\n1,Rain,Oslo,2023\n2,,Turin,2024\n"
    first, second = entries(content, "a.csv", reading=Reading("text", "body"))
    assert isinstance(first, Document)
    assert (first.id, first.source) == ("1", {"Place": "Oslo", "year": "2023", "text": "Rain"})
    assert isinstance(second, Unreadable)
    assert documents(content, "a.csv", Reading("text", columns=("Place", "body"))) == [
        {"id": "1", "year": "2023", "text": "Place: Oslo\nbody: Rain"},
        {"id": "2", "year": "2024", "text": "Place: Turin"},
    ]
    for reading in (Reading("text", "nobody"), Reading("text", columns=("Place", "nobody"))):
        assert reasons(content, "a.csv", reading) == [
            "a.csv:1: the first row names no column `nobody`, but id, body, Place, year"
        ]


@pytest.mark.parametrize("name", ["a.ndjson", "a.json"])
def test_the_text_of_an_object_may_be_in_another_field(name: str) -> None:
    content = '{"id": "1", "body": "Rain", "text": 7}'
    assert documents(content, name, Reading("text", "body")) == [{"id": "1", "text": "Rain"}]


def test_a_spreadsheet_says_what_is_between_its_cells() -> None:
    assert documents("sep=^\nid^text\n1^a,b;c\n", "a.csv") == [{"id": "1", "text": "a,b;c"}]


def test_the_request_of_the_api_kept_in_a_file() -> None:
    assert texts('{"documents": [{"id": "1", "text": "a"}, {"id": "2", "text": "b"}]}', "a.json") == ["a", "b"]


def test_blank_lines_before_the_first_row_do_not_count() -> None:
    assert texts("\n \nid,text\n1,One\n", "a.csv") == ["One"]
    assert "holds no text" in reasons("\n\n", "a.csv")[0]


@pytest.mark.parametrize(
    ("before", "said"),
    [
        ("Report of 2024\n", "Report of 2024"),
        ("Report\n\n", "Report"),
        ("# made by x; y, z\n#\n", "# made by x; y, z\n#"),
        ("Report,,\nMarch,,\n,,\n", "Report\nMarch"),
    ],
)
def test_lines_before_the_first_row_are_a_document_of_their_own(before: str, said: str) -> None:
    content = before + "id,text,n\n1,One,2\n2,Two,3\n"
    assert texts(content, "a.csv") == ["One", "Two", said]
    assert texts(content.replace(",", ";") if "#" not in before else content, "a.csv") == ["One", "Two", said]
    assert [item["n"] for item in documents(content, "a.csv")[:2]] == ["2", "3"]
    wrong = content.replace("1,One,2", "1,One,2,3")
    assert reasons(wrong, "a.csv")[0].startswith(f"a.csv:{before.count(chr(10)) + 2}: has 4 cells")


@pytest.mark.parametrize("before", ["Report\n\n", "# Report\n", "Report,,\n"])
def test_lines_before_the_first_row_belong_to_the_document_of_all_rows(before: str) -> None:
    (text,) = texts(before + "City,Country,Days\nOslo,Norway,4\n", "a.csv")
    assert text == f"{before.strip().rstrip(',')}\n\nCity: Oslo; Country: Norway; Days: 4"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("note\nHello, world\nBye, all\n", "note: Hello, world\nnote: Bye, all"),
        ("x,\na,b\nc,d\n", "x: a; column_2: b\nx: c; column_2: d"),
        ("City,Note\nOslo,good|text\nBergen,bad|text\n", "City: Oslo; Note: good|text\nCity: Bergen; Note: bad|text"),
        ("name,type\nfoo,text\n", "name: foo; type: text"),
        ("#City,Days\nOslo,4\nBergen,5\n", "#City: Oslo; Days: 4\n#City: Bergen; Days: 5"),
        ("name,,\n,b,c\n", "column_2: b; column_3: c"),
    ],
)
def test_a_table_may_begin_with_an_odd_row(content: str, expected: str) -> None:
    assert texts(content, "a.csv") == [expected]


def test_a_name_of_a_column_may_have_lines() -> None:
    assert texts('"a\nb",text\n1,One\n', "a.csv") == ["One"]
    assert texts(",text\n0,One\n1,Two\n", "a.csv") == ["One", "Two"]


def test_a_number_of_any_length_keeps_no_text_out() -> None:
    digits = "9" * 5000
    (document,) = documents(f'{{"id": "a", "text": "One", "n": {digits}, "m": 5}}\n', "a.ndjson")
    assert document == {"id": "a", "text": "One", "n": digits, "m": 5}


@pytest.mark.parametrize("header", ["a", " ", "a_2"])
def test_a_table_may_have_very_many_columns_of_one_name(header: str) -> None:
    names = names_of([header] * 1000)
    assert len(set(names)) == 1000
    assert names[-1] == (f"{header}_1000" if header.strip() else "column_1000")
    assert grows_in_proportion(lambda text: names_of(text.split(",")), lambda size: f"{header}," * size, 1000)
