"""Rehearses an upgrade: reads an environment, starts its engine on a later line of OpenSearch, and reads it again."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlcommons import ProvisioningError
from osml.doctor.checks.context import Context
from osml.evaluate.evaluation import read
from osml.failure import Failure
from osml.place import CHECKOUT, Place
from osml.rehearsal import SUBJECTS
from osml.rehearsal.subject import NOTED, WORSE, Comparison, RehearsalQuestions, RehearsalSubject
from osml.remote.domain import legible
from settings.amazon_versions import not_newer
from settings.serverless import Serverless

if TYPE_CHECKING:
    from sandbox.progress import Progress

SAMPLES = CHECKOUT / "samples" / "evaluation" / "questions.ndjson"
QUESTION_CHARACTERS = 200
# Seconds in which a started node may still load models and open indexes.
SETTLING, PAUSE = 60.0, 2.0


@dataclass(frozen=True)
class RehearsalFinding:
    """The result of one subject."""

    subject: str
    comparison: Comparison


@dataclass(frozen=True)
class Rehearsal:
    """`wanted` is the requested version, such as `OpenSearch_3.6`; `before` and `after` are the versions that ran."""

    environment: str
    wanted: str
    before: str
    after: str
    findings: tuple[RehearsalFinding, ...]

    @property
    def engine_version(self) -> str:
        """The `search.engine_version` with which an environment on Amazon gets the later line."""
        return not_newer(self.wanted)

    @property
    def is_worse(self) -> bool:
        return any(finding.comparison.is_worse for finding in self.findings)


def rehearse(place: Place, to: str, question: str | None, questions: Path | None, progress: "Progress") -> Rehearsal:
    """Upgrade the engine of the local cloud of `place`. It stays upgraded.

    `question` is asked and `questions` are evaluated before and after. The default question is the beginning of a
    document; the default labelled questions are the samples, if their documents are loaded. Raises Failure or
    SandboxError with a sentence.
    """
    from sandbox import upgrade

    instance = place.instance
    assert instance  # noqa: S101 - for the type checker: the command is one of the local cloud
    if isinstance(place.settings().search, Serverless):
        raise Failure(
            f"The environment {place.env} uses a collection, which has no version. Amazon upgrades collections itself."
        )
    upgrade.target(instance, to)
    chosen = _questions(Context(place), question, questions)
    progress.step(f"Reading the environment {place.env} before the upgrade …")
    context, before = Context(place), instance.engine.version
    looks = {subject.title: _look(subject, context, chosen) for subject in SUBJECTS}
    upgrade.upgrade(instance, progress, to)
    progress.step("Reading it again …")
    context = Context(place)
    findings = tuple(
        RehearsalFinding(subject.title, _compared(subject, context, chosen, looks[subject.title]))
        for subject in SUBJECTS
    )
    return Rehearsal(place.env, upgrade.named(to), before, instance.engine.version, findings)


def _questions(context: Context, question: str | None, questions: Path | None) -> RehearsalQuestions:
    if questions:
        read(questions)
    return RehearsalQuestions(
        question or _beginning(context), questions or (SAMPLES if _holds_samples(context) else None)
    )


def _beginning(context: Context) -> str | None:
    """The first words of a document of the index; None if the index is empty."""
    field = context.knowledge.text_field
    hits = _search(context, {"size": 1, "_source": [field]})["hits"]
    text = str(hits[0]["_source"].get(field, "")) if hits else ""
    return text[:QUESTION_CHARACTERS].strip() or None


def _holds_samples(context: Context) -> bool:
    """Whether the index has every document that the sample questions name."""
    ids = sorted({id for question in read(SAMPLES) for id in question.relevant})
    query = {"terms": {"document": ids}}
    body = {"size": 0, "query": query, "aggs": {"named": {"terms": {"field": "document", "size": len(ids)}}}}
    buckets = _searched(context, body)["aggregations"]["named"]["buckets"]
    return len(buckets) == len(ids)


def _search(context: Context, body: dict[str, Any]) -> dict[str, Any]:
    hits: dict[str, Any] = _searched(context, body)["hits"]
    return hits


def _searched(context: Context, body: dict[str, Any]) -> dict[str, Any]:
    path, plainly = f"/{context.knowledge.index}/_search", {"search_pipeline": "_none"}
    return context.domain.patiently("POST", path, params=plainly, json=body)


def _look(subject: RehearsalSubject, context: Context, chosen: RehearsalQuestions) -> Any:
    """The reading, or the Failure if it failed."""
    try:
        with legible(f"Reading {subject.title} of {context.place.env}"):
            return subject.look(context, chosen)
    except Failure as failure:
        return failure
    except ProvisioningError as error:
        return Failure(str(error))


def _compared(subject: RehearsalSubject, context: Context, chosen: RehearsalQuestions, before: Any) -> Comparison:
    """The comparison with a second look, which is repeated while a started node may still become healthy."""
    end = time.monotonic() + (SETTLING if subject.settles else 0)
    while True:
        finding = compared(subject, before, _look(subject, context, chosen))
        if not finding.is_worse or time.monotonic() > end:
            return finding
        time.sleep(PAUSE)


def compared(subject: RehearsalSubject, before: Any, after: Any) -> Comparison:
    """Compares two readings. A reading that failed before is not a fault of the upgrade."""
    if isinstance(before, Failure):
        return Comparison(NOTED, f"could not be compared: before the upgrade, {before}")
    if isinstance(after, Failure):
        return Comparison(WORSE, f"was readable before; now: {after}")
    return subject.compare(before, after)
