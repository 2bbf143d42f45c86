"""Questions that the environment's model proposes for its own documents; a person drops the bad ones."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from calls.count_of import count_of
from osml.documents.library import Library, all_of, library
from osml.evaluate.passage_reader import QUOTED, reader
from osml.failure import Failure
from osml.place import Place
from osml.terminal import as_json
from rag.document_models import DocumentShown, PassageShown

ASKING = (
    "Write one question that the text below answers, as somebody asks it who has not read the text: name what it is "
    "about, and do not mention the text. Reply with the question alone.\n{text}"
)
_LONGEST = 300
# What a model puts before a question: a number, a sign of a list, a quotation mark, a word such as `Question:`.
_BEFORE = re.compile(r"^(?:question)?[\s\d.:)*\"“”'>#-]*", re.IGNORECASE)
# The grade of the document that a question is about, as in `osml feedback export`.
GRADE = 2

AskModel = Callable[[str, PassageShown], str]
"""Asks the model for a question about a passage of a document, given the document's id; returns its reply."""


@dataclass(frozen=True)
class Proposal:
    """A question that a passage of the document answers."""

    question: str
    document: str
    title: str | None
    passage: str

    @property
    def line(self) -> str:
        """The question as a line of an evaluation set."""
        return as_json({"question": self.question, "relevant": {self.document: GRADE}})


def proposals(place: Place, number: int) -> Iterator[Proposal]:
    """Up to `number` questions, one for each of as many documents, spread evenly over all documents.

    If there are fewer documents than `number`, a document gets several questions. Raises Failure as `proposed` does.
    """
    return proposed(library(place), number, _model(place))


def proposed(documents: Library, number: int, ask: AskModel) -> Iterator[Proposal]:
    """Like `proposals`; raises Failure if there are no documents, or if the model proposes no question."""
    seen, replies = set[str](), list[str]()
    for shown, passage in _spread(documents, number):
        replies.append(ask(shown.id, passage))
        wanted = question_in(replies[-1])
        if wanted and wanted.casefold() not in seen:
            seen.add(wanted.casefold())
            yield Proposal(wanted, shown.id, shown.title, passage.text)
    if not replies:
        raise Failure("No document has a passage that you may see. Load some with `osml ingest FILE`.", "index-empty")
    if not seen:
        raise Failure(
            f"The model was asked about {count_of(len(replies), 'passage')} and wrote no question; it said: "
            f"{replies[0][:200]!r}. Set another model in `answer`, or write questions yourself.",
            "answer-not-understood",
        )


def _spread(documents: Library, number: int) -> Iterator[tuple[DocumentShown, PassageShown]]:
    """Passages to ask about: one for each document, or the first ones of each if there are fewer documents."""
    listed = list(all_of(documents, None))
    if not listed:
        raise Failure("The index has no documents for questions. Load some with `osml ingest FILE`.", "index-empty")
    few = len(listed) < number
    for turn in range(number):
        shown = documents.shown(listed[turn % len(listed) if few else turn * len(listed) // number].id)
        # The caller may see a document in the list and none of its passages a moment later.
        place = turn // len(listed) if few else turn % max(1, len(shown.passages))
        if place < len(shown.passages):
            yield shown, shown.passages[place]


def question_in(reply: str) -> str | None:
    """The first line of a model's reply that is a question; None if there is none."""
    for line in reply.splitlines():
        wanted = _BEFORE.sub("", line.strip()).rstrip("\"”'* ")
        if wanted.endswith(("?", "？", "؟")) and len(wanted) <= _LONGEST:
            return wanted
    return None


def write(
    file: Path, proposed: Iterable[Proposal], judge: Callable[[Proposal], Proposal | None] = lambda each: each
) -> int:
    """Write what `judge` keeps to a new file, and return the number of lines. Raises Failure if the file exists.

    Each line is written at once. `judge` raises EOFError to end.
    """
    kept = 0
    try:
        with file.open("x", encoding="utf-8") as lines:
            for proposal in proposed:
                if (chosen := judge(proposal)) is not None:
                    lines.write(f"{chosen.line}\n")
                    lines.flush()
                    kept += 1
    except FileExistsError:
        raise Failure(f"{file} already exists. Name another file for the questions, or remove this one.") from None
    except EOFError:
        pass
    finally:
        if not kept and file.is_file() and not file.stat().st_size:
            file.unlink()
    return kept


def _model(place: Place) -> AskModel:
    read = reader(place)
    return lambda document, passage: read(ASKING.format(text=passage.text[:QUOTED]), document, passage.id)
