"""The environment's answer model as a judge of answers: whether a passage says what a sentence says."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from calls.count_of import count_of
from osml.evaluate.passage_reader import QUOTED, Reader
from osml.failure import Failure
from rag.evidence import AnswerSentence
from rag.models import Source

# The model also gets the whole passage as its source: what it says may be behind the quoted characters.
JUDGING = (
    "Does the passage that begins with the text below say the following, in any words? Reply with the one word yes or "
    "no: {statement}\n{passage}"
)
# The characters of a sentence in the question.
_LONGEST = 600
_VERDICT = re.compile(r"\W*(yes|no)\b", re.IGNORECASE)


@dataclass
class ModelJudge:
    """Counts its `verdicts`, and the `unclear` replies, which are neither yes nor no; keeps the `last` of these."""

    read: Reader
    verdicts: int = 0
    unclear: int = 0
    last: str = ""

    def judged(self, sentence: AnswerSentence, sources: Sequence[Source]) -> AnswerSentence:
        """The sentence with the passages that support it by the model's verdict.

        The model reads each cited passage. It reads the other ones, in their order, until a passage supports the
        sentence. The words in common decide where a reply is unclear. A call raises Failure as `Reader` does.
        """
        supporting = {number for number in sorted(sentence.cited) if self._supports(sentence, number, sources)}
        for number in range(1, len(sources) + 1):
            if supporting:
                break
            if number not in sentence.cited and self._supports(sentence, number, sources):
                supporting.add(number)
        return sentence._replace(supported_by=frozenset(supporting))

    def check(self) -> None:
        """Raises Failure if no reply was a verdict."""
        if self.unclear and not self.verdicts:
            raise Failure(
                f"The model was asked {count_of(self.unclear, 'time')} whether a passage supports a sentence, and "
                f"never replied yes or no; it said: {self.last[:200]!r}. Set another model in `answer`, or leave out "
                "--judge.",
                "answer-not-understood",
            )

    def _supports(self, sentence: AnswerSentence, number: int, sources: Sequence[Source]) -> bool:
        if not 1 <= number <= len(sources):
            return False
        source = sources[number - 1]
        statement = " ".join(sentence.plain.split())[:_LONGEST]
        wanted = JUDGING.format(statement=statement, passage=source.text[:QUOTED])
        reply = self.read(wanted, source.document, source.id)
        if (verdict := _VERDICT.match(reply)) is None:
            self.unclear, self.last = self.unclear + 1, reply
            return number in sentence.supported_by
        self.verdicts += 1
        return verdict[1].lower() == "yes"
