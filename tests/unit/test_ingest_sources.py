"""The input of an ingest: files, folders, a dry run of them, and the journal for continuing after a kill."""

import io
import json
import os
from pathlib import Path
from typing import Any, BinaryIO, cast

import pytest

from corpus.document import Document, Unreadable
from corpus.formats import Reading
from corpus.report import DeadLetter, Report
from osml.failure import Failure
from osml.ingest import estimate, options, recognition
from osml.ingest import sources as listed
from osml.ingest.dead_letters import DeadLetters
from osml.ingest.journal import Journal, Reached
from osml.ingest.sources import DocumentSources
from osml.place import Place


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder `handbook`, in the working directory."""
    monkeypatch.chdir(tmp_path)
    _without_recognition(monkeypatch)
    for name in ("b.md", "a/z.txt", "a/.hidden.txt", ".git/x.txt", "image.png", "c.ndjson.gz"):
        file = tmp_path / "handbook" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("words")
    return tmp_path / "handbook"


def _without_recognition(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (options, listed):
        monkeypatch.setattr(module, "installed", lambda: None)


def test_a_folder_gives_what_can_be_read_in_an_order_that_stays(folder: Path) -> None:
    expected = ["handbook/b.md", "handbook/c.ndjson.gz", "handbook/a/z.txt"]
    assert [source.name for source in DocumentSources(["./handbook/"])] == expected
    assert [source.name for source in DocumentSources([str(folder)])] == expected


def test_a_name_is_the_same_from_every_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for place, given in ((folder.parent, "handbook"), (folder, "."), (folder / "a", ".."), (Path("/"), str(folder))):
        monkeypatch.chdir(place)
        assert next(iter(DocumentSources([given]))).name == "handbook/b.md"
    (file,) = DocumentSources([str(folder / "a" / "z.txt")])
    assert (file.name, file.address) == ("z.txt", str(folder / "a" / "z.txt"))


def test_names_that_are_not_utf_8_stay_different(folder: Path) -> None:
    for byte in (b"\xe8", b"\xe9"):
        (Path(os.fsdecode(os.fsencode(folder) + b"/caf" + byte + b".txt"))).write_text("words")
    ids = [
        entry.id
        for source in DocumentSources(["handbook"])
        for entry in listed.entries(source, Reading("text"))
        if isinstance(entry, Document)
    ]
    assert ids[1:3] == ["handbook/caf\\xe8.txt", "handbook/caf\\xe9.txt"]


def test_two_sources_whose_documents_would_have_one_id_are_refused(folder: Path) -> None:
    other = folder.parent / "other" / "b.md"
    other.parent.mkdir()
    other.write_text("Other words.")
    with pytest.raises(Failure, match=r"have the same name b\.md"):
        DocumentSources([str(folder / "b.md"), str(other)])
    assert len(list(DocumentSources(["handbook/b.md", "handbook/b.md"]))) == 2


def test_nothing_of_somebody_else_is_read(folder: Path) -> None:
    secret = folder.parent / "secret" / "passwd.txt"
    secret.parent.mkdir()
    secret.write_text("root")
    (folder / "passwd.txt").symlink_to(secret)
    (folder / "all").symlink_to(secret.parent)
    (folder / "again.md").symlink_to(folder / "b.md")
    (folder / "nowhere.md").symlink_to(folder / "gone.md")
    (folder / "itself.md").symlink_to("itself.md")
    (folder / "round").symlink_to("around")
    (folder / "around").symlink_to("round")
    (folder / "inside").symlink_to("a")
    os.mkfifo(folder / "pipe.txt")
    sources = DocumentSources([str(folder)])
    names = ["handbook/again.md", "handbook/b.md", "handbook/c.ndjson.gz", "handbook/a/z.txt"]
    assert [source.name for source in sources] == names
    assert sources.left_out == {
        "hidden": 2,
        "links out of the folder": 2,
        "broken links": 4,
        "pipes and devices": 1,
        ".png": 1,
    }
    with pytest.raises(Failure, match="neither a file nor a folder"):
        DocumentSources([str(folder / "pipe.txt")])


WITHIN = {"itself": ".", "a folder": "a", "a hidden folder": ".hidden", "a link to a folder of it": "linked"}
OUT = {"the folder above": "..", "another": "../other", "one that is gone": "../gone", "a link to another": "far"}


@pytest.mark.parametrize("to", [*WITHIN, *OUT])
def test_only_links_that_lead_out_are_counted_and_no_folder_is_read_twice(folder: Path, to: str) -> None:
    (folder.parent / "other").mkdir()
    (folder.parent / "other" / "theirs.md").write_text("Words.")
    (folder / ".hidden").mkdir(exist_ok=True)
    before = DocumentSources([str(folder)])
    names = [source.name for source in before]
    (folder / "linked").symlink_to("a")
    (folder / "far").symlink_to("../other")
    (folder / "new").symlink_to((WITHIN | OUT)[to])
    after = DocumentSources([str(folder)])
    assert [source.name for source in after] == names
    assert after.left_out - before.left_out == {"links out of the folder": 2 if to in OUT else 1}


@pytest.mark.parametrize("error", [PermissionError(13, "Permission denied"), FileNotFoundError(2, "No such file")])
def test_a_file_that_cannot_be_opened_is_named_and_the_next_one_is_read(
    folder: Path, monkeypatch: pytest.MonkeyPatch, error: OSError
) -> None:
    def refused(file: str, mode: str) -> BinaryIO:
        if file.endswith("b.md"):
            raise error
        return cast(BinaryIO, io.open(file, mode))  # noqa: UP020 - the built-in name is replaced

    monkeypatch.setattr(listed, "open", refused, raising=False)
    (folder / "c.ndjson.gz").unlink()
    loaded = [
        entry.where + ": " + entry.reason if isinstance(entry, Unreadable) else entry.id
        for source in DocumentSources(["handbook"])
        for entry in listed.entries(source, Reading("text"))
    ]
    assert loaded == [f"handbook/b.md: cannot be opened: {error.strerror}", "handbook/a/z.txt"]
    counted = estimate.count(DocumentSources(["handbook"]), Reading("text"), 1000, 100)
    assert (counted.documents, counted.unreadable) == (1, 1)


def test_a_folder_that_may_not_be_read_is_counted(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scan = os.scandir

    def refused(path: str) -> Any:
        if str(path).endswith("/a"):
            raise PermissionError(13, "Permission denied", path)
        return scan(path)

    monkeypatch.setattr(os, "scandir", refused)
    sources = DocumentSources(["handbook"])
    assert "handbook/a/z.txt" not in [source.name for source in sources]
    assert sources.left_out["folders that may not be read"] == 1


def test_skipped_files_are_counted_by_type(folder: Path) -> None:
    for name in ("x.png", "y.zip", "README"):
        (folder / name).write_text("?")
    sources = DocumentSources(["handbook"])
    assert sources.omission == ""
    assert len(list(sources)) == len(list(sources)) == 3
    said = "Skipped files that osml cannot read: 2 hidden, 2 .png, 1 without a type, 1 .zip."
    said = f"{said} For pictures, {recognition.ADVICE}. What to do: .zip: unpack it."
    assert sorted(sources.omission.split()) == sorted(said.split())


def test_pictures_of_a_folder_are_read_if_their_text_is_recognised(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listed, "installed", lambda: recognition.recognized)
    assert "handbook/image.png" in [source.name for source in DocumentSources(["handbook"])]


def test_a_file_that_was_named_is_never_left_out(folder: Path) -> None:
    (source,) = DocumentSources(["handbook/image.png"])
    assert (source.name, source.size) == ("image.png", 5)


def test_a_missing_source_is_reported_before_the_load(folder: Path) -> None:
    with pytest.raises(Failure, match=r"There is no file or folder handbook/nothing\.md"):
        DocumentSources(["handbook/b.md", "handbook/nothing.md"])


def test_a_change_of_a_file_is_another_version(folder: Path) -> None:
    (before,) = DocumentSources(["handbook/b.md"])
    (folder / "b.md").write_text("more words")
    (after,) = DocumentSources(["handbook/b.md"])
    assert before.version != after.version


def test_a_journal_says_where_an_ingest_was(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    assert not journal.continues
    journal.rejected, journal.report.read, journal.report.created = "r.ndjson", 7, 6
    journal.report.fail("a:3", "no")
    journal.note("a", Reached("v1", 7, 70), 12)
    journal.report.created = 999  # what was counted after the last note is not part of any note
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


def test_dead_letters_continue_after_the_last_note(tmp_path: Path) -> None:
    file = tmp_path / "rejected.ndjson"
    dead_letters = DeadLetters(file)
    dead_letters.write(DeadLetter("a:1", "1", "no", {"id": "1", "text": "t"}))
    noted = dead_letters.size
    dead_letters.write(DeadLetter("a:2", "2", "no", {"id": "2", "text": "t"}))
    dead_letters.close()
    again = DeadLetters(file, noted)
    again.write(DeadLetter("a:3", "3", "no", {"id": "3", "text": "t"}))
    again.close()
    assert [json.loads(line)["id"] for line in file.read_text().splitlines()] == ["1", "3"]


def test_without_dead_letters_there_is_no_file(tmp_path: Path) -> None:
    DeadLetters(tmp_path / "rejected.ndjson").close()
    assert list(tmp_path.iterdir()) == []


def test_a_dry_run_counts_and_prices(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "c.ndjson.gz").unlink()
    (folder / "d.ndjson").write_text('{"text": "' + "word " * 940 + '"}\n{nope\n')
    assert not estimate.show(Place("sandbox", None), [str(folder)], 0.02)
    said = capsys.readouterr().out
    assert "3 files" in said
    assert "3 documents in 7 chunks of at most 1,000 characters and 256 tokens, 1 unreadable" in said
    assert "Characters in a chunk: smallest 5, 10th percentile 5" in said
    assert "Tokens in a chunk: smallest 1" in said
    assert "About 942 tokens" in said
    assert "About 0.00 USD, at 0.02 USD per million tokens." in said
    assert "handbook/d.ndjson:2: not JSON" in said


def test_a_dry_run_without_a_price_says_where_prices_are(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert estimate.show(Place("sandbox", None), ["handbook/b.md"], None)
    assert "price in USD per million tokens" in capsys.readouterr().out


def test_a_dry_run_without_documents_fails(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("b.md", "a/z.txt", "c.ndjson.gz"):
        (folder / name).unlink()
    assert not estimate.show(Place("sandbox", None), ["handbook"], None)
    assert "1 .png" in capsys.readouterr().out


def test_a_dry_run_says_how_many_more_there_are(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "d.ndjson").write_text("{nope\n" * 25)
    assert not estimate.show(Place("sandbox", None), ["handbook/d.ndjson"], None)
    assert "… and 5 more." in capsys.readouterr().out


def test_a_report_limits_its_sentences() -> None:
    report = Report()
    for number in range(1_000):
        report.fail(f"f:{number}", "no")
    assert (report.failed, len(report.errors)) == (1_000, 100)
