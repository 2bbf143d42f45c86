"""Feedback about answers, in the index of a domain and in the table of a collection."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import boto3
import pytest

from opensearch_ml.resources.feedback_index import FeedbackIndex
from osml.evaluate.evaluation import read
from osml.feedback.feedback import evaluation_set, gaps
from rag import history, rating
from rag.budget import Budget
from rag.caller import Caller
from rag.failures import Absent, Invalid
from rag.feedback.index import FeedbackInIndex
from rag.feedback.table import FeedbackInTable
from rag.feedback_models import FeedbackIn, Judgement
from settings.runtime_settings import ConversationIndexSettings, FeedbackSettings
from tests.contract import assistant_engine, kinds_engine, test_history
from tests.contract.assistant_engine import SECONDS, Shop

engine_transport, models = kinds_engine.engine_transport, assistant_engine.models
shelf, kept = assistant_engine.shelf, test_history.kept
QUESTION = test_history.QUESTION
NAME = "judged-feedback"


@pytest.fixture(scope="module")
def judged(kept: Shop) -> Iterator[Shop]:
    """The shelf, with feedback stored next to its conversations, without texts."""
    if isinstance(kept.parts.settings.conversations, ConversationIndexSettings):
        engine = kept.engine
        engine.send("PUT", f"/{NAME}", FeedbackIndex.body(0), Budget(SECONDS))
        yield with_feedback(kept, FeedbackInIndex(engine, NAME, 90), "index")
        engine.send("DELETE", f"/{NAME}", None, Budget(SECONDS))
        return
    # In the same local cloud as the conversations.
    boto3.client("dynamodb", region_name="us-east-1").create_table(
        TableName=NAME,
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("kind", "id")],
        KeySchema=[{"AttributeName": "kind", "KeyType": "HASH"}, {"AttributeName": "id", "KeyType": "RANGE"}],
        BillingMode="PAY_PER_REQUEST",
    )
    yield with_feedback(kept, FeedbackInTable(NAME, 90, kept.parts.settings.timeouts), "table")


def with_feedback(
    kept: Shop, store: Any, kind: Literal["index", "table"], keep: Literal["ratings", "texts"] = "ratings"
) -> Shop:
    settings = kept.parts.settings.model_copy(
        update={"feedback": FeedbackSettings(keep=keep, days=90, kind=kind, name=NAME)}
    )
    return replace(kept, parts=replace(kept.parts, settings=settings, feedback=store))


def with_texts(judged: Shop) -> Shop:
    feedback = judged.parts.settings.feedback
    assert feedback is not None
    return with_feedback(judged, judged.parts.feedback, feedback.kind, "texts")


def everything(judged: Shop, size: int = 50) -> list[Judgement]:
    if isinstance(judged.parts.feedback, FeedbackInIndex):
        judged.engine.send("POST", f"/{NAME}/_refresh", None, Budget(SECONDS))
    listed, after = list[Judgement](), None
    while True:
        page = rating.listed(size, after, SECONDS, judged.parts)
        assert len(page.feedback) <= size
        listed += page.feedback
        after = page.after
        if after is None:
            return listed


def of(judged: Shop, caller: Caller) -> list[Judgement]:
    from rag.conversations import mark_of

    return [entry for entry in everything(judged, 2) if entry.reader == mark_of(caller.id)]


def test_a_rating_names_sources_model_and_prompt_and_has_no_text(judged: Shop) -> None:
    ada = test_history.by(judged, "rater")
    answer = judged.ask(QUESTION, ada)
    id = str(answer.conversation_id)
    rating.rate(id, FeedbackIn(rating="down", reason="incomplete"), SECONDS, ada, judged.parts)
    token, number = id.split("-")
    zeros = f"{token}-00{number}"
    rating.rate(zeros, FeedbackIn(rating="up"), SECONDS, ada, judged.parts)
    (entry,) = of(judged, ada)
    assert (entry.id, entry.rating, entry.reason, entry.grounded) == (id, "up", None, True)
    assert entry.passages == [source.id for source in answer.sources]
    assert entry.documents == ["tower"]
    assert entry.model == answer.model
    assert len(entry.prompt) == 12
    assert (entry.question, entry.answer, entry.comment, entry.after) == (None, None, None, [])
    written = entry.model_dump_json()
    assert "lighthouse" not in written
    assert ada.id not in written
    with pytest.raises(Invalid, match="keeps no texts"):
        rating.rate(id, FeedbackIn(rating="up", comment="Good."), SECONDS, ada, judged.parts)
    judged.ask("Who is the lion in Narnia?", ada)
    assert len(of(judged, ada)) == 1
    rating.withdraw(zeros, SECONDS, ada, judged.parts)
    assert of(judged, ada) == []


def test_a_conversation_shows_its_callers_latest_ratings_at_once(judged: Shop) -> None:
    texts, ada = with_texts(judged), test_history.by(judged, "recaller")
    first = texts.ask(QUESTION, ada)
    second = texts.ask("And when does the ferry leave?", ada, conversation_id=first.conversation_id)
    third = texts.ask(
        "Who is the lion in Narnia?", ada, conversation_id=second.conversation_id
    )  # kept without a rating
    other = texts.ask(QUESTION, ada)
    rating.rate(str(other.conversation_id), FeedbackIn(rating="down"), SECONDS, ada, texts.parts)

    def ratings() -> list[str | None]:
        shown = history.shown(str(third.conversation_id), SECONDS, ada, texts.parts).shown
        return [turn.rating for turn in shown]

    assert ratings() == [None, None, None]
    rating.rate(str(first.conversation_id), FeedbackIn(rating="up"), SECONDS, ada, texts.parts)
    rating.rate(str(second.conversation_id), FeedbackIn(rating="up"), SECONDS, ada, texts.parts)
    rating.rate(str(second.conversation_id), FeedbackIn(rating="down", reason="wrong"), SECONDS, ada, texts.parts)
    assert ratings() == ["up", "down", None]
    rating.withdraw(str(first.conversation_id), SECONDS, ada, texts.parts)
    assert ratings() == [None, "down", None]
    without = replace(texts, parts=replace(texts.parts, feedback=None))
    shown = history.shown(str(third.conversation_id), SECONDS, ada, without.parts).shown
    assert [turn.rating for turn in shown] == [None, None, None]


def test_texts_make_an_evaluation_set_and_show_gaps(judged: Shop, tmp_path: Path) -> None:
    texts, ada = with_texts(judged), test_history.by(judged, "writer")
    first = texts.ask(QUESTION, ada)
    second = texts.ask("And when does the ferry leave?", ada, conversation_id=first.conversation_id)
    lion = texts.ask("Who is the lion in Narnia?", ada, conversation_id=second.conversation_id)
    up, down = FeedbackIn(rating="up"), FeedbackIn(rating="down", reason="missing", comment="It is in the leaflet.")
    rating.rate(str(second.conversation_id), up, SECONDS, ada, texts.parts)
    rating.rate(str(first.conversation_id), down, SECONDS, ada, texts.parts)
    listed = of(texts, ada)
    assert {entry.question: (entry.rating, entry.grounded, entry.comment) for entry in listed} == {
        QUESTION: ("down", True, "It is in the leaflet."),
        "And when does the ferry leave?": ("up", True, None),
        "Who is the lion in Narnia?": (None, False, None),
    }
    assert {entry.question for entry in gaps(listed)} == {QUESTION, "Who is the lion in Narnia?"}
    file = tmp_path / "set.ndjson"
    file.write_text("\n".join(json.dumps(labelled) for labelled in evaluation_set(listed)))
    (labelled,) = read(file)
    assert (labelled.question, labelled.after) == ("And when does the ferry leave?", (QUESTION,))
    assert labelled.relevant == {"ferry": 2}
    assert lion.conversation_id in [entry.id for entry in listed]


def test_nobody_rates_the_answer_of_somebody_else_or_one_that_is_not_there(judged: Shop) -> None:
    ada, bob = test_history.by(judged, "asker"), test_history.by(judged, "stranger", None)
    id = str(judged.ask(QUESTION, ada).conversation_id)
    for caller, wrong in ((bob, id), (ada, id.replace("-1", "-2")), (ada, f"{'0' * 32}-1")):
        with pytest.raises(Absent, match="no such conversation"):
            rating.rate(wrong, FeedbackIn(rating="up"), SECONDS, caller, judged.parts)
    with pytest.raises(Absent, match="no such conversation"):
        rating.withdraw(id, SECONDS, bob, judged.parts)
    with pytest.raises(Invalid, match="No answer has this id"):
        rating.rate(id.removesuffix("-1"), FeedbackIn(rating="up"), SECONDS, ada, judged.parts)
    assert of(judged, ada) == []


def test_feedback_ends_after_its_days(judged: Shop) -> None:
    ada = test_history.by(judged, "old rater")
    id = str(judged.ask(QUESTION, ada).conversation_id)
    given = rating.rate(id, FeedbackIn(rating="up"), SECONDS, ada, judged.parts)
    store = judged.parts.feedback
    assert store is not None
    store.put(given.model_copy(update={"at": datetime.now(UTC) - timedelta(days=91)}), Budget(SECONDS))
    assert of(judged, ada) == []
    assert [turn.rating for turn in history.shown(id, SECONDS, ada, judged.parts).shown] == [None]
    if isinstance(store, FeedbackInIndex):
        store.sweep(Budget(SECONDS))
        judged.engine.send("POST", f"/{NAME}/_refresh", None, Budget(SECONDS))
        over = {"query": {"ids": {"values": [id]}}}
        assert judged.engine.send("POST", f"/{NAME}/_count", over, Budget(SECONDS))["count"] == 0


def test_an_environment_without_feedback_says_so(kept: Shop) -> None:
    with pytest.raises(Absent, match=r"assistant\.feedback"):
        rating.listed(10, None, SECONDS, kept.parts)
