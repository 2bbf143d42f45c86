"""The command `osml init`."""

import sys
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
) -> None:
    """Write the file of a new environment. The command asks for every choice that no option gives.

    Each choice shows its idle costs per month. If there are AWS credentials, the command says what their account and
    region would refuse. Nothing is created on AWS.
    """
    from osml.init import account, draft
    from osml.init.offers import QUESTIONS
    from osml.place import environments, is_checkout, require_name
    from settings import SettingError, prices, schema

    require_name(name)
    file = environments() / f"{name}.yaml"
    if file.exists():
        raise Failure(f"{file} already exists. Edit it, or choose another name.")
    given = {"search": search, "embedding": embedding, "answer": answer, "assistant": sign_in}
    chosen = {question.group: question.offers[0] for question in QUESTIONS}
    for question in QUESTIONS:
        chosen[question.group] = _chosen(name, question, given[question.group], chosen, documents)
    try:
        text = draft.draft(name, chosen, documents)
        environment = draft.checked(name, text)
    except (ValueError, SettingError) as error:
        raise Failure(f"These choices cannot be combined. {error}") from None
    for sentence in account.sentences(name, environment):
        print(sentence)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    for_editors = file.with_name(schema.FILE)
    if not for_editors.exists():
        for_editors.write_text(schema.text(), encoding="utf-8")
    usd = sum(prices.idle(environment).values())
    folder = file.parent.absolute()
    there = "" if is_checkout() else f", in a checkout of the osml repository with OSML_ENVIRONMENTS={folder}"
    print(f"{file} is written. The idle environment costs about {usd:,.0f} USD a month. Next{there}:")
    secrets = [f"osml secret set --env {name}"] if environment.secrets else []
    for command in (*secrets, f"osml diff --env {name}", f"osml deploy --env {name}"):
        print(f"  {command}")


def _chosen(
    name: str, question: "SetupQuestion", given: str | None, chosen: dict[str, "Offer"], documents: int
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
        usd = cost(name, {**chosen, question.group: offer}, question.group, documents)
        print(f"  {offer.name:<12}{offer.sentence} {usd}".rstrip())
    while (typed := typer.prompt("Choice", default=names[0])) not in names:
        print(f"{typed!r} is not one of {', '.join(names)}.")
    return question.offer(typed)
