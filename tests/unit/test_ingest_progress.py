"""What an ingest prints while it runs and when it is interrupted: figures in one unit, and never a traceback."""

import errno
import io
import itertools
import json
from pathlib import Path
from typing import Any

import pytest
import requests
from rich.console import Console

from corpus.report import Report
from osml import system_error
from osml.failure import Failure
from osml.ingest import ingest, progress
from osml.ingest.dead_letters import DeadLetters
from osml.ingest.journal import Journal
from osml.ingest.progress import IngestPace
from tests.unit.test_ingest_anew import PLACE, Index
from tests.waiting import until


def pace(seconds: float, read: int, settled: int, **more: Any) -> IngestPace:
    report = Report(read=more.pop("before", 0))
    ticks = itertools.chain([0.0], itertools.repeat(seconds))
    limit = IngestPace(1_000, report, settled=settled, clock=lambda: next(ticks), **more)
    report.read, report.created = read, 2 * read
    return limit


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (pace(2, 0, 0, given=300), "0 documents, 0 chunks, 0.0/s, 300 under way"),
        (pace(10, 40, 200, given=52), "40 documents, 80 chunks, 4.0/s, 12 under way, 0:40 left"),
        # In a resumed load, documents that were settled before do not count for the rate.
        (pace(10, 140, 600, earlier=500, before=100, given=40), "140 documents, 280 chunks, 4.0/s, 0:40 left"),
        (pace(100, 1, 500, given=1), "1 document, 2 chunks, 0.0/s, 1:40 left"),
    ],
)
def test_documents_are_the_unit_and_the_time_that_is_left_is_known_with_the_first(given: IngestPace, said: str) -> None:
    assert given.said == said


def test_where_nobody_looks_there_are_plain_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "FIRST", 0.01)
    written = io.StringIO()
    with progress.shown(Console(file=written, width=20), pace(10, 40, 200, given=52)):
        line = until("a line of progress", written.getvalue, lambda text: "\n" in text).splitlines()[0]
    assert line.startswith("0:10: 20%, 40 documents, 80 chunks")
    assert "\x1b" not in line


@pytest.fixture
def loads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Index:
    made = Index()
    made.ends = 1
    monkeypatch.setenv("OSML_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("COLUMNS", "400")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(ingest, "sleep", lambda seconds: None)
    (tmp_path / "a.ndjson").write_text('{"id": "1", "text": "t"}\n{"id": "2"}\n{"id": "3", "text": "t"}\n')
    return made


def test_an_interruption_says_what_is_settled_and_how_to_go_on(
    loads: Index, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(self: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("osml.ingest.loading.Loading.finish", interrupt)
        with pytest.raises(KeyboardInterrupt):
            ingest.ingest_files(PLACE, ["a.ndjson"], to=loads.target)
    said = capsys.readouterr().err
    assert "3 documents read. Chunks in the index passages: 2 created, 0 updated, 1 failed." in said
    assert f"the counted documents are complete; documents in flight may be stored. {ingest.GOES_ON}" in said
    assert not ingest.ingest_files(PLACE, ["a.ndjson"], to=loads.target)
    assert "after 3 documents" in capsys.readouterr().err


def full(*_: Any) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_is_a_sentence_and_the_journal_goes_on(
    loads: Index, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for place, name in ((DeadLetters, "write"), (Journal, "write")):
        with monkeypatch.context() as patch:
            patch.setattr(place, name, full)
            with pytest.raises(Failure, match=r"No space left on device\. Free some space, then .* to resume"):
                ingest.ingest_files(PLACE, ["a.ndjson"], to=loads.target)
    assert not ingest.ingest_files(PLACE, ["a.ndjson"], to=loads.target)
    assert set(loads.to.held) == {"1", "3"}
    (letters,) = Path().glob("rejected-*")
    assert [json.loads(line)["where"] for line in letters.read_text().splitlines()] == ["a.ndjson:2"]


@pytest.mark.parametrize(
    ("error", "said", "cause"),
    [
        (requests.ConnectionError("reset by peer"), "A connection failed: reset", "no-network"),
        (ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused"), "A connection failed", "no-network"),
        (OSError(errno.ENOSPC, "No space left on device", "/x/y"), "Using /x/y failed: No space left", "unexplained"),
        (OSError("odd"), "Reading or writing a file failed: odd. Check", "unexplained"),
    ],
)
def test_an_error_of_the_system_is_a_sentence(error: Exception, said: str, cause: str) -> None:
    failure = system_error.of_system(error)
    assert failure is not None
    assert (str(failure).startswith(said), failure.cause) == (True, cause)
    assert system_error.of_system(ValueError("ours")) is None
