"""The command `osml init`."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from osml.failure import Failure

if TYPE_CHECKING:
    from osml.init.offers import Offer, SetupQuestion

PANEL = "Set up"


def init(
    name: Annotated[str, typer.Argument(help="Name of the new environment.", show_default=False)],
    search: Annotated[str | None, typer.Option(help="serverless, domain or production.")] = None,
    embedding: Annotated[str | None, typer.Option(help="titan, cohere, sagemaker or openai.")] = None,
    answer: Annotated[str | None, typer.Option(help="nova, deepseek, openai, deepseek-r1, sagemaker or none.")] = None,
    sign_in: Annotated[str | None, typer.Option(help="people, programs, key or nobody.")] = None,
    documents: Annotated[int, typer.Option(help="Number of documents, for the size of a domain.", min=0)] = 0,
    app: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="Write a small CDK app of your own into this folder, instead of an environment."
        ),
    ] = None,
) -> None:
    """Write the file of a new environment. The command asks for every choice that no option gives.

    Each choice shows its idle costs per month. If there are AWS credentials, the command says what their account and
    region would refuse. Nothing is created on AWS. With --app it writes a CDK app on the construct library
    opensearch-ml-constructs: a domain with its models, pipelines and index, without an API and a page.
    """
    from osml.init import account, draft, own_app
    from osml.init.offers import QUESTIONS, SIGN_IN
    from osml.place import environments, require_name
    from settings import SettingError

    require_name(name)
    file = environments() / f"{name}.yaml"
    given = {"search": search, "embedding": embedding, "answer": answer, "assistant": sign_in}
    questions = QUESTIONS
    chosen = {question.group: question.offers[0] for question in QUESTIONS}
    if app:
        own_app.require_new(app)
        own_app.require_supported(given)
        questions = own_app.QUESTIONS
        chosen = {question.group: question.offers[0] for question in questions} | {SIGN_IN.group: own_app.NOBODY}
    elif file.exists():
        raise Failure(f"{file} already exists. Edit it, or choose another name.")
    for question in questions:
        chosen[question.group] = _chosen(
            name, question, given[question.group], chosen, documents, is_app=app is not None
        )
    try:
        text = draft.draft(name, chosen, documents)
        environment = draft.checked(name, text)
    except (ValueError, SettingError) as error:
        raise Failure(f"These choices cannot be combined. {error}") from None
    for sentence in account.sentences(name, environment, has_file=app is None):
        print(sentence)
    usd = sum(draft.usd(environment, is_app=app is not None).values())
    if app:
        _write(app, own_app.files(name, environment, chosen))
        print(f"The app in {app} is written. When idle, it costs {_about(usd)}. Next:")
        for command in (f"cd {app}", "python3 -m venv .venv", ".venv/bin/pip install -r requirements.txt", "osml up"):
            print(f"  {command}")
        print("README.md in that folder says how to deploy it on AWS.")
        return
    _write_environment(file, text)
    _show_next(name, file.parent.absolute(), usd, has_secrets=bool(environment.secrets))


def _write(folder: Path, files: Mapping[str, str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")


def _write_environment(file: Path, text: str) -> None:
    """Write the file, and the schema for editors next to it."""
    from settings import schema

    is_described = file.with_name(schema.FILE).exists()
    _write(file.parent, {file.name: text, **({} if is_described else {schema.FILE: schema.text()})})
    print(f"{file} is written.", end=" ")


def _show_next(name: str, folder: Path, usd: float, *, has_secrets: bool) -> None:
    from osml.place import is_checkout

    there = "" if is_checkout() else f", in a checkout of the osml repository with OSML_ENVIRONMENTS={folder}"
    print(f"The idle environment costs {_about(usd)}. Next{there}:")
    secrets = [f"osml secret set --env {name}"] if has_secrets else []
    for command in (*secrets, f"osml diff --env {name}", f"osml deploy --env {name}"):
        print(f"  {command}")


def _about(usd: float) -> str:
    return f"about {usd:,.0f} USD a month" if usd >= 1 else "less than 1 USD a month"


def _chosen(
    name: str,
    question: "SetupQuestion",
    given: str | None,
    chosen: dict[str, "Offer"],
    documents: int,
    *,
    is_app: bool,
) -> "Offer":
    """The offer that an option names, or a person chooses."""
    from osml.init.draft import cost

    names = [offer.name for offer in question.offers]
    if given is not None:
        if given not in names:
            raise Failure(f"{given!r} is not a valid value for {question.option}. Choose {', '.join(names)}.")
        return question.offer(given)
    if not sys.stdin.isatty():
        raise Failure(f"{question.sentence} Add {question.option} with one of {', '.join(names)}.")
    print(f"\n{question.sentence}")
    for offer in question.offers:
        usd = cost(name, {**chosen, question.group: offer}, question.group, documents, is_app=is_app)
        print(f"  {offer.name:<12}{offer.sentence} {usd}".rstrip())
    while (typed := typer.prompt("Choice", default=names[0])) not in names:
        print(f"{typed!r} is not one of {', '.join(names)}.")
    return question.offer(typed)
