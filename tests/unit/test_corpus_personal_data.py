"""Personal data is masked before a document is cut, in all its fields, on every way of loading."""

import ast
import io
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.chunks import chunks
from corpus.document import Document, document
from corpus.fields import with_access
from corpus.formats import Reading
from corpus.load import load
from corpus.personal_data import masked, without_personal_data
from corpus.source import read
from osml.place import CHECKOUT
from rag.caller import OPERATOR
from rag.storing import store
from rag.upload_models import DocumentIn
from tests.unit.scripted_destination import Scripted
from tests.unit.test_assistant_answering import SETTINGS, Search, parts

ALL = ("email", "phone", "card", "iban", "ip")
MAIL, CARD = "ada@example.com", "4111 1111 1111 1111"


def made(text: str, places: Any = (), **fields: Any) -> Document:
    entry = document({"id": "d", "text": text, **fields}, "file", "text", places=places)
    assert isinstance(entry, Document)
    return entry


def test_all_fields_are_masked_and_numbers_and_the_id_stay() -> None:
    whole = made(
        f"Write to {MAIL}.",
        title=f"Of {MAIL}",
        year=2024,
        lists=[{"a": [f"{CARD}!"]}],
        embedding=MAIL,
    )
    redacted = without_personal_data(whole, "text", ALL)
    assert redacted.source == {
        "text": "Write to [email].",
        "title": "Of [email]",
        "year": 2024,
        "lists": [{"a": ["[card]!"]}],
        "osml": {"kept": [{"name": "embedding", "value": "[email]"}]},
    }
    assert (redacted.id, redacted.masked) == ("d", 4)


def test_groups_and_loaders_are_no_text() -> None:
    whole = made("Text.")
    theirs = Document("d", with_access(whole.source, [MAIL], MAIL), "file", "d")
    assert without_personal_data(theirs, "text", ALL) == theirs


def test_no_datum_survives_where_a_chunk_ends() -> None:
    text = " ".join(f"Sentence {number} of {MAIL} with {CARD} ends." for number in range(200))
    parts = chunks(made(text), "text", 100, mask=ALL)
    assert len(parts) > 50
    assert not any("example" in part.source["text"] or "1111" in part.source["text"] for part in parts)
    assert [part.masked for part in parts] == [400] + [0] * (len(parts) - 1)


def test_places_move_with_the_text() -> None:
    text = f"{MAIL} {MAIL}\nSecond {MAIL}\nThird."
    places = [(0, {"page": 1}), (text.index("Second"), {"page": 2}), (text.index("Third"), {"section": f"By {MAIL}"})]
    redacted = without_personal_data(made(text, places), "text", ALL)
    said = redacted.source["text"]
    assert said == "[email] [email]\nSecond [email]\nThird."
    assert [said[at:].split()[0] for at, _ in redacted.places] == ["[email]", "Second", "Third."]
    assert redacted.places[2][1] == {"section": "By [email]"}


@given(st.lists(st.sampled_from([MAIL, CARD, " ", "\n", "word", "10.0.0.1"]), max_size=12), st.integers(0, 12))
def test_a_place_stays_before_the_same_words(parts: list[str], number: int) -> None:
    text, at = "".join(parts) + " end", len("".join(parts[:number]))
    redacted = without_personal_data(Document("d", {"text": text}, "f", "d", places=[(at, {})]), "text", ALL)
    [(moved, _)] = redacted.places
    said = str(redacted.source["text"])
    assert said == masked(text, ALL)
    assert 0 <= moved <= len(said)
    # When the place is not inside masked data, the same text follows it.
    if masked(text[:at], ALL) + masked(text[at:], ALL) == said:
        assert said[moved:] == masked(text[at:], ALL)


def test_a_load_says_how_much_of_which_document() -> None:
    rows = "\n".join(
        f'{{"id": "{id}", "text": "{text}"}}' for id, text in (("a", f"{MAIL} {MAIL}"), ("b", "Nothing."), ("c", CARD))
    )
    report = load(
        read(io.BytesIO(rows.encode()), "rows.ndjson", Reading("text")),
        Scripted,
        parts=lambda whole: chunks(whole, "text", 1000, mask=ALL),
    )
    assert (report.masked, report.masked_in) == (3, {"a": 2, "c": 1})


@pytest.mark.parametrize("kinds", [[], ["phone"]])
def test_what_is_not_named_stays(kinds: list[str]) -> None:
    assert chunks(made(MAIL), "text", 1000, mask=kinds)[0].source["text"] == MAIL


@pytest.mark.thorough
def test_every_way_of_loading_masks() -> None:
    """Each caller of the function that cuts documents passes the masking on; `osml ingest --dry-run` stores nothing."""
    calls = {
        file.relative_to(CHECKOUT).as_posix(): ast.unparse(call)
        for folder in ("lambda", "osml")
        for file in (CHECKOUT / folder).rglob("*.py")
        for call in ast.walk(ast.parse(file.read_text()))
        if isinstance(call, ast.Call) and any(_is_chunks(each) for each in (call.func, *call.args))
    }
    ways = {"lambda/corpus/load_settings.py", "lambda/rag/storing.py", "osml/ingest/target.py"}
    assert calls.keys() == {*ways, "osml/ingest/estimate.py"}
    assert {file for file, call in calls.items() if "mask" not in call} == {"osml/ingest/estimate.py"}


def _is_chunks(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "chunks"


def test_the_api_masks_and_says_how_much() -> None:
    settings = SETTINGS.model_copy(update={"limits": SETTINGS.limits.model_copy(update={"mask": ["email"]})})
    search = Search([])
    [result] = store(
        [DocumentIn(id="a", text=f"Write to {MAIL}.", title=MAIL)],
        20,
        OPERATOR,
        replace(parts(), settings=settings, search=search),
    ).documents
    assert (result.status, result.masked) == ("stored", 1 + 1)
    [passage] = search.replaced
    assert (passage.text, passage.title) == ("Write to [email].", "[email]")
    assert MAIL not in repr(passage)
