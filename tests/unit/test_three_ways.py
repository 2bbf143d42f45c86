"""The same unusual files through the command line's reader, the bucket and the API: equal chunks, or equal refusals."""

import functools
import json
from typing import Any, cast

import pytest

from corpus.chunks import chunks
from corpus.document import Document
from rag.caller import OPERATOR
from rag.files import store
from rag.parts import Parts
from rag.upload_models import FileIn
from tests.unit import file_kinds, test_corpus_kinds, test_corpus_reported
from tests.unit.reading import entries
from tests.unit.test_dropped import Amazon, Index, amazon, failed, index, record
from tests.unit.test_sync_collection import SETTINGS, Search

__all__ = ["amazon", "index"]

READ = {**test_corpus_reported.ALL, **file_kinds.ALL}
FILES = {kind: (name, content) for kind, (name, content, _) in {**READ, **test_corpus_kinds.NAMED}.items()}
# One file, the last, for each file extension.
FEW = {name.partition(".")[2]: kind for kind, (name, _) in FILES.items()}
Ways = tuple[dict[str, str], list[str]]


@functools.cache
def by_reader(kind: str) -> Ways:
    """The texts of the chunks by their ids, and the reasons for what is not read."""
    name, content = FILES[kind]
    parsed = entries(content, name)
    texts = {
        chunk.id: chunk.source["text"]
        for entry in parsed
        if isinstance(entry, Document)
        for chunk in chunks(entry, "text", SETTINGS.limits.passage_characters)
    }
    return texts, [f"{entry.where}: {entry.reason}" for entry in parsed if not isinstance(entry, Document)]


def by_bucket(kind: str, amazon: Amazon, index: Index) -> Ways:
    name, content = FILES[kind]
    amazon.objects = {f"documents/{name}": content.encode() if isinstance(content, str) else content}
    index.documents = {}
    assert failed(record("m", f"documents/{name}")) == []
    letters = amazon.objects.get(f"refused/{name}.ndjson", b"").splitlines()
    assert len(amazon.given_up) == bool(letters)
    amazon.given_up.clear()
    reasons = [f"{letter['where']}: {letter['reason']}" for letter in map(json.loads, letters)]
    return {id: source["text"] for id, source in index.documents.items()}, reasons


def by_api(kind: str) -> Ways:
    name, content = FILES[kind]
    search = Search()
    data = content.encode() if isinstance(content, str) else content
    parts = Parts(SETTINGS, cast(Any, search), None, cast(Any, None))
    stored = store(FileIn.model_construct(name=name, content=data, groups=None), 60.0, parts, OPERATOR)
    assert stored.ended
    reasons = [result.message or "" for result in stored.results if result.status != "stored"]
    return {passage.id: passage.text for passage in search.passages}, reasons


@pytest.mark.parametrize(
    "kinds", [[*FEW.values()], pytest.param([*FILES], marks=pytest.mark.thorough)], ids=["few", "all"]
)
def test_all_ways_read_the_same(kinds: list[str], amazon: Amazon, index: Index) -> None:
    for kind in kinds:
        texts, reasons = by_reader(kind)
        assert texts or reasons, kind
        assert (kind, *by_bucket(kind, amazon, index)) == (kind, texts, reasons)
        assert (kind, *by_api(kind)) == (kind, texts, reasons)
