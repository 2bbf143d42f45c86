"""How well passages support the answers: faithfulness, and precision and recall of citations.

A passage supports a sentence if the two share enough words and numbers; rag/evidence.py defines how many. With a judge
it supports a sentence if the environment's answer model says so.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from osml.ask.asking import ask
from osml.evaluate.evaluation import Labelled
from osml.evaluate.model_judge import ModelJudge
from osml.failure import Failure
from osml.place import Place
from rag.evidence import AnswerSentence
from rag.models import Answer
from rag.preview import counts, sentences

FAITHFULNESS, PRECISION, RECALL = "faithfulness", "citation precision", "citation recall"


@dataclass
class Faithfulness:
    """`statements` are the sentences of all `answers`; `unsupported`, by question, those that no passage supports.

    `judge` decides which passages support a sentence; None for the words in common.
    """

    judge: ModelJudge | None = None
    statements: list[AnswerSentence] = field(default_factory=list)
    answers: int = 0
    unsupported: dict[str, list[str]] = field(default_factory=dict)

    def add(self, question: str, answer: Answer) -> None:
        """Count an answer. An answer without text, as of a recipe without a model, does not count."""
        if not answer.answer:
            return
        said = sentences(answer)
        if self.judge:
            said = [self.judge.judged(statement, answer.sources) for statement in said]
        self.answers += 1
        self.statements += said
        lost = [statement.text for statement in said if not statement.supported_by]
        if lost:
            self.unsupported[question] = lost

    @property
    def figures(self) -> Mapping[str, float | None]:
        """Each figure by its name, as a share from 0 to 1; None where there is nothing to divide by.

        faithfulness: the share of sentences that a passage supports.
        citation precision: the share of citations whose passage supports their sentence.
        citation recall: the share of sentences that cite a passage that supports them.
        """
        counted = counts(self.statements)
        return {
            FAITHFULNESS: _share(counted.borne_out, counted.sentences),
            PRECISION: _share(counted.right, counted.citations),
            RECALL: _share(counted.cited, counted.sentences),
        }


def faithfulness(
    place: Place,
    questions: Sequence[Labelled],
    judge: ModelJudge | None = None,
    answering: Callable[[Place, str], Answer] = ask,
) -> Faithfulness:
    """Ask the environment each question that is no follow-up; raises Failure when none has an answer."""
    measured = Faithfulness(judge)
    for labelled in questions:
        if not labelled.after:
            measured.add(labelled.question, answering(place, labelled.question))
    if not measured.answers:
        raise Failure("No question got an answer from a model, so there is nothing to measure.")
    if judge:
        judge.check()
    return measured


def below(figures: Mapping[str, float | None], least: Mapping[str, float | None]) -> list[str]:
    """A sentence for each figure that is below its least value."""
    return [
        f"The {name} is {figures[name] or 0:.3f}, and must be {wanted:g} at least."
        for name, wanted in least.items()
        if wanted is not None and (figures[name] or 0) < wanted
    ]


def _share(held: int, of: int) -> float | None:
    return held / of if of else None
