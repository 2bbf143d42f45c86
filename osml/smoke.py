"""Says whether a deployed environment answers, and whether from its documents."""

import re
from collections.abc import Sequence

from osml.asking import ask
from osml.failure import Failure
from osml.place import Place
from osml.question import Answer

# Figures, and words long enough to mean something.
WORD = re.compile(r"\d[\d.,]*\d|\d|[^\W\d_]{4,}")
THOUGHT = re.compile(r"</?think>", re.IGNORECASE)
SHOWN_CHARACTERS = 200


def run(place: Place, question: str, expect: Sequence[str]) -> str:
    """Ask, and return one sentence about a good answer. Raises Failure when there is none, or it is not grounded."""
    answer = ask(place, question)
    fault = fault_of(answer, expect)
    if fault:
        raise Failure(f"The environment {place.env} was asked {question!r}, but {fault}.")
    if answer.text is None:
        return f"Found: {place.env} has {len(answer.sources)} documents for it: {_short(answer.sources[0].text)}"
    return f"Grounded: {place.env} answered from {len(answer.sources)} documents: {_short(answer.text)}"


def fault_of(answer: Answer, expect: Sequence[str] = ()) -> str | None:
    """What is wrong with `answer`, as the end of a sentence, or None.

    It is grounded when it holds one of the texts `expect`; without any, when it shares a figure or a word with its
    sources that the question did not give it already. Where no model answers, the documents found are looked at.
    """
    sources = " ".join(source.text for source in answer.sources).strip()
    if answer.text is None:
        fault = None if _holds(sources, expect) else f"no document holds {_either(expect)}: {_short(sources)}"
        return fault if sources else "no document with a text was found"
    text = answer.text.strip()
    if not text:
        return "the answer is empty"
    if THOUGHT.search(text):
        return f"the answer shows the model's thoughts: {_short(text)}"
    if not sources:
        return "the answer rests on no document"
    if not _holds(text, expect):
        return f"the answer does not hold {_either(expect)}: {_short(text)}"
    if not expect and not (_words(text) & _words(sources)) - _words(answer.question):
        return f"the answer takes nothing from the {len(answer.sources)} documents found: {_short(text)}"
    return None


def _holds(text: str, expect: Sequence[str]) -> bool:
    return not expect or any(one in text for one in expect)


def _either(expect: Sequence[str]) -> str:
    return " or ".join(map(repr, expect))


def _words(text: str) -> set[str]:
    return {word.casefold() for word in WORD.findall(text)}


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SHOWN_CHARACTERS else f"{line[:SHOWN_CHARACTERS]}…"
