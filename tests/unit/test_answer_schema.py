"""The command line and the API give an answer in the same form: `Answer` of docs/openapi.json."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from osml.ask import question
from osml.ask.answer_view import print_json
from osml.main import app
from osml.place import CHECKOUT
from osml.remote.domain import Domain
from rag.match import is_near, match_of
from rag.models import Answer, Highlight, Source, Timings, UsedSentence
from rag.search.hit import source_of
from tests.answers import source
from tests.unit import test_functions
from tests.unit.aws_server import Answered, AwsServer
from tests.unit.test_question import HIT, KNOWLEDGE, Engine

aws = test_functions.aws
SCHEMAS: dict[str, Any] = json.loads((CHECKOUT / "docs" / "openapi.json").read_text())["components"]["schemas"]
TEXT = "Boston had 4,327,000 inhabitants in 2023."
ANSWER = Answer(
    answer="It had 4,327,000 inhabitants.",
    grounded=True,
    sources=[
        Source(
            id="boston#1",
            document="boston",
            title="Boston",
            text=TEXT,
            score=0.9,
            similarity=0.8,
            match="close",
            page=3,
            used=[UsedSentence(start=0, end=41, score=0.7)],
            highlights=[Highlight(start=0, end=41)],
        )
    ],
    model="deepseek-flash",
    conversation_id="c-1",
    timings=Timings(embed_ms=1, search_ms=2, model_ms=3, total_ms=6),
)


def deviations(printed: dict[str, Any]) -> list[str]:
    """The differences between the printed answer and the documented one, in both directions."""
    places = {name: {**shape, "additionalProperties": False} for name, shape in SCHEMAS.items()}
    closed = {"$ref": "#/components/schemas/Answer", "components": {"schemas": places}}
    errors = [error.message for error in Draft202012Validator(closed).iter_errors(printed)]
    parts = [("Answer", printed), *(("Source", source) for source in printed["sources"])]
    return errors + [
        f"{name}.{key}" for name, part in parts for key in SCHEMAS[name]["properties"].keys() - part.keys()
    ]


def test_the_command_line_prints_what_the_assistant_answers(aws: AwsServer) -> None:
    body = ANSWER.model_dump_json()
    aws.answer = lambda _: Answered({"statusCode": 200, "headers": {}, "body": body})
    run = CliRunner().invoke(app, ["ask", "How many?", "--env", "sandbox-aoss", "--json"])
    assert run.exit_code == 0, run.output
    assert json.loads(run.stdout) == json.loads(body)
    assert deviations(json.loads(run.stdout)) == []


def test_an_answer_of_a_domain_has_the_same_form(capsys: pytest.CaptureFixture[str]) -> None:
    print_json(question.ask(Domain(KNOWLEDGE, Engine("passages-1")), KNOWLEDGE, "what?"))
    printed = json.loads(capsys.readouterr().out)
    assert deviations(printed) == []
    assert printed["sources"] == [source_of(HIT, KNOWLEDGE.text_field).model_dump(mode="json")]


def test_another_form_is_seen() -> None:
    answer = ANSWER.model_dump(mode="json")
    assert deviations(answer) == []
    assert deviations({**answer, "took_ms": 6}) != []
    assert deviations({name: value for name, value in answer.items() if name != "grounded"}) != []
    assert deviations({name: value for name, value in answer.items() if name != "blocked"}) == ["Answer.blocked"]


@pytest.mark.parametrize(
    ("similarity", "scores", "match"),
    [(0.9, (0.6, 0.8), "close"), (0.7, (0.6, 0.8), "good"), (None, (0.6, 0.8), "loose"), (0.9, None, None)],
)
def test_a_similarity_means_a_match(
    similarity: float | None, scores: tuple[float, float] | None, match: str | None
) -> None:
    assert match_of(similarity, scores) == match


def test_passages_are_near_from_the_least_score_on() -> None:
    passages = [source("a", 0.1, "Text.", similarity=0.6), source("b", 0.9, "Text.")]
    assert is_near(passages, 0.6)
    assert not is_near(passages, 0.7)
    assert not is_near([], 0)
