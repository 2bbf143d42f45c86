"""`osml evaluate --generate`: questions that the model proposes, and which ones a person keeps."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import typer

from osml.evaluate.evaluation import read
from osml.evaluate.judging import judge
from osml.evaluate.proposals import Proposal, proposed, question_in, write
from osml.failure import Failure
from rag.document_models import DocumentList, DocumentListed, DocumentRemoved, DocumentShown, PassageShown
from rag.search import Page


@dataclass
class Books:
    """A library with the passages of each document, by its id."""

    passages: dict[str, int]

    def listed(self, page: Page) -> DocumentList:
        ids = sorted(id for id in self.passages if id > (page.after or ""))
        chosen = [DocumentListed(id=id, title=None, passages=self.passages[id], loaded=None) for id in ids[:2]]
        return DocumentList(documents=chosen, after=chosen[-1].id if len(ids) > 2 else None)

    def shown(self, id: str) -> DocumentShown:
        texts = [PassageShown(id=f"{id}#{number}", text=f"{id} {number}") for number in range(self.passages[id])]
        return DocumentShown(id=id, title=id.upper(), passages=texts)

    def removed(self, id: str) -> DocumentRemoved:
        raise NotImplementedError


def about(_: str, passage: PassageShown) -> str:
    return f"What does {passage.text} say?"


@pytest.mark.parametrize(
    ("passages", "number", "wanted"),
    [
        ({"a": 1, "b": 1, "c": 1, "d": 1}, 2, ["a 0", "c 0"]),
        ({"a": 3, "b": 3, "c": 3}, 3, ["a 0", "b 1", "c 2"]),
        ({"a": 3, "b": 1}, 5, ["a 0", "b 0", "a 1", "a 2"]),
    ],
)
def test_questions_are_spread_over_the_documents(passages: dict[str, int], number: int, wanted: list[str]) -> None:
    made = list(proposed(Books(passages), number, about))
    assert [proposal.passage for proposal in made] == wanted
    assert [proposal.document for proposal in made] == [text.split()[0] for text in wanted]


class Emptied(Books):
    """Books whose passages were removed since they were listed."""

    def shown(self, id: str) -> DocumentShown:
        return DocumentShown(id=id, title=None, passages=[])


@pytest.mark.parametrize("number", [1, 5])
def test_without_a_passage_the_model_is_not_asked(number: int) -> None:
    with pytest.raises(Failure, match="No document has a passage that you may see"):
        list(proposed(Emptied({"a": 2, "b": 2}), number, about))


@pytest.mark.parametrize(
    ("reply", "question"),
    [
        ("How long is leave?", "How long is leave?"),
        ('Question: "How long is leave?"', "How long is leave?"),
        ("Here is one.\n\n1. **How long is leave?**\nIt is nice.", "How long is leave?"),
        ("休暇は何日ですか？", "休暇は何日ですか？"),
        ("The leave is thirty days.", None),
        ("", None),
        (f"Is {'very ' * 80}long?", None),
    ],
)
def test_a_question_is_found_in_what_a_model_says(reply: str, question: str | None) -> None:
    assert question_in(reply) == question


def test_each_question_is_proposed_once() -> None:
    made = list(proposed(Books({"a": 1, "b": 1}), 2, lambda *_: "What is it?"))
    assert [proposal.document for proposal in made] == ["a"]


def test_a_model_that_writes_no_question_is_quoted() -> None:
    with pytest.raises(Failure, match=r"asked about 2 passages and wrote no question; it said: 'It is a fern\.'"):
        list(proposed(Books({"a": 1, "b": 1}), 2, lambda *_: "It is a fern."))


def test_without_documents_there_is_nothing_to_ask_about() -> None:
    with pytest.raises(Failure, match="osml ingest"):
        list(proposed(Books({}), 2, about))


ONE, TWO, THREE = (Proposal(f"What is {name}?", name, None, f"It is {name}.") for name in ("a", "b", "ü"))


def keep(file: Path, *replies: Proposal | type[Exception] | None) -> int:
    said = iter(replies)

    def decide(_: Proposal) -> Proposal | None:
        reply = next(said)
        if isinstance(reply, type):
            raise reply
        return reply

    return write(file, [ONE, TWO, THREE], decide)


@pytest.mark.parametrize(
    ("replies", "kept"),
    [
        ((ONE, None, THREE), ["What is a?", "What is ü?"]),
        ((replace(ONE, question="Which?"), EOFError), ["Which?"]),
    ],
)
def test_what_is_kept_is_an_evaluation_set(
    tmp_path: Path, replies: tuple[Proposal | type[Exception] | None, ...], kept: list[str]
) -> None:
    file = tmp_path / "own.ndjson"
    assert keep(file, *replies) == len(kept)
    labelled = read(file)
    assert [each.question for each in labelled] == kept
    assert labelled[0].relevant == {"a": 2}


def test_nothing_kept_leaves_no_file_and_a_file_that_is_there_stays(tmp_path: Path) -> None:
    file = tmp_path / "own.ndjson"
    assert keep(file, None, None, None) == 0
    assert not file.exists()
    write(file, [ONE])
    with pytest.raises(Failure, match="already exists"):
        write(file, [TWO])
    assert [each.question for each in read(file)] == [ONE.question]


def test_what_was_kept_stays_when_the_model_fails(tmp_path: Path) -> None:
    def failing(document: str, passage: PassageShown) -> str:
        if document == "b":
            raise Failure("The model is throttled.", "throttled")
        return about(document, passage)

    file = tmp_path / "own.ndjson"
    with pytest.raises(Failure, match="throttled"):
        write(file, proposed(Books({"a": 1, "b": 1}), 2, failing))
    assert len(read(file)) == 1


@pytest.mark.parametrize(
    ("typed", "kept"), [(["k"], ONE.question), (["s"], None), (["w", " Which? "], "Which?"), (["e"], EOFError)]
)
def test_a_person_keeps_strikes_rewrites_or_ends(
    monkeypatch: pytest.MonkeyPatch, typed: list[str], kept: str | type[Exception] | None
) -> None:
    replies: Callable[..., str] = lambda *_, **__: typed.pop(0)  # noqa: E731
    monkeypatch.setattr(typer, "prompt", replies)
    if isinstance(kept, type):
        with pytest.raises(kept):
            judge(ONE)
        return
    chosen = judge(ONE)
    assert (chosen.question if chosen else None) == kept
