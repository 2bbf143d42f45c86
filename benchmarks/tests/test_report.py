"""Benchmarks: what counts as a clean answer, what is timed, and where figures go."""

import json
import time
from pathlib import Path

import pytest
import requests

from benchmarks.clients import Outcomes, closed_loop, open_loop
from benchmarks.load import outcome
from trials.report import publish

BUSY = {"message": "Try again soon.", "request_id": "1"}
ANSWER = {"answer": "At nine.", "grounded": True}


def response(status: int, body: object, **headers: str) -> requests.Response:
    made = requests.Response()
    made.status_code = status
    made._content = (body if isinstance(body, str) else json.dumps(body)).encode()
    made.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return made


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (response(200, ANSWER), "200"),
        (response(200, {"answer": None, "grounded": True}), "200 without an answer"),
        (response(200, {**ANSWER, "grounded": False}), "200 without an answer"),
        (response(429, BUSY, Retry_After="2"), "429"),
        (response(503, BUSY, Retry_After="2"), "503"),
        (response(503, BUSY), "503 without Retry-After"),
        (response(503, {"message": "busy"}, Retry_After="2"), "503 without a sentence"),
        (response(500, BUSY, Retry_After="2"), "500 Try again soon."),
        (response(502, "<html>"), "502 without JSON"),
    ],
)
def test_only_an_answer_or_a_clean_refusal_counts(given: requests.Response, expected: str) -> None:
    assert outcome(given) == expected


def test_every_call_is_counted_and_only_good_ones_are_timed() -> None:
    numbers = iter(range(9))
    outcomes = closed_loop(lambda: lambda: "200" if next(numbers) % 3 else "503", 1, 9)
    assert (outcomes.total(), len(outcomes.seconds), outcomes.others) == (9, 6, {"503": 3})


def test_a_call_that_waits_for_a_client_has_begun_when_it_arrived() -> None:
    def slow() -> str:
        time.sleep(0.02)
        return "200"

    outcomes = open_loop(lambda: slow, 1, 5, rate=1000)
    assert outcomes.milliseconds(1) >= 4 * 20


def test_nothing_good_has_no_quantile() -> None:
    assert Outcomes().milliseconds(0.5) != Outcomes().milliseconds(0.5)


def test_a_table_replaces_what_stood_between_its_marks(tmp_path: Path) -> None:
    document = tmp_path / "performance.md"
    document.write_text("# Figures\n\n<!-- a -->\nold\n<!-- end of a -->\n\n<!-- b -->\nkept\n<!-- end of b -->\n")
    for value in ("1", "\\2"):
        publish("a", ["x", "y"], [[value, "z"]], document)
    assert document.read_text() == (
        "# Figures\n\n<!-- a -->\n\n| x | y |\n| --- | --- |\n| \\2 | z |\n\n<!-- end of a -->\n\n"
        "<!-- b -->\nkept\n<!-- end of b -->\n"
    )
    with pytest.raises(ValueError, match="no lines <!-- c -->"):
        publish("c", ["x"], [["1"]], document)


def test_the_document_has_a_place_for_each_table() -> None:
    text = (Path(__file__).parents[2] / "docs" / "performance.md").read_text()
    for section in ("overhead", "functions", "load"):
        assert text.index(f"<!-- {section} -->") < text.index(f"<!-- end of {section} -->")
