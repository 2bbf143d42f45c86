"""The constructs add to a function's own code the libraries that it imports, and no others."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from opensearch_ml.assistant import assistant_page
from opensearch_ml.assistant.assistant_function import PARTS
from opensearch_ml.engine import keeper, provisioner
from opensearch_ml.ingestion import document_drop, source_sync
from tests.unit.imports import FUNCTIONS, LIBRARIES, reached

COPIED: dict[str, Iterable[str]] = {
    "ask": PARTS["ask"].folders,
    "authorize": PARTS["authorize"].folders,
    "documents": PARTS["documents"].folders,
    "drop": document_drop.FOLDERS,
    "keeper": keeper.FOLDERS,
    "page": set(assistant_page.FOLDERS) & LIBRARIES,
    "provisioner": provisioner.FOLDERS,
    "session": PARTS["session"].folders,
    "sync": source_sync.FOLDERS,
    "tools": PARTS["tools"].folders,
}


@pytest.mark.parametrize("function", sorted(FUNCTIONS))
def test_a_function_gets_the_libraries_that_it_imports(function: str) -> None:
    assert set(COPIED[function]) == reached(FUNCTIONS[function])
