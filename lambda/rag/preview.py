"""The counts of an answer with a prompt that is not published yet."""

from collections.abc import Iterable, Iterator, Sequence

from rag.events import Answered, Event
from rag.evidence import AnswerSentence, statements
from rag.models import Answer, AnswerCounts


def counted(events: Iterable[Event]) -> Iterator[Event]:
    """The events, with counts in the answer. The turn of such an answer is never stored."""
    for event in events:
        if isinstance(event, Answered):
            yield Answered(event.answer.model_copy(update={"counts": counts(sentences(event.answer))}))
        else:
            yield event


def sentences(answer: Answer) -> list[AnswerSentence]:
    """The sentences of an answer, with the passages that support them; empty for an answer without text."""
    return statements(answer.answer, [source.text for source in answer.sources]) if answer.answer else []


def counts(said: Sequence[AnswerSentence]) -> AnswerCounts:
    """The numbers of sentences and citations, and how many of them the passages support."""
    cited = [(number, sentence) for sentence in said for number in sentence.cited]
    return AnswerCounts(
        sentences=len(said),
        borne_out=sum(bool(sentence.supported_by) for sentence in said),
        citations=len(cited),
        right=sum(number in sentence.supported_by for number, sentence in cited),
        cited=sum(bool(sentence.cited & sentence.supported_by) for sentence in said),
    )
