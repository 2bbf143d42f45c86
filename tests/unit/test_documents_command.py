"""`osml documents` with the function `documents`: what it sends, and what it shows."""

import json
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from osml.commands import documents
from tests.unit import test_functions
from tests.unit.aws_server import Answered, AwsServer, proxied
from tests.unit.test_functions import PLACE

aws = test_functions.aws
NAMES = [f"handbook/{number:03}.md" for number in range(130)]


def loaded(name: str) -> str | None:
    """When a document was loaded: each on a different day, and one at an unknown time (None)."""
    number = int(name[-6:-3])
    return None if number == 7 else f"2026-0{1 + number // 28 % 9}-{1 + number % 28:02}T12:00:00Z"


def shared(name: str) -> dict[str, Any]:
    """Groups and loader of a document: a person has loaded one for two groups, operators the others for everybody."""
    return {"groups": ["hr", "board"], "loader": "sub-of-ada"} if name == NAMES[3] else {}


def answered(event: dict[str, Any]) -> Answered:
    query = event["queryStringParameters"]
    if event["httpMethod"] == "DELETE":
        is_there = query["id"] in NAMES
        gone = {"message": "There is no such document.", "cause": "not-found", "request_id": "r"}
        return proxied(200, {"id": query["id"], "passages": 2}) if is_there else proxied(404, gone)
    if event["path"] == "/passages":
        text = "Thirty days \x1b[31m of leave."
        return proxied(200, {"id": query["document"], "title": None, "passages": [{"id": "a#1", "text": text}]})
    names = [name for name in NAMES if name > query.get("after", "") and query.get("search", "") in name]
    size = int(query["limit"])
    listed = [
        {"id": name, "title": "Paid [b]leave[/b]", "passages": 1, "loaded": loaded(name), **shared(name)}
        for name in names[:size]
    ]
    return proxied(200, {"documents": listed, "after": names[size - 1] if len(names) > size else None})


@pytest.fixture
def run(aws: AwsServer, monkeypatch: pytest.MonkeyPatch) -> Any:
    aws.answer = answered
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(documents, "place", lambda env, sandbox: PLACE)
    app = typer.Typer()
    app.add_typer(documents.app, name="documents")
    return lambda *words: CliRunner().invoke(app, ["documents", *words])


def test_all_documents_are_listed_over_all_pages(run: Any, aws: AwsServer) -> None:
    said = run("list")
    assert said.exit_code == 0
    assert all(name in said.stdout for name in NAMES)
    assert "Paid [b]leave[/b]" in said.stdout
    assert "130 documents." in said.stdout
    assert len(aws.calls) == 2


def test_a_list_is_searched_and_given_as_json(run: Any) -> None:
    said = json.loads(run("list", "--search", "12", "--json").stdout)
    assert [document["id"] for document in said["documents"]] == [name for name in NAMES if "12" in name]


def test_a_list_is_sorted_by_the_time_of_loading(run: Any) -> None:
    newest = [document["id"] for document in json.loads(run("list", "--sort", "newest", "--json").stdout)["documents"]]
    assert newest == [*reversed(NAMES[:7] + NAMES[8:]), NAMES[7]]
    said = run("list", "--sort", "oldest").stdout.splitlines()
    assert "007.md" in said[1]
    assert "2026-01-01 " in said[2]


def test_a_list_says_who_has_shared_what_with_whom(run: Any, aws: AwsServer) -> None:
    rows = {line.split()[0]: line for line in run("list", "--groups").stdout.splitlines() if line}
    assert "hr, board" in rows[NAMES[3]]
    assert "sub-of-ada" in rows[NAMES[3]]
    assert "everybody signed in" in rows[NAMES[4]]
    assert "hr, board" not in run("list").stdout
    document = json.loads(run("list", "--json").stdout)["documents"][3]
    assert (document["groups"], document["loader"]) == (["hr", "board"], "sub-of-ada")


@pytest.mark.parametrize(("named", "groups"), [((), None), (("--as", ""), []), (("--as", "hr,board"), ["hr", "board"])])
@pytest.mark.parametrize("command", [("list",), ("show", NAMES[3])])
def test_an_operator_looks_with_the_eyes_of_groups(
    run: Any, aws: AwsServer, command: tuple[str, ...], named: tuple[str, ...], groups: list[str] | None
) -> None:
    assert run(*command, *named).exit_code == 0
    assert aws.calls
    assert all(event.get("groups") == groups for _, event, _ in aws.calls)


def test_a_document_is_shown_without_what_a_terminal_acts_on(run: Any) -> None:
    said = run("show", "handbook/001.md").stdout
    assert "Thirty days \\x1b[31m of leave." in said
    assert "\x1b" not in said


def test_each_document_is_removed_for_itself(run: Any) -> None:
    said = run("remove", NAMES[0], "nowhere", NAMES[1], "--json")
    assert said.exit_code == 1
    results = json.loads(said.stdout)["documents"]
    assert [(result["id"], result["passages"]) for result in results] == [(NAMES[0], 2), ("nowhere", 0), (NAMES[1], 2)]
    assert results[1]["cause"] == "not-found"
