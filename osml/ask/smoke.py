"""The smoke test: whether a deployed environment answers, and whether the answer is grounded in its documents."""

import re
import time
from collections.abc import Callable, Sequence

from calls.count_of import count_of
from osml.ask.asking import ask
from osml.failure import Failure
from osml.place import Place
from osml.remote.visible import visible_seconds
from rag.models import Answer

# Numbers, and words of at least four letters.
WORD = re.compile(r"\d[\d.,]*\d|\d|[^\W\d_]{4,}")
THOUGHT = re.compile(r"</?think>", re.IGNORECASE)
SHOWN_CHARACTERS = 200
# Few, because each further question costs as much as the first.
MOST_AGAIN = 3
# Seconds between two questions to a model that is starting, and seconds for all of them. A longer start is a fault.
START_PAUSE, LONGEST_START = 30.0, 1200.0


def run(place: Place, question: str, expect: Sequence[str], sleep: Callable[[float], None] = time.sleep) -> str:
    """Ask, and return one sentence about the answer. Raises Failure when there is no answer or it is not grounded.

    A collection finds new documents only after its refresh interval, so the question is repeated during that time.
    It is also repeated while the model is starting.
    """
    waits = visible_seconds(place)
    pause, asked_again = waits / MOST_AGAIN, 0
    while True:
        answer = _answer(place, question, sleep)
        fault = fault_of(question, answer, expect)
        if fault is None or not waits or asked_again == MOST_AGAIN:
            break
        sleep(pause)
        asked_again += 1
    if fault:
        waited = f" (also after {waits} s, when a collection finds new documents)" if asked_again else ""
        raise Failure(f"The question {question!r} to the environment {place.env} failed: {fault}{waited}.")
    if answer.answer is None:
        return f"Found: {place.env} found {count_of(len(answer.sources), 'document')}: {_short(answer.sources[0].text)}"
    return f"Grounded: {place.env} answered from {count_of(len(answer.sources), 'document')}: {_short(answer.answer)}"


def _answer(place: Place, question: str, sleep: Callable[[float], None]) -> Answer:
    waited = 0.0
    while True:
        try:
            return ask(place, question)
        except Failure as failure:
            if failure.cause != "model-starting" or waited >= LONGEST_START:
                raise
        sleep(START_PAUSE)
        waited += START_PAUSE


def fault_of(question: str, answer: Answer, expect: Sequence[str] = ()) -> str | None:
    """What is wrong with `answer`, as the end of a sentence; None when it is good.

    An answer is grounded when it contains one of the texts `expect`. Without `expect` it is grounded when it shares
    with its sources a number or a word that is not in the question. Without an answer model the check applies to the
    found documents.
    """
    sources = " ".join(source.text for source in answer.sources).strip()
    if answer.answer is None:
        fault = None if _holds(sources, expect) else f"no document contains {_either(expect)}: {_short(sources)}"
        return fault if sources else "no document with a text was found"
    text = answer.answer.strip()
    if not text:
        return "the answer is empty"
    if THOUGHT.search(text):
        return f"the answer contains the model's reasoning: {_short(text)}"
    if not sources:
        return "the answer has no source document"
    if not _holds(text, expect):
        return f"the answer does not contain {_either(expect)}: {_short(text)}"
    if not expect and not (_words(text) & _words(sources)) - _words(question):
        return f"the answer uses nothing from {count_of(len(answer.sources), 'found document')}: {_short(text)}"
    return None


def _holds(text: str, expect: Sequence[str]) -> bool:
    return not expect or any(words in text for words in expect)


def _either(expect: Sequence[str]) -> str:
    return " or ".join(map(repr, expect))


def _words(text: str) -> set[str]:
    return {word.casefold() for word in WORD.findall(text)}


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SHOWN_CHARACTERS else f"{line[:SHOWN_CHARACTERS]}…"
