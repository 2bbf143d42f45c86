"""The first file of an environment, and what an environment costs."""

import itertools
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from osml.init import draft
from osml.init.offers import ANSWER, EMBEDDING, QUESTIONS, SEARCH, SIGN_IN, Offer, SetupQuestion
from osml.main import app
from settings import load, prices
from settings.new_domain import NewDomain
from settings.price_list import USD
from settings.prices import HOURS
from settings.serverless import Serverless
from tests.unit.credentials import unsigned

ALL = list(itertools.product(*(question.offers for question in QUESTIONS)))
REFUSED = "A collection needs the assistant: choose an answer model"
CHOSEN = ["--search", "domain", "--embedding", "titan", "--answer", "deepseek", "--sign-in", "people"]


def chosen(offers: tuple[Offer, ...]) -> dict[str, Offer]:
    return {question.group: offer for question, offer in zip(QUESTIONS, offers, strict=True)}


def run(folder: Path, *arguments: str, monkeypatch: pytest.MonkeyPatch) -> tuple[int, str]:
    monkeypatch.setenv("OSML_ENVIRONMENTS", str(folder))
    monkeypatch.setenv("COLUMNS", "400")
    result = CliRunner().invoke(app, list(arguments))
    return result.exit_code, str(result.exception) if result.exception else result.output


@pytest.fixture(autouse=True)
def no_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    unsigned(monkeypatch, tmp_path)


def fault_of(choice: dict[str, Offer]) -> str | None:
    """What is wrong with the drafted file for a choice; None when it is valid."""
    is_collection = choice["search"].name == "serverless"
    refused = is_collection and (choice["answer"].settings is None or choice["assistant"].settings is None)
    try:
        environment = draft.checked("new", draft.draft("new", choice))
    except ValueError as error:
        return None if refused and str(error).startswith(REFUSED) else str(error)
    said = {
        "is not refused": refused,
        "has another search": not isinstance(environment.search, Serverless if is_collection else NewDomain),
        "has another answer": (environment.answer is None) != (choice["answer"].name == "none"),
        "has another assistant": (environment.assistant is None) != (choice["assistant"].name == "nobody"),
        "has a secret of another name": any(
            not str(secret.name).startswith("osml/new/") for secret in environment.secrets.values()
        ),
    }
    return next((fault for fault, wrong in said.items() if wrong), None)


@pytest.mark.thorough
def test_each_choice_makes_a_file_that_a_deploy_takes_or_is_refused_in_a_sentence() -> None:
    choices = {"-".join(offer.name for offer in offers): chosen(offers) for offers in ALL}
    assert len(choices) > 200
    assert {name: fault for name, choice in choices.items() if (fault := fault_of(choice))} == {}


