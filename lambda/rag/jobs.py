"""Uploads that are larger than one request: they are put into a bucket, and separate calls of the function load them.

In the bucket, `uploads/<job>/<part>` is the upload and `jobs/<job>.json` its progress. S3 sends a message about
`begin/<job>` to the queue, which calls the function. If a call ends before its job is done, it writes `begin/<job>`
again.
"""

import json
import secrets
import tempfile
import time
from collections.abc import Callable, Generator, Sequence
from datetime import UTC, datetime, timedelta
from typing import IO, TYPE_CHECKING, Any, cast

from pydantic import ValidationError

from aws.textract import reading
from calls.count_of import count_of
from corpus.document import Entry, Unreadable
from corpus.separate_process import FileLimits
from corpus.source import read
from rag.budget import Budget
from rag.caller import Caller
from rag.failures import Absent, Invalid, RagFailure
from rag.files import MOST_MEMORY, Stored, for_groups, store_entries
from rag.job_state import State
from rag.parts import Parts
from rag.storing import documents_of
from rag.upload_models import DocumentIn, FileIn, PartIn

if TYPE_CHECKING:
    from rag.originals import Originals

UPLOADS, JOBS, BEGIN = "uploads", "jobs", "begin"
# The seconds between two writes of a job's progress, and the limit for reading the next document.
OFTEN, READING = 2.0, 60.0
# After this share of a call's time, it recognises the text of no further scanned page.
RECOGNIZING = 0.7
# A job that has made no progress for this time has stopped: its last message went to the dead-letter queue.
SILENT = timedelta(minutes=45)
BROKE_OFF = "It stopped several times after the documents listed here. Stored documents are kept; send the others."


