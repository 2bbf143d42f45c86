"""An interrupted ingest and its index: it continues only while the index is still the same one."""

from contextlib import nullcontext
from pathlib import Path

import pytest

from osml.failure import Failure
from osml.ingest import ingest
from osml.ingest.target import IngestTarget
from osml.place import Place
from tests.unit.scripted_destination import Scripted

PLACE = Place("sandbox-aoss", None)


class Index:
    """Stores what arrives; the end of the first load fails, after all documents have arrived."""

    def __init__(self) -> None:
        self.to = Scripted()
        self.ends = 0

    def finish(self) -> None:
        self.ends += 1
        if self.ends == 1:
            raise Failure("The settings were refused.")

    @property
    def target(self) -> IngestTarget:
        return IngestTarget(
            "passages",
            "text",
            lambda: self.to,
            lambda _, document: [document],
            self.finish,
            lambda _: nullcontext(),
            lambda: len(self.to.held),
        )


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Index:
    """The index after a load whose end failed."""
    made = Index()
    monkeypatch.setenv("OSML_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(ingest, "sleep", lambda _: None)
    (tmp_path / "a.ndjson").write_text('{"id": "1", "text": "t"}\n{"id": "2", "text": "t"}\n')
    with pytest.raises(Failure, match="The settings were refused"):
        ingest.ingest_files(PLACE, ["a.ndjson"], to=made.target)
    assert len(made.to.held) == 2
    return made


def test_it_resumes_in_the_same_index(index: Index, capsys: pytest.CaptureFixture[str]) -> None:
    before = len(index.to.batches)
    assert ingest.ingest_files(PLACE, ["a.ndjson"], to=index.target)
    assert "Resuming an interrupted ingest after 2 documents" in capsys.readouterr().err
    assert len(index.to.batches) == before


def test_it_starts_over_in_a_new_index(index: Index, capsys: pytest.CaptureFixture[str]) -> None:
    index.to.held.clear()
    assert ingest.ingest_files(PLACE, ["a.ndjson"], to=index.target)
    said = capsys.readouterr().err
    assert "The index passages lacks documents of the interrupted ingest. Starting over." in said
    assert "2 created, 0 updated, 0 failed" in said
    assert set(index.to.held) == {"1", "2"}
