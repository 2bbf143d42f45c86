"""`osml ingest`: loads files with a progress bar, and reports on each document."""

import datetime
from collections.abc import Sequence
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from time import sleep

from rich.console import Console

from calls.count_of import count_of
from calls.starting import EMBEDDING, starting
from corpus.destination import Stopped
from corpus.load import load
from corpus.report import Report
from osml import interruption
from osml.failure import Failure
from osml.ingest import progress
from osml.ingest.dead_letters import DeadLetters
from osml.ingest.journal import Journal, journal
from osml.ingest.loading import Loading
from osml.ingest.options import AS_IT_IS, IngestOptions
from osml.ingest.sources import DocumentSources
from osml.ingest.target import IngestTarget, ingest_target
from osml.place import Place
from osml.remote.visible import visible_seconds
from osml.system_error import written
from osml.terminal import shown, visible

SHOWN_ERRORS = 20
GOES_ON = "Run the same command again, from the same folder, to resume."


def ingest_files(
    where: Place,
    files: Sequence[str | Path],
    rejected: Path | None = None,
    fresh: bool = False,
    initial_load: bool = False,
    options: IngestOptions = AS_IT_IS,
    to: IngestTarget | None = None,
) -> bool:
    """Loads files, folders and `s3://bucket/prefix`; True when there were documents and all were loaded.

    Resumes an interrupted ingest of the same sources, unless `fresh`. Documents that could not be loaded are in the
    file `rejected`; by default it is in this folder and has the time in its name. If the load stops, the report on the
    loaded documents comes before the Failure. With `initial_load` an empty index has no replicas and no refresh until
    the end. The documents go into `to`, by default the environment's index.
    """
    console, sources = Console(stderr=True), DocumentSources([str(file) for file in files])
    interrupted = False
    to = to or ingest_target(where, options)
    noted = journal(where.env, to.index, [*sources.names, *options.names])
    if fresh:
        noted.forget()
    held = _held(to, noted)
    # Fewer documents than were created: the environment was removed and deployed again in between.
    if noted.continues and held is not None and held < noted.report.created - noted.report.removed:
        console.print(f"The index {to.index} lacks documents of the interrupted ingest. Starting over.", soft_wrap=True)
        noted.forget()
    if noted.continues:
        console.print(
            f"Resuming an interrupted ingest after {count_of(noted.report.read, 'document')} (--fresh starts over).",
            soft_wrap=True,
        )
    noted.rejected = str(rejected or noted.rejected or _rejected_now())
    file = Path(noted.rejected)
    # Appends to an existing file, and replaces what the interrupted ingest wrote after its last note.
    dead_letters = DeadLetters(file, noted.size if noted.continues or not file.exists() else file.stat().st_size)
    report = noted.report
    pace = progress.IngestPace(sum(source.size for source in sources), report)
    try:
        with (
            to.quiet(noted.continues) if initial_load else nullcontext(),
            progress.shown(console, pace),
        ):
            loading = Loading(sources, options.reading(to.text_field), noted, dead_letters, pace)
            load(
                loading.entries(),
                to.connect,
                parts=partial(to.parts, report),
                report=report,
                dead_letters=loading.dead_letter,
                confirmed=loading.confirmed,
                starting=_StartsOnce(console, where.settings().embedding.start_seconds),
                # An empty index has no leftovers of an earlier load.
                leftovers=to.leftovers.remove if to.leftovers and held and not initial_load else None,
            )
            loading.finish()
        to.finish()
        noted.end()
    except Stopped as stopped:
        raise Failure(f"{stopped} {GOES_ON}") from None
    except OSError as error:
        raise Failure(f"{written(error)} {GOES_ON}") from None
    except KeyboardInterrupt:
        interrupted = True
        raise
    finally:
        dead_letters.close()
        noted.close()
        _show(console, report, to.index, dead_letters)
        if sources.omission:
            console.print(sources.omission, highlight=False, markup=False, soft_wrap=True)
        if interrupted:
            said = "Interrupted: the counted documents are complete; documents in flight may be stored."
            console.print(f"{said} {GOES_ON}", soft_wrap=True)
            interruption.said()
    if not report.read:
        raise Failure(f"Nothing was loaded: {_none(sources)}.")
    if report.arrived:
        _await_visible(console, visible_seconds(where))
    return not report.failed


def _await_visible(console: Console, seconds: int) -> None:
    """Wait until a question right after the command finds the stored documents."""
    if seconds:
        console.print(
            f"Searches on this collection find them within {seconds} s: waiting …", highlight=False, soft_wrap=True
        )
        sleep(seconds)


def _none(sources: DocumentSources) -> str:
    return "the sources have no file in a supported format" if sources.left_out else "the sources are empty"


class _StartsOnce:
    """Says once that the model is starting."""

    def __init__(self, console: Console, seconds: int | None) -> None:
        self._console, self._seconds, self._said = console, seconds, False

    def __call__(self) -> None:
        if not self._said:
            sentence = f"{starting(EMBEDDING, self._seconds)} The load goes on by itself."
            self._console.print(sentence, highlight=False, soft_wrap=True)
        self._said = True


def _held(to: IngestTarget, noted: Journal) -> int | None:
    """The number of documents and chunks in the index; None if it cannot be counted."""
    try:
        return to.held() if to.held else None
    except Failure:
        noted.close()
        raise


def _rejected_now() -> str:
    return f"rejected-{datetime.datetime.now(datetime.UTC):%Y%m%d-%H%M%S}.ndjson"


def _show(console: Console, report: Report, index: str, dead_letters: DeadLetters) -> None:
    console.print(
        f"{count_of(report.read, 'document')} read. Chunks in the index {index}: {report.summary}.", soft_wrap=True
    )
    if report.unkept:
        unkept = visible(", ".join(sorted(report.unkept)))
        console.print(
            f"The assistant does not store the fields {unkept}.", highlight=False, markup=False, soft_wrap=True
        )
    if report.masked:
        many = sorted(report.masked_in.items(), key=lambda each: -each[1])
        named = ", ".join(f"{visible(document)} ({number:,})" for document, number in many[:SHOWN_ERRORS])
        more = ", …" if len(many) > SHOWN_ERRORS else ""
        said = f"{count_of(report.masked, 'personal data item')} masked (index.mask), in {named}{more}."
        console.print(said, highlight=False, markup=False, soft_wrap=True)
    for sentence in report.errors[:SHOWN_ERRORS]:
        console.print(f"  [red]✗[/] {shown(sentence)}", highlight=False, soft_wrap=True)
    if report.failed > SHOWN_ERRORS:
        console.print(f"  … and {report.failed - SHOWN_ERRORS} more.", soft_wrap=True)
    if report.failed and dead_letters.size:
        console.print(
            f"Documents that could not be loaded are in {dead_letters.file}, with the reasons.",
            highlight=False,
            markup=False,
            soft_wrap=True,
        )
    if report.later:
        console.print(
            f"Loading that file later may succeed for {report.later:,} of {report.failed:,}. Correct the rest first."
            if report.later < report.failed
            else "Loading that file later may succeed.",
            soft_wrap=True,
        )
