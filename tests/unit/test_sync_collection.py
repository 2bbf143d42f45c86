"""How the function that keeps a collection in step stores documents; the contract tests do it on a real engine."""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

import into_collection
import sync
from corpus.destination import Busy, Outcome, Stopped, Verdict
from corpus.document import Document
from corpus.fields import with_source
from into_collection import TOO_LONG, CollectionDestination
from rag.budget import Budget
from rag.caller import Held, groups_in
from rag.failures import AssistantRefused, Broken, RagFailure, Starting, Throttled, TimedOut, Unavailable
from rag.parts import Parts, parts
from rag.search import Passage, Replaced
from settings.runtime_settings import RuntimeSettings
from sources.run import Run

DESTINATION = {
    "target": {"endpoint": "https://nowhere.invalid"},
    "index": "passages",
    "text_field": "text",
    "passage_characters": 1000,
    "visible_seconds": 10,
}
SETTINGS = RuntimeSettings.model_validate(
    {
        "environment": "dev",
        "search": {"endpoint": "https://nowhere.invalid", "region": "us-east-1", "service": "aoss"},
        "index": {"name": "passages", "text_field": "text", "embedding_field": "embedding"},
        "prompt": {},
        "embedding": {"provider": "titan", "dimension": 256},
        "conversations": {"kind": "memory"},
    }
)


@dataclass
class Search:
    """Stores passages, except those of documents in `fail`; before that it calls `before` or raises `raised`."""

    fail: dict[str, RagFailure] = field(default_factory=dict)
    raised: RagFailure | None = None
    before: Callable[[], object] = lambda: None
    held_groups: frozenset[str] = frozenset()
    passages: list[Passage] = field(default_factory=list)

    def held(self, documents: Sequence[str], budget: Budget) -> dict[str, Held]:
        return {document: Held(self.held_groups, frozenset(["somebody"])) for document in documents}

    def taken(self, passages: Sequence[Passage], budget: Budget) -> dict[str, Held]:
        return {}

    def replace(self, passages: Sequence[Passage], budget: Budget) -> Replaced:
        self.before()
        if self.raised:
            raise self.raised
        self.passages += passages
        return Replaced(
            {passage.id: self.fail[passage.document] for passage in passages if passage.document in self.fail}
        )


def collection(search: Search, ends: float = 1e12) -> CollectionDestination:
    return CollectionDestination(Parts(SETTINGS, cast(Any, search), None, cast(Any, None)), ends)


def sent(to: CollectionDestination, *ids: str) -> list[Outcome]:
    source = with_source({"text": "The harbour lands cod.", "title": "Harbour"}, "handbook")
    return to.send([to.encode(Document(id, source, id, id, places=[(0, {"page": 2})])) for id in ids])


def test_a_document_is_stored_whole_with_its_source_and_place_and_for_everybody() -> None:
    search = Search(held_groups=frozenset(["hr"]))
    assert sent(collection(search), "a") == [Outcome(Verdict.STORED)]
    (passage,) = search.passages
    assert (passage.id, passage.document, passage.title) == ("a", "a", "Harbour")
    assert passage.fields["osml"]["source"] == "handbook"
    assert (passage.fields["page"], groups_in(passage.fields)) == (2, [])


def test_each_document_of_a_batch_has_its_own_outcome() -> None:
    search = Search({"b": Throttled("The model throttles."), "c": Broken("The model refuses the text.")})
    verdicts = [outcome.verdict for outcome in sent(collection(search), "a", "b", "c")]
    assert verdicts == [Verdict.STORED, Verdict.LATER, Verdict.REFUSED]


@pytest.mark.parametrize("failure", [Throttled("Slow."), Unavailable("Down."), TimedOut("Late.")])
def test_a_batch_that_may_be_stored_later_is_sent_again(failure: RagFailure) -> None:
    with pytest.raises(Busy, match=failure.message):
        sent(collection(Search(raised=failure)), "a")


def test_while_the_model_starts_all_is_waited_for() -> None:
    starts = Starting("The embedding model is starting.")
    assert (
        sent(collection(Search(dict.fromkeys("ab", starts))), "a", "b")
        == [Outcome(Verdict.STARTING, starts.message)] * 2
    )


def test_a_permission_that_is_missing_ends_the_run_with_its_sentence() -> None:
    with pytest.raises(Stopped, match="may not call the model"):
        sent(collection(Search(raised=AssistantRefused("The assistant may not call the model."))), "a")


def test_a_document_that_takes_longer_than_a_call_is_refused_and_not_begun_by_every_call(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = 0.0

    def passes() -> None:
        nonlocal clock
        clock += 240.0

    monkeypatch.setattr(time, "monotonic", lambda: clock)
    late = Search({"a": TimedOut("Late."), "b": TimedOut("Late.")}, before=passes)
    assert sent(collection(late), "a") == [Outcome(Verdict.REFUSED, TOO_LONG)]
    assert [outcome.verdict for outcome in sent(collection(late), "a", "b")] == [Verdict.LATER] * 2


def test_the_function_waits_until_a_search_finds_everything_and_not_beyond_its_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    slept = list[float]()
    monkeypatch.setattr(time, "sleep", slept.append)
    monkeypatch.setattr(time, "monotonic", lambda: 100.0)
    sync.wait_for_search(60.0, 160.0)
    assert slept == [60.0]
    with pytest.raises(sync.TimeOver):
        sync.wait_for_search(60.0, 159.0)
    assert slept == [60.0]


def test_the_run_says_what_it_waits_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sync, "VARIABLE", "PATH")
    monkeypatch.setenv("DESTINATION", json.dumps(DESTINATION))
    waits = list[Callable[[], None]]()
    monkeypatch.setattr(into_collection, "into_collection", lambda _source, _ends, wait, **_: waits.append(wait))
    messages = list[str | None]()
    monkeypatch.setattr(sync, "write_run", lambda run: messages.append(run.message))
    monkeypatch.setattr(sync, "wait_for_search", lambda *_: None)
    run = Run(source="handbook", id="1")
    sync.into(run, [], 1e12)
    waits[0]()
    assert (messages, run.message) == (["waits 10 seconds until a search finds what was stored"], None)


def test_the_settings_of_the_assistant_say_that_the_function_embeds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESTINATION", json.dumps(DESTINATION))
    monkeypatch.setenv("ASSISTANT", SETTINGS.model_dump_json(exclude_unset=True))
    for name in ("AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "us-east-1")
    parts.cache_clear()
    into = sync.into(Run(source="handbook", id="1"), ["hr"], 1e12)
    assert isinstance(into.connect(), CollectionDestination)
    assert (into.leftovers, into.groups) == (None, ["hr"])
    parts.cache_clear()