class Jobs:
    """The jobs of an environment; `bucket` is its bucket, `s3` a client of boto3."""

    def __init__(self, bucket: str, s3: Any = None) -> None:
        if s3 is None:
            import boto3

            s3 = boto3.client("s3")
        self._bucket, self._s3 = bucket, s3

    def take(self, part: PartIn, caller: Caller) -> State:
        """Store a part of a file; the job begins when no part is missing. Raises `Absent` or `Invalid`."""
        begins = part.job is None
        state = self._new(part.name, part.of, caller, part.groups) if begins else self.state(str(part.job), caller)
        if (state.name, state.parts) != (part.name, part.of) or state.status != "receiving":
            raise Invalid(
                f"Part {part.number} of {part.of} of {part.name} does not belong to the job {state.id}, which is "
                f"{state.status} and has {count_of(state.parts, 'part')} of {state.name}; "
                "leave out job to begin another."
            )
        self._put(f"{UPLOADS}/{state.id}/{part.number:05}", part.content)
        sizes = self._sizes(state)
        state.received = sorted(sizes)
        if len(sizes) == state.parts:
            state.size = sum(sizes.values())
            self._begin(state)
        elif begins:
            # Only the first part saves the state, so parts that arrive at the same time do not overwrite it.
            self._save(state)
        return state

    def go_on(self, file: FileIn, done: Stored, caller: Caller) -> State:
        """A job for the rest of a file; a request has already stored the part that is `done`."""
        state = self._new(file.name, 1, caller, file.groups)
        return self._kept(state, file.content, len(file.content), done)

    def documents(self, given: Sequence[DocumentIn], caller: Caller) -> State:
        """A job that stores documents."""
        state = self._new(None, 1, caller)
        return self._kept(
            state, json.dumps([document.model_dump() for document in given]).encode(), len(given), Stored(0)
        )

    def _kept(self, state: State, content: bytes, size: int, done: Stored) -> State:
        self._put(f"{UPLOADS}/{state.id}/{1:05}", content)
        state.size, state.received = size, [1]
        state.note(done)
        self._begin(state)
        return state

    def state(self, id: str, caller: Caller) -> State:
        """The state of a job. An owner may see every job, others only their own. Raises `Absent`."""
        state = self._state(id)
        if not (caller.has("owner") or state.caller.id == caller.id):
            raise _absent(id)
        return state

    def _state(self, id: str) -> State:
        try:
            kept = self._s3.get_object(Bucket=self._bucket, Key=f"{JOBS}/{id}.json")["Body"].read()
        except self._s3.exceptions.NoSuchKey:
            raise _absent(id) from None
        state = State.model_validate_json(kept)
        if state.status == "receiving":
            state.received = sorted(self._sizes(state))
        elif state.status in ("waiting", "running") and datetime.now(UTC) - state.updated > SILENT:
            state.status, state.message = "stopped", BROKE_OFF
        return state

    def work(self, id: str, seconds: float, parts: Parts, originals: "Originals | None" = None, *, last: bool) -> str:
        """Store the rest of a job within `seconds`; `originals` stores the file itself if it is one document.

        Returns the reason if the same message must be tried again later. Returns an empty text otherwise, also if the
        time was over and another call continues the job. With `last`, documents that might be stored later are reported
        as not stored.
        """
        state = self._state(id)
        if state.status in ("done", "stopped"):
            return ""
        began, budget = time.monotonic(), Budget(seconds)
        state.status, state.message = "running", None
        self._save(state)
        stored, noted = Stored(state.settled, read=state.read), time.monotonic()

        def tell(so_far: Stored) -> None:
            nonlocal noted
            state.note(so_far)
            if time.monotonic() - noted >= OFTEN:
                noted = time.monotonic()
                self._save(state)

        def goes_on() -> bool:
            return time.monotonic() - began < seconds / 2

        def left() -> float:
            return began + seconds * RECOGNIZING - time.monotonic()

        with tempfile.TemporaryFile() as file:
            self._content(state, file)
            original = originals.of_upload(state.name, file, budget, parts) if originals and state.name else None
            try:
                entries = for_groups(_entries(state, file, parts, left), state.groups)
                entries = original.of(entries) if original else entries
                store_entries(entries, stored, budget, parts, state.caller, goes_on, tell, last=last)
            except RagFailure as failure:
                stored.later = failure.message
            if original:
                original.settle([*state.documents, *stored.results])
        if stored.ended:
            state.status, state.message, state.progress = "done", None, 1.0
        elif stored.later and not last:
            state.status, state.message = "waiting", stored.later
        elif stored.later:
            state.status, state.message = "stopped", stored.later
        else:
            self._begin(state)
            return ""
        self._save(state)
        return stored.later if state.status == "waiting" else ""

    def _new(self, name: str | None, parts: int, caller: Caller, groups: list[str] | None = None) -> State:
        return State(
            id=secrets.token_hex(16),
            name=name,
            status="receiving",
            parts=parts,
            updated=datetime.now(UTC),
            caller=caller,
            groups=groups,
        )

    def _begin(self, state: State) -> None:
        state.status = "waiting"
        self._save(state)
        self._put(f"{BEGIN}/{state.id}", b"")

    def _save(self, state: State) -> None:
        state.updated = datetime.now(UTC)
        self._put(f"{JOBS}/{state.id}.json", state.model_dump_json().encode())

    def _put(self, key: str, content: bytes) -> None:
        self._s3.put_object(Bucket=self._bucket, Key=key, Body=content)

    def _sizes(self, state: State) -> dict[int, int]:
        """The bytes of each part in the bucket. One answer lists up to 1,000 objects; a job has fewer parts."""
        objects = self._s3.list_objects_v2(Bucket=self._bucket, Prefix=f"{UPLOADS}/{state.id}/").get("Contents", [])
        return {int(stored["Key"].rpartition("/")[2]): stored["Size"] for stored in objects}

    def _content(self, state: State, file: IO[bytes]) -> None:
        for number in range(1, state.parts + 1):
            key = f"{UPLOADS}/{state.id}/{number:05}"
            self._s3.download_fileobj(self._bucket, key, file)
        file.seek(0)


def _absent(id: str) -> Absent:
    return Absent(f"There is no job {id!r}; jobs are kept for 14 days.")


def _entries(state: State, file: IO[bytes], parts: Parts, left: Callable[[], float]) -> Generator[Entry]:
    field = parts.settings.index.text_field
    if state.name is not None:
        as_set, limits = reading(field, parts.settings.scans, left), FileLimits(READING, MOST_MEMORY)
        return read(cast(Any, file), state.name, as_set, state.settled, limits)
    return _given(file, field, state.settled)


def _given(file: IO[bytes], text_field: str, skip: int) -> Generator[Entry]:
    """The entries of a JSON list of documents."""
    try:
        given = json.load(file)
    except (ValueError, RecursionError) as error:
        yield Unreadable("the list of documents", f"is not JSON ({error})")
        return
    for number, fields in enumerate(given if isinstance(given, list) else [given], 1):
        if number <= skip:
            continue
        try:
            [document] = documents_of([DocumentIn.model_validate(fields)], text_field)
        except ValidationError as error:
            wrong = error.errors(include_input=False)[0]
            yield Unreadable(f"document {number}", f"{'.'.join(map(str, wrong['loc']))}: {wrong['msg']}")
        else:
            yield document
