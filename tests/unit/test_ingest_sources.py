"""What an ingest is given: files, folders, a dry run of them, and the notes for going on after a kill."""

import json
from pathlib import Path

import pytest

from corpus.report import Letter, Report
from osml import estimate
from osml.failure import Failure
from osml.journal import Journal, Reached
from osml.place import Place
from osml.rejected import Rejected
from osml.sources import Sources


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """`handbook`, in the working directory."""
    monkeypatch.chdir(tmp_path)
    for name in ("b.md", "a/z.txt", "a/.hidden.txt", ".git/x.txt", "image.png", "c.ndjson.gz"):
        file = tmp_path / "handbook" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("words")
    return tmp_path / "handbook"


def test_a_folder_gives_what_can_be_read_in_an_order_that_stays(folder: Path) -> None:
    expected = ["handbook/b.md", "handbook/c.ndjson.gz", "handbook/a/z.txt"]
    assert [one.name for one in Sources(["./handbook/"])] == expected
    assert [one.name for one in Sources([str(folder)])] == expected


def test_a_file_that_was_named_is_never_left_out(folder: Path) -> None:
    (source,) = Sources(["handbook/image.png"])
    assert (source.name, source.size) == ("handbook/image.png", 5)


def test_what_is_not_there_is_said_before_anything_is_loaded(folder: Path) -> None:
    with pytest.raises(Failure, match=r"There is no file or folder handbook/nothing\.md"):
        Sources(["handbook/b.md", "handbook/nothing.md"])


def test_a_change_of_a_file_is_another_version(folder: Path) -> None:
    (before,) = Sources(["handbook/b.md"])
    (folder / "b.md").write_text("more words")
    (after,) = Sources(["handbook/b.md"])
    assert before.version != after.version


def test_a_journal_says_where_an_ingest_was(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    assert not journal.continues
    journal.rejected, journal.report.read, journal.report.created = "r.ndjson", 7, 6
    journal.report.fail("a:3", "no")
    journal.note("a", Reached("v1", 7, 70), 12)
    journal.report.created = 999  # what was counted after the note belongs to nothing that was noted
    journal.close()
    again = Journal(tmp_path / "journal")
    assert again.continues
    assert (again.reached, again.rejected, again.size) == ({"a": Reached("v1", 7, 70)}, "r.ndjson", 12)
    assert (again.report.read, again.report.created, again.report.errors) == (7, 6, ["a:3: no"])
    again.end()
    assert not (tmp_path / "journal").exists()


def test_half_a_line_at_its_end_is_no_line(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    journal.note("a", Reached("v", 1, 1, finished=True), 0)
    journal.close()
    with (tmp_path / "journal").open("a") as file:
        file.write('{"source": "a", "ver')
    journal = Journal(tmp_path / "journal")
    assert journal.reached["a"].entries == 1
    journal.note("b", Reached("v", 2, 2, finished=True), 0)
    journal.close()
    assert sorted(Journal(tmp_path / "journal").reached) == ["a", "b"]


def test_two_ingests_of_the_same_do_not_run_at_once(tmp_path: Path) -> None:
    first = Journal(tmp_path / "journal")
    with pytest.raises(Failure, match="is running"):
        Journal(tmp_path / "journal")
    first.close()
    Journal(tmp_path / "journal").close()


def test_dead_letters_go_on_behind_what_was_noted(tmp_path: Path) -> None:
    file = tmp_path / "rejected.ndjson"
    letters = Rejected(file)
    letters.write(Letter("a:1", "1", "no", {"id": "1", "text": "t"}))
    noted = letters.size
    letters.write(Letter("a:2", "2", "no", {"id": "2", "text": "t"}))
    letters.close()
    again = Rejected(file, noted)
    again.write(Letter("a:3", "3", "no", {"id": "3", "text": "t"}))
    again.close()
    assert [json.loads(line)["id"] for line in file.read_text().splitlines()] == ["1", "3"]


def test_without_letters_there_is_no_file(tmp_path: Path) -> None:
    Rejected(tmp_path / "rejected.ndjson").close()
    assert list(tmp_path.iterdir()) == []


def test_a_dry_run_counts_and_prices(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "c.ndjson.gz").unlink()
    (folder / "d.ndjson").write_text('{"text": "' + "word " * 940 + '"}\n{nope\n')
    estimate.show(Place("sandbox", None), [str(folder)], 0.02)
    said = capsys.readouterr().out
    assert "3 files" in said
    assert "3 documents in 7 parts of at most 1,000 characters, 1 unreadable" in said
    assert "About 1,001 tokens" in said
    assert "About 0.00 USD, at 0.02 USD per million tokens." in said
    assert "handbook/d.ndjson:2: not JSON" in said


def test_a_dry_run_without_a_price_says_where_prices_are(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    estimate.show(Place("sandbox", None), ["handbook/b.md"], None)
    assert "add --price with the USD per million tokens" in capsys.readouterr().out


def test_a_report_keeps_no_more_sentences_than_anybody_reads() -> None:
    report = Report()
    for number in range(1_000):
        report.fail(f"f:{number}", "no")
    assert (report.failed, len(report.errors)) == (1_000, 100)
