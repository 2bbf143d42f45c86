"""The recipe serverless by the commands of the README, and its page in Chromium: one story, in order.

OSML_PICTURES=1 also takes the pictures of the documentation.
"""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests
import yaml
from mcp import Client
from playwright.sync_api import Browser, Page, expect, sync_playwright

from sandbox import startup
from sandbox.instance import CHECKOUT, Instance
from tests.browser import flows
from tests.browser.conftest import ARGUMENTS, CHROMIUM, PATIENCE, PHONE
from tests.browser.pictures import QUESTION, take
from tests.e2e import agent
from tests.e2e.reader import Reader
from tests.e2e.templates import Deployment
from tests.shown.commands import commands
from tests.shown.ways import way_of
from tests.waiting import until

ENV = ("--sandbox", "--env", "sandbox-aoss")
USER, PASSWORD = "ada@example.com", "Correct-horse-7-battery"


@pytest.fixture(scope="module")
def before(engine: Any, local_cloud: Instance, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """The contents of the engine before the story; no stack is left after it, also when it ends early."""
    with Deployment("sandbox-aoss", CHECKOUT / "environments", local_cloud, tmp_path_factory.mktemp("work")):
        yield engine.contents()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        expect.set_options(timeout=PATIENCE)
        yield browser
        browser.close()


@pytest.fixture
def window(browser: Browser) -> Iterator[Any]:
    contexts = []

    def opened(**options: Any) -> Page:
        contexts.append(browser.new_context(ignore_https_errors=True, reduced_motion="reduce", **options))
        return contexts[-1].new_page()

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture
def url(osml: Any) -> str:
    address: str = osml("page", *ENV).stdout.split()[0]
    return address


@pytest.fixture
def page(window: Any, url: str) -> Iterator[Page]:
    """A window of a person who has signed in; fails on complaints in the console and on requests to other origins."""
    page: Page = window(viewport={"width": 1280, "height": 860})
    watch = flows.Watch.over(page)
    flows.sign_in(page, url, USER, PASSWORD)
    yield page
    assert watch.complaints == []
    assert watch.strangers(url) == []


def test_it_is_deployed_loaded_and_asked_by_the_command_line(before: Any, osml: Any, tmp_path: Path) -> None:
    osml("secret", "set", *ENV)
    assert "/sandbox-aoss/rag" in osml("deploy", *ENV).stdout
    assert "6 stored, 0 failed" in osml("ingest", *ENV, "samples/metro-areas.ndjson").stderr
    ask = ("ask", *ENV, "--json", "--conversation")
    answer = json.loads(osml(*ask, "new", "How many people lived in the Miami metro area in 2023?").stdout)
    assert "6,265,000" in answer["answer"]
    follow_up = json.loads(osml(*ask, answer["conversation_id"], "And in Chicago?").stdout)
    assert "8,937,000" in follow_up["answer"]
    # The number at the end of the id counts the turns.
    first, second = (item["conversation_id"].rpartition("-") for item in (answer, follow_up))
    assert (second[0], int(second[2])) == (first[0], int(first[2]) + 1)
    assert "✓ a question: answered" in osml("doctor", *ENV).stdout
    status = json.loads(osml("status", *ENV, "--json").stdout)
    assert {"Collection", "Function", "Index"} <= {resource["kind"] for resource in status["resources"]}
    calls = [json.loads(line) for line in osml("logs", *ENV, "--source", "ask", "--json").stdout.splitlines()]
    assert sum(call["text"].startswith("REPORT RequestId") for call in calls) >= 2
    matches = [re.search(r'"xray_trace_id": ?"(1-[^"]+)"', call["text"]) for call in calls]
    traced = next(match[1] for match in matches if match)
    shown = osml("trace", *ENV, traced).stdout
    assert all(part in shown for part in ("answer", "The search engine", "The answer model", "turn")), shown
    [exported] = json.loads(osml("trace", *ENV, traced, "--otlp").stdout)["resourceSpans"]
    assert {span["name"] for span in exported["scopeSpans"][0]["spans"]} >= {"answer", "The answer model", "turn"}
    password = tmp_path / "password"
    password.write_text(PASSWORD)
    osml("user", "add", *ENV, "--password-file", str(password), "--role", "editor", "--groups", "crew", USER)
    assert [USER, "CONFIRMED", "editor", "crew"] in [
        line.split() for line in osml("user", "list", *ENV).stdout.splitlines()
    ]


def test_nobody_gets_in_with_a_wrong_password(window: Any, url: str) -> None:
    page: Page = window()
    page.goto(url)
    page.get_by_role("button", name="Sign in").click()
    page.locator("input[name=username]").fill(USER)
    page.locator("input[name=password]").fill("wrong")
    page.locator("[type=submit]").click()
    expect(page.get_by_text(re.compile("incorrect", re.IGNORECASE))).to_be_visible()


def test_a_forged_token_opens_nothing(url: str) -> None:
    api = url.removesuffix("/rag")
    none = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEifQ."
    for headers in ({}, {"Authorization": none}, {"Authorization": f"Bearer {none}"}):
        answer = requests.post(f"{api}/ask", json={"question": "x"}, headers=headers, timeout=60)
        assert answer.status_code == 401, answer.text


def test_people_ask_and_ask_on(page: Page) -> None:
    first = flows.ask(page, QUESTION)
    assert not first.failure
    assert "18,937,000" in first.text
    marked = [sentence for source in first.sources for sentence in source.marked]
    assert any("18,937,000" in sentence for sentence in marked)
    second = flows.ask(page, "And Chicago?")
    assert "Chicago" in second.text
    flows.start_anew(page)


def test_people_add_documents_and_ask_about_them(page: Page, tmp_path: Path) -> None:
    good, empty = tmp_path / "ferry.md", tmp_path / "empty.txt"
    good.write_text("# Ferry\n\nThe ferry to Orkla leaves at noon from pier 9.")
    empty.write_text("")
    flows.open_documents(page)
    page.get_by_label("Only for the groups").fill("crew")
    said = flows.upload(page, [good, empty])
    assert "1 passage" in said["ferry.md"]
    expect(page.get_by_text("only for crew")).to_be_visible()
    assert said["empty.txt"].endswith(".")

    def listed() -> list[str]:
        page.reload()
        flows.open_documents(page)
        return flows.listed(page)

    until("the document", listed, lambda titles: any("erry" in title for title in titles))
    flows.open_conversation(page)
    assert "noon" in flows.ask(page, "When does the ferry to Orkla leave?").text


def test_an_agent_signs_its_user_in_and_sees_what_they_see(osml: Any) -> None:
    outputs = boto3.client("cloudformation").describe_stacks(StackName="osml-sandbox-aoss-assistant")["Stacks"][0]
    output_values_by_output_key = {output["OutputKey"]: output["OutputValue"] for output in outputs["Outputs"]}
    url, client_id = output_values_by_output_key["AgentsUrl"], output_values_by_output_key["AgentsClientId"]

    async def use(client: Client) -> tuple[list[str], str, str, list[str]]:
        tools = [tool.name for tool in (await client.list_tools()).tools]
        answer = await client.call_tool("ask", {"question": QUESTION})
        result = await client.call_tool("search", {"question": "When does the ferry to Orkla leave?"})
        listed = await client.call_tool("list_documents", {"size": 50})
        return (
            tools,
            answer.structured_content["answer"],
            result.structured_content["passages"][0]["document"],
            [document["id"] for document in listed.structured_content["documents"]],
        )

    tools, answer, nearest, documents = agent.signed_in(url, client_id, USER, PASSWORD, use)
    assert tools == ["search", "ask", "list_documents", "get_document"]
    assert "18,937,000" in answer
    # Only the group of the agent's user may see the document.
    assert nearest == "ferry.md"
    assert {"miami", "ferry.md"} <= set(documents)
    for headers in ({}, {"Authorization": "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEifQ."}):
        refused = requests.post(url, json={"jsonrpc": "2.0", "id": 1, "method": "ping"}, headers=headers, timeout=60)
        assert refused.status_code == 401, refused.text
        assert f'resource_metadata="{url.removesuffix("/mcp")}/.well-known/' in refused.headers["WWW-Authenticate"]


def test_a_throttling_model_is_reported_with_the_fix(page: Page, local_cloud: Instance) -> None:
    faults = f"{startup.settings(local_cloud)['models_url']}/_control/deepseek"
    requests.put(faults, json={"throttle": 1.0}, timeout=60).raise_for_status()
    try:
        failed = flows.ask(page, QUESTION)
    finally:
        requests.delete(faults, timeout=60).raise_for_status()
    assert failed.failure.endswith(".")
    page.get_by_role("button", name=re.compile("again", re.IGNORECASE)).last.click(timeout=60_000)
    assert "18,937,000" in flows.finished(page.get_by_role("article").last).text


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone_and_everybody(window: Any, url: str, scheme: str) -> None:
    page: Page = window(viewport=PHONE, color_scheme=scheme)
    flows.sign_in(page, url, USER, PASSWORD)
    flows.ask(page, QUESTION)
    assert flows.spills(page) == []
    assert flows.barriers(page) == []


def test_a_user_signs_in_again_after_signing_out(page: Page, url: str) -> None:
    flows.sign_out(page)
    page.goto(url)
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()


def test_the_pictures_are_taken(browser: Browser, url: str) -> None:
    if os.environ.get("OSML_PICTURES"):
        assert len(take(browser, lambda page: flows.sign_in(page, url, USER, PASSWORD))) == 2
    assert len(list((Path(__file__).parents[2] / "docs" / "images").glob("page-*.png"))) == 5


def test_the_model_searches_again_and_while_it_fails_the_first_search_answers(
    page: Page, osml: Any, local_cloud: Instance, tmp_path: Path
) -> None:
    parts = "How many people lived in the Miami metro area in 2023? And how many lived in Chicago in 2023?"
    settings = yaml.safe_load((CHECKOUT / "environments" / "sandbox-aoss.yaml").read_text())
    (tmp_path / "sandbox-aoss.yaml").write_text(yaml.safe_dump({**settings, "retrieval": {"agentic": {}}}))
    agentic = type(osml)(local_cloud)
    agentic.environment["OSML_ENVIRONMENTS"] = str(tmp_path)
    agentic("deploy", *ENV)
    answer = json.loads(agentic("ask", *ENV, "--json", parts).stdout)
    assert len(answer["steps"]) >= 2
    assert all(step["query"] and step["passages"] for step in answer["steps"])
    flows.ask(page, parts)
    searches = page.get_by_role("article").last.locator(".steps")
    expect(searches.locator("summary")).to_have_text(f"{len(answer['steps'])} further searches")
    assert searches.locator("li").count() == len(answer["steps"])
    # Every second call fails: the model's second choice for this question, and its first choice for the next one.
    faults = f"{startup.settings(local_cloud)['models_url']}/_control/deepseek"
    requests.put(faults, json={"fail": 0.5, "fail_status": 402}, timeout=60).raise_for_status()
    try:
        begun, plain = (json.loads(agentic("ask", *ENV, "--json", parts).stdout) for _ in range(2))
    finally:
        requests.delete(faults, timeout=60).raise_for_status()
    assert 0 < len(begun["steps"]) <= len(answer["steps"])
    assert plain["steps"] == []
    assert all("6,265,000" in each["answer"] for each in (answer, begun, plain))


def test_the_commands_of_the_documents_about_people_do_what_they_show(
    local_cloud: Instance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OSML_ENVIRONMENTS", str(CHECKOUT / "environments"))
    monkeypatch.setattr("typer.launch", lambda _: 0)
    mine = [command for command in commands() if (way := way_of(command)) and way.name == "people"]
    # The first tests have added USER, and a person who is removed cannot be changed any more.
    mine.sort(key=lambda command: "remove" in command.words)
    reader = Reader(tmp_path, ENV[-1], {}, {USER: "grete@example.com"}, tmp_path)
    assert reader.follow(mine, {}) == []


def test_destroy_leaves_nothing(before: dict[str, Any], osml: Any, engine: Any) -> None:
    osml("destroy", *ENV)
    assert engine.contents() == before
    stacks = boto3.client("cloudformation").list_stacks()["StackSummaries"]
    assert [s["StackName"] for s in stacks if "aoss" in s["StackName"] and s["StackStatus"] != "DELETE_COMPLETE"] == []
    assert boto3.client("opensearchserverless").list_collections()["collectionSummaries"] == []
    assert boto3.client("cognito-idp").list_user_pools(MaxResults=10)["UserPools"] == []
    tables = boto3.client("dynamodb").list_tables()["TableNames"]
    functions = [function["FunctionName"] for function in boto3.client("lambda").list_functions()["Functions"]]
    logs = [group["logGroupName"] for group in boto3.client("logs").describe_log_groups()["logGroups"]]
    roles = [role["RoleName"] for role in boto3.client("iam").list_roles()["Roles"]]
    assert [name for name in [*tables, *functions, *logs, *roles] if "aoss" in name] == []