def test_the_command_writes_the_file_and_its_schema(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "environments"
    code, output = run(folder, "init", "new", *CHOSEN, monkeypatch=monkeypatch)
    checked, written, *_ = output.splitlines()
    assert checked == "Nothing was checked in an AWS account, because no credentials were found."
    assert (code, written.split(" is written.")[0]) == (0, str(folder / "new.yaml"))
    assert "osml secret set --env new\n" in output
    assert load("new", folder).recipe == "deepseek-api"
    assert json.loads((folder / "schema.json").read_text())["$schema"]
    before = (folder / "new.yaml").read_bytes()
    code, output = run(folder, "init", "new", *CHOSEN, monkeypatch=monkeypatch)
    assert (code, "already exists" in output) == (1, True)
    assert (folder / "new.yaml").read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["init", "new", "--search", "magic"],
            "'magic' is not a valid value for --search. Choose serverless, domain, production.",
        ),
        (
            ["init", "new", *CHOSEN[:-2]],
            "Who uses the API and the page? Add --sign-in with one of people, programs",
        ),
        (["init", "New!", *CHOSEN], "'New!' cannot name an environment: use at most 16 lower-case letters"),
        (["init", "../new"], "'../new' cannot name an environment"),
        (["init", "new", *CHOSEN, "--app", "new"], "An app of your own has no API and no page. Leave out --sign-in"),
        (
            ["init", "new", "--search", "serverless", "--app", "new"],
            "An app of your own has models and pipelines, and a collection has neither. Choose --search domain",
        ),
        (["init", "new", *CHOSEN[:-2], "--app", str(Path(__file__).parent)], "already exists and is not empty"),
        (["init", "new", *CHOSEN, "--documents", "9000000000"], "No domain of up to 80 r7g nodes holds 9,000,000,000"),
    ],
)
def test_what_cannot_be_is_a_sentence_and_writes_nothing(
    arguments: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, output = run(tmp_path / "new", *arguments, monkeypatch=monkeypatch)
    assert (code, said in output) == (1, True), output
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("search", "said"), [("serverless", "less than 1 USD a month"), ("domain", "about 70 USD a month")]
)
def test_the_end_says_what_the_environment_costs(
    search: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    choice = ["--search", search, "--embedding", "titan", "--answer", "nova", "--sign-in", "people"]
    code, output = run(tmp_path, "init", "new", *choice, monkeypatch=monkeypatch)
    assert (code, f"The idle environment costs {said}. Next" in output) == (0, True), output


def test_an_app_is_written_instead_of_an_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "own"
    code, output = run(
        tmp_path, "init", "new", *CHOSEN[:-2], "--app", str(folder), "--documents", "20000000", monkeypatch=monkeypatch
    )
    assert (code, f"The app in {folder} is written." in output, "  osml up\n" in output) == (0, True, True)
    assert json.loads((folder / "cdk.json").read_text()) == {
        "app": "python3 app.py",
        "context": {"osml:secrets": {"osml/new/deepseek": "api_key"}},
    }
    # Its domain is sized like an environment's.
    assert "r7g.medium.search" not in (folder / "app.py").read_text()
    assert "`osml/new/deepseek`" in (folder / "README.md").read_text()
    assert list(tmp_path.iterdir()) == [folder]


def test_a_domain_for_many_documents_has_nodes_of_their_size() -> None:
    choice = chosen((SEARCH.offer("production"), EMBEDDING.offer("titan"), ANSWER.offers[0], SIGN_IN.offers[0]))
    small, large = (draft.checked("new", draft.draft("new", choice, number)).search for number in (1000, 20_000_000))
    assert isinstance(small, NewDomain)
    assert isinstance(large, NewDomain)
    assert small.data_nodes.instance_type == "r7g.large.search"
    assert large.data_nodes.count % 3 == 0
    assert large.data_nodes.instance_type != small.data_nodes.instance_type
    assert large.volume.size > small.volume.size


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.group)
def test_the_first_offers_go_together(question: SetupQuestion) -> None:
    first = chosen(tuple(question.offers[0] for question in QUESTIONS))
    for offer in question.offers:
        assert isinstance(draft.cost("new", {**first, question.group: offer}, question.group), str)
    assert draft.checked("new", draft.draft("new", first)).assistant


@pytest.mark.parametrize("search", SEARCH.offers, ids=lambda offer: offer.name)
def test_the_costs_of_the_choices_are_those_of_the_environment(search: Offer) -> None:
    first = chosen((search, EMBEDDING.offer("sagemaker"), ANSWER.offer("sagemaker"), SIGN_IN.offers[0]))
    environment = draft.checked("new", draft.draft("new", first))
    assert sum(draft.usd(environment).values()) == pytest.approx(sum(prices.idle(environment).values()))
    shown = {offer.name: draft.cost("new", {**first, SIGN_IN.group: offer}, SIGN_IN.group) for offer in SIGN_IN.offers}
    assert set(shown.values()) == {""}, "a sign-in costs nothing while nobody uses it"


def test_a_domain_of_an_environment_is_watched_and_that_of_an_app_is_not() -> None:
    first = chosen((SEARCH.offer("domain"), EMBEDDING.offer("titan"), ANSWER.offer("nova"), SIGN_IN.offer("nobody")))
    environment = draft.checked("new", draft.draft("new", first))
    watched, bare = draft.usd(environment), draft.usd(environment, is_app=True)
    assert watched["search"] - bare["search"] == pytest.approx(prices.KEEPER + prices.DOMAIN_ALARMS * USD["alarm"])
    assert watched["assistant"] == 0
    assert sum(bare.values()) == pytest.approx(prices.idle(environment)["search"])


def test_the_cost_of_an_environment_is_the_sum_of_its_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(tmp_path, "init", "new", *CHOSEN, monkeypatch=monkeypatch)
    code, output = run(tmp_path, "cost", "--env", "new", "--json", monkeypatch=monkeypatch)
    body = json.loads(output)
    assert (code, body["unknown"]) == (0, [])
    assert body["usd_per_month"]["search"] == pytest.approx(
        USD["r7g.medium.search"] * HOURS + 20 * USD["gp3"], abs=0.01
    )
    assert body["usd_per_month"]["answer"] == USD["secret"]
    code, output = run(tmp_path, "cost", "--env", "new", monkeypatch=monkeypatch)
    assert output.splitlines()[-1].endswith("USD a month, while idle")


def test_an_unknown_price_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(tmp_path, "init", "new", *CHOSEN, monkeypatch=monkeypatch)
    file = tmp_path / "new.yaml"
    file.write_text(file.read_text().replace("r7g.medium.search", "c7g.large.search"))
    _, output = run(tmp_path, "cost", "--env", "new", monkeypatch=monkeypatch)
    assert output.splitlines()[-1].startswith("Not included: c7g.large.search")
