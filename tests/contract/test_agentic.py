"""Agentic search on a real engine: a question of two steps, filters, the asker's permissions, and the plain search."""

from dataclasses import replace
from itertools import takewhile

import pytest

from rag.answering import answer
from rag.caller import Caller
from rag.events import Answered, Event, Searched, Sources, Stage, Text
from rag.models import Question
from rag.parts import assembled
from settings.retrieval import Agentic, Retrieval
from tests.contract import assistant_engine, kinds_engine
from tests.contract.assistant_engine import ALICE, SECONDS, Shop
from tests.contract.kinds_engine import RoleHeaders
from tests.waiting import until

engine_transport, models, shelf = kinds_engine.engine_transport, assistant_engine.models, assistant_engine.shelf
two_tries = assistant_engine.two_tries

PUMP = "The Brixol pump is made by Kernwerk."
SEAT = "Kernwerk has its seat in Torvik, a town on the coast."
SECRET = "Kernwerk will move its seat to Ostmark, a town inland, next year."
HOPS = "In which town is the seat of the maker of the Brixol pump?"
BOARD = Caller("carol", "reader", groups=frozenset({"board"}))
# They are nearer to the question than the text that answers it.
OTHERS = [
    (f"other-{name}", f"The town of {name} has a maker of pumps, and the seat of the district is in the town.")
    for name in ("Alm", "Bode", "Cort", "Dorn", "Esk", "Fjell")
]


@pytest.fixture(scope="module")
def agentic(shelf: Shop) -> Shop:
    """The same index, with the searches that the model asks for."""
    settings = shelf.parts.settings.model_copy(update={"retrieval": Retrieval(agentic=Agentic()), "top_k": 3})
    return replace(shelf, parts=assembled(settings, RoleHeaders()))


@pytest.fixture(scope="module", autouse=True)
def stocked(shelf: Shop) -> None:
    assert shelf.store(("pump", PUMP), ("kernwerk", SEAT), *OTHERS).stored == 2 + len(OTHERS)
    assert shelf.store(("move", SECRET), groups=["board"]).stored == 1
    until("the documents", lambda: {source.id for source in shelf.ask(SEAT, top_k=8).sources}, {"kernwerk"}.issubset)
    until("the secret", lambda: {source.id for source in shelf.ask(SECRET, BOARD, top_k=8).sources}, {"move"}.issubset)


def test_a_question_of_two_steps_needs_both_searches(shelf: Shop, agentic: Shop) -> None:
    assert "kernwerk" not in {source.id for source in shelf.ask(HOPS, top_k=3).sources}
    begun, *steps, sources, answering, last = [event for event in agentic.events(HOPS) if not isinstance(event, Text)]
    assert (begun, answering) == (Stage("searching"), Stage("answering"))
    assert isinstance(sources, Sources)
    assert isinstance(last, Answered)
    assert [event.step for event in steps if isinstance(event, Searched)] == last.answer.steps
    assert len(steps) == len(last.answer.steps) == 1
    assert "Kernwerk" in last.answer.steps[0].query
    assert {"pump", "kernwerk"} <= {source.id for source in last.answer.sources}
    assert last.answer.grounded


def test_a_question_of_one_step_is_searched_once(agentic: Shop) -> None:
    answer = agentic.ask("Is the Brixol pump made by Kernwerk?", top_k=3)
    assert (answer.steps, answer.sources[0].id) == ([], "pump")


def test_a_search_of_the_model_finds_nothing_that_the_asker_may_not_see(agentic: Shop) -> None:
    seen = agentic.ask(HOPS, top_k=9)
    assert "move" not in {source.id for source in seen.sources}
    assert "Ostmark" not in seen.model_dump_json()
    board = agentic.ask(HOPS, BOARD, top_k=9)
    assert "move" in {source.id for source in board.sources}


def test_the_filters_of_the_question_hold_for_each_search(agentic: Shop) -> None:
    answer = agentic.ask(HOPS, filters={"document": ["pump", "other-Alm"]})
    assert {source.id for source in answer.sources} <= {"pump", "other-Alm"}


def not_answering(event: Event) -> bool:
    return event != Stage("answering")


def test_while_the_model_fails_the_first_search_stands(shelf: Shop, agentic: Shop, two_tries: None) -> None:
    plain = [source.id for source in shelf.ask(HOPS, top_k=3).sources]
    with agentic.fault("deepseek", fail=1):
        events = answer(Question(question=HOPS), ALICE, SECONDS, agentic.parts)
        [sources] = [event for event in takewhile(not_answering, events) if isinstance(event, Sources)]
    assert [source.id for source in sources.sources] == plain
