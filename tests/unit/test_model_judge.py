"""The environment's answer model as a judge of answers."""

from dataclasses import dataclass, field

import pytest

from osml.evaluate.answers import FAITHFULNESS, PRECISION, RECALL, faithfulness
from osml.evaluate.evaluation import Labelled
from osml.evaluate.model_judge import ModelJudge
from osml.failure import Failure
from osml.place import Place
from rag.models import Answer, Source, Timings

SOURCES = [
    Source(id="tower#0", document="tower", score=0.9, text="The lighthouse of Orkla rises 41 metres."),
    Source(id="ferry#0", document="ferry", score=0.8, text="The ferry to Orkla never leaves at nine."),
]
PLACE = Place("test", None)


@dataclass
class Model:
    """Replies `says[passage]`, else no; keeps the passages and the questions that it got."""

    says: dict[str, str]
    read: list[str] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)

    def __call__(self, question: str, document: str, passage: str) -> str:
        assert passage.startswith(document)
        self.read.append(document)
        self.questions.append(question)
        return self.says.get(document, "No.")


def figures(text: str, model: Model) -> tuple[ModelJudge, list[float | None]]:
    def answer(place: Place, question: str) -> Answer:
        timings = Timings(total_ms=1)
        return Answer(answer=text, grounded=True, sources=SOURCES, model="m", conversation_id=None, timings=timings)

    judge = ModelJudge(model)
    measured = faithfulness(PLACE, [Labelled("How high?", {"tower": 2})], judge, answer)
    return judge, [measured.figures[name] for name in (FAITHFULNESS, PRECISION, RECALL)]


@pytest.mark.parametrize(
    ("text", "says", "wanted", "read"),
    [
        # Other words, and the opposite in the same words.
        ("It is as tall as a house of twelve floors [1].", {"tower": "Yes."}, [1, 1, 1], ["tower"]),
        ("The ferry to Orkla leaves at nine [2].", {}, [0, 0, 0], ["ferry", "tower"]),
        # A passage that is not cited, a citation too many, and one of no passage.
        ("It is as tall as a house.", {"ferry": "**Yes**"}, [1, None, 0], ["tower", "ferry"]),
        ("It is as tall as a house [1, 2].", {"tower": "yes [1]"}, [1, 0.5, 1], ["tower", "ferry"]),
        ("It is as tall as a house [7].", {"tower": '"Yes"'}, [1, 0, 0], ["tower"]),
    ],
)
def test_the_model_decides_which_passages_support_a_sentence(
    text: str, says: dict[str, str], wanted: list[float | None], read: list[str]
) -> None:
    model = Model(says)
    judge, measured = figures(text, model)
    assert (measured, model.read) == (wanted, read)
    assert (judge.verdicts, judge.unclear) == (len(read), 0)


def test_the_model_reads_the_sentence_without_its_citation_and_the_passage() -> None:
    model = Model({"tower": "Yes."})
    figures("It is tall [1].", model)
    assert model.questions[0].endswith(f": It is tall.\n{SOURCES[0].text}")


def test_the_model_is_told_that_the_quoted_text_is_the_beginning_of_its_passage() -> None:
    model = Model({"tower": "Yes."})
    figures("It is tall [1].", model)
    assert model.questions[0].startswith("Does the passage that begins with the text below say")


def test_words_in_common_decide_where_a_reply_is_unclear() -> None:
    model = Model({"tower": "It depends.", "ferry": "No."})
    judge, measured = figures("The lighthouse of Orkla rises 41 metres [1]. Elephants paint [2].", model)
    assert measured == [0.5, 0.5, 0.5]
    assert (judge.verdicts, judge.unclear) == (1, 2)


def test_a_model_that_never_gives_a_verdict_is_quoted() -> None:
    with pytest.raises(Failure, match=r"asked 2 times .* it said: 'Nothing is known\.'") as raised:
        figures("It is as tall as a house.", Model({"tower": "Nothing is known.", "ferry": "Nothing is known."}))
    assert raised.value.cause == "answer-not-understood"
