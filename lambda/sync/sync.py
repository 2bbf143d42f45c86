"""SQS calls this function with the name of a source; it goes on with that source's run, and sends itself the next call.

The queue is ordered for each source, so two calls never work on the same source. A message has `source` (a name), `run`
(an id), `dry` and `removing` (true or false). Without `run`, a new run begins, with the message's id.

Variables: `DESTINATION` (see corpus/load_settings.py), `SOURCES` (JSON, settings by name), `SECRETS` (JSON, ARN and
key by name), `STATE_BUCKET`, `QUEUE_URL`, `ENVIRONMENT`, `SLICE_SECONDS` (how long a call works; the rest of its time
is for items that are under way then). On a collection also `ASSISTANT` (as for the function `documents`).
"""

import json
import logging
import os
import time
from collections.abc import Callable, Sequence
from typing import Any

from aws.clients import client
from aws.secret_values import secret_value
from aws.telemetry import count, json_lines
from aws.textract import reading
from corpus.destination import Stopped
from corpus.load import BACKOFF
from corpus.load_settings import LoadSettings
from corpus.separate_process import FileLimits
from into_domain import into_domain
from mlcommons.errors import ProvisioningError
from settings.runtime_settings import VARIABLE
from settings.sources import SourceSettings, source_of
from sources.in_step import InStep, Into
from sources.item import Unlisted
from sources.kinds import source_at
from sources.run import Run, read_run, store_run
from sources.state import read_state, write_state
from sources.tools import Tools

# The seconds of the function's time that are reserved for storing the state.
MARGIN_SECONDS = 20.0
# The most seconds that reading an item may take, and the most bytes of memory.
LONGEST, MOST_MEMORY = 60.0, 512 << 20
# Seconds between two writes of a run's progress.
OFTEN = 2.0
TIME_OVER = "the call's time is over"


class TimeOver(Stopped):
    """The time of this call is over; the next call continues the run."""


def handler(event: dict[str, Any], context: Any) -> None:
    """The function's entry point. After an exception, the message comes again, and finally becomes a dead letter."""
    ends = time.monotonic() + context.get_remaining_time_in_millis() / 1000 - MARGIN_SECONDS
    for record in event["Records"]:
        message = json.loads(record["body"])
        settings_by_name = json.loads(os.environ["SOURCES"])
        if message["source"] not in settings_by_name:
            _log().warning("The source no longer exists.", extra={"finding": "NoSource", **message})
            continue
        settings = source_of(settings_by_name[message["source"]])
        run = _run(message, str(record["messageId"]))
        if run is None:
            _log().info("A run of this source is under way.", extra=message)
            continue
        _work(run, settings, ends)


def _run(message: dict[str, Any], message_id: str) -> Run | None:
    """The run to continue; None if it has ended, or if another run of the source is under way."""
    before = read_run(client("s3"), os.environ["STATE_BUCKET"], message["source"])
    wanted = message.get("run") or message_id
    if before and before.id == wanted:
        return before if before.status == "running" else None
    if before and before.is_under_way:
        return None
    return Run(
        source=message["source"],
        id=wanted,
        dry=bool(message.get("dry")),
        removing=bool(message.get("removing")),
    )


def _work(run: Run, settings: SourceSettings, ends: float) -> None:
    key = f"{'dry' if run.dry else 'state'}/{run.source}.jsonl.gz"
    bucket, s3 = os.environ["STATE_BUCKET"], client("s3")
    # A dry run begins with the known state, and stores its own progress separately.
    known = read_state(s3, bucket, key if run.calls else f"state/{run.source}.jsonl.gz", settings.groups)
    run.calls += 1
    write_run(run)
    until = min(ends, time.monotonic() + float(os.environ["SLICE_SECONDS"]))
    pictures = LoadSettings.from_environment().scans is not None
    tools = Tools(s3, lambda: _secret(run.source), lambda: until - time.monotonic(), pictures=pictures)
    written = time.monotonic()

    def tell() -> None:
        nonlocal written
        if time.monotonic() - written >= OFTEN:
            written = time.monotonic()
            write_run(run)

    is_over = True
    try:
        keeping = InStep(
            source_at(settings, tools),
            known,
            run,
            into(run, settings.groups, ends),
            most_removed=settings.most_removed,
            goes_on=lambda: time.monotonic() < until,
            tell=tell,
        )
        is_over = keeping.go_on()
    except TimeOver:
        run.message, is_over = None, False
    except (Unlisted, Stopped) as why:
        run.status, run.message = "failed", str(why)
    write_state(s3, bucket, key, known, settings.groups)
    write_run(run)
    if is_over:
        _tell(run)
    else:
        _go_on(run)


def into(run: Run, groups: Sequence[str], ends: float) -> Into:
    """The destination of the run's documents. Raises Stopped."""
    to = LoadSettings.from_environment()
    recognized = reading(to.text_field, to.scans, lambda: ends - time.monotonic())
    common: dict[str, Any] = {
        "reading": recognized,
        "limits": FileLimits(LONGEST, MOST_MEMORY),
        "groups": groups,
        "pause": _pause(ends),
    }
    if VARIABLE not in os.environ:
        return into_domain(to, run.source, ends, **common)
    from into_collection import into_collection

    def wait() -> None:
        seconds = float(to.visible_seconds)
        run.message = f"waits {seconds:.0f} seconds until a search finds what was stored"
        write_run(run)
        wait_for_search(seconds, ends)
        run.message = None

    return into_collection(run.source, ends, wait, **common)


def wait_for_search(seconds: float, ends: float) -> None:
    """Wait until a search finds what was stored; raises TimeOver if that is beyond `ends`."""
    if time.monotonic() + seconds > ends:
        raise TimeOver(TIME_OVER)
    time.sleep(seconds)


def _secret(source: str) -> str:
    arn, key = json.loads(os.environ["SECRETS"])[source]
    try:
        return secret_value(arn, key)
    except ProvisioningError as error:
        raise Unlisted(str(error)) from None


def _pause(ends: float) -> Callable[[int, float], float]:
    def within(attempt: int, requested: float) -> float:
        pause = BACKOFF.pause(attempt, requested)
        if time.monotonic() + pause > ends:
            raise TimeOver(TIME_OVER)
        return pause

    return within


def _go_on(run: Run) -> None:
    body = json.dumps({"source": run.source, "run": run.id})
    client("sqs").send_message(
        QueueUrl=os.environ["QUEUE_URL"],
        MessageBody=body,
        MessageGroupId=run.source,
        MessageDeduplicationId=f"{run.id}-{run.calls}",
    )


def write_run(run: Run) -> None:
    """Store the run's progress."""
    store_run(client("s3"), os.environ["STATE_BUCKET"], run)


def _tell(run: Run) -> None:
    """Log what the run has done, and count it as metrics."""
    counted = ("added", "changed", "removed", "unchanged", "refused", "kept", "passages", "masked", "calls")
    about: dict[str, Any] = {"source": run.source, "run": run.id, **{name: getattr(run, name) for name in counted}}
    if run.status == "done":
        _log().info("A source is in step.", extra=about)
    else:
        finding = "HeldBack" if run.status == "held" else "NotInStep"
        _log().warning("A source is not in step.", extra={**about, "finding": finding, "why": run.message})
    if not run.dry:
        changes = {"SourceChanges": run.added + run.changed + run.removed, "SourceRefused": run.refused}
        count({**changes, "SourceFailed": int(run.status != "done")}, _dimensions())


def _dimensions() -> dict[str, str]:
    return {"environment": os.environ["ENVIRONMENT"]}


def _log() -> logging.Logger:
    return json_lines("sync", _dimensions())
