"""The command `osml import`."""

import os
import sys
from typing import Annotated

import typer

from calls.count_of import count_of
from osml.commands.options import Sandbox
from osml.failure import Failure
from osml.place import environments, place, require_name
from osml.region import chosen, missing, settle
from osml.terminal import as_json

PANEL = "Set up"


def import_(
    name: Annotated[str, typer.Argument(help="Name of the new environment.", show_default=False)],
    domain: Annotated[str | None, typer.Option(help="Name of the domain.", show_default=False)] = None,
    collection: Annotated[str | None, typer.Option(help="Name of the collection, instead of a domain.")] = None,
    index: Annotated[str | None, typer.Option(help="The index to adopt, if there are several.")] = None,
    pipeline: Annotated[str | None, typer.Option(help="The answer pipeline, if there are several.")] = None,
    embedding_secret: Annotated[str | None, typer.Option(help="Name of the secret with the embedding key.")] = None,
    answer_secret: Annotated[str | None, typer.Option(help="Name of the secret with the answer model's key.")] = None,
    admin_role: Annotated[
        str | None, typer.Option(help="ARN for search.admin_role, a role that may change role mappings.")
    ] = None,
    role: Annotated[
        str | None, typer.Option(help="ARN of the role that signs requests; by default your own identity.")
    ] = None,
    user: Annotated[str | None, typer.Option(help="Sign in with this name and the password in OSML_PASSWORD.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show everything and write nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON; writes only with --yes.")] = False,
    sandbox: Sandbox = False,
) -> None:
    """Adopt objects that a tutorial or another tool created in a domain or a collection, and write their file.

    Nothing is written before you agree. Each model is called once, to check whether it answers.
    """
    from osml.takeover import collection as collections
    from osml.takeover import reach, takeover, view

    require_name(name)
    if (domain is None) == (collection is None):
        raise Failure("Name what to import: either --domain NAME or --collection NAME.")
    of_a_domain = (pipeline, embedding_secret, answer_secret, admin_role, user)
    if collection and any(value is not None for value in of_a_domain):
        raise Failure(
            "A collection has no pipelines, models and users: --collection goes with --index and --role only."
        )
    if sandbox:
        place(name, sandbox=True)
    elif region := chosen(None, f"environments/{name}.yaml"):
        settle(region)
    else:
        raise missing(None)
    if domain:
        where = reach.described(domain, admin_role)
        client = reach.client(where, role, (user, _password(user)) if user else None)
        there, tree = takeover.seen(client)
        if not json:
            view.show_tree(tree)
        secrets = {"embedding": embedding_secret, "answer": answer_secret}
        given = {group: secret for group, secret in secrets.items() if secret}
        plan = takeover.prepared(client, there, tree, where, name, index=index, pipeline=pipeline, secrets=given)
    else:
        described = reach.described_collection(str(collection))
        client = reach.collection_client(described, role)
        shown = collections.seen(client, described)
        if not json:
            view.show_tree(shown.tree)
        plan = collections.prepared(client, shown, described, name, index=index)
    file = environments() / f"{name}.yaml"
    if json:
        print(as_json(plan.json(), indent=2))
    else:
        view.show_takeover(plan)
        print(f"\n{file}:\n{plan.text}")
    if dry_run or (json and not yes):
        return
    if not yes:
        if not sys.stdin.isatty():
            raise Failure("This command needs a confirmation, and there is no terminal. Add --yes, or --dry-run.")
        typer.confirm(
            f"Write {file}, and mark {count_of(len(plan.plan.adoptions), 'object')} in {domain or collection}?",
            abort=True,
        )
    for sentence in takeover.write(client, plan, file):
        print(sentence, file=sys.stderr)
    if not json:
        options = f"--env {name}{' --sandbox' if sandbox else ''}"
        print(f"{file} is written, and the objects are marked. Next:\n  osml deploy {options}")


def _password(user: str) -> str:
    given = os.environ.get("OSML_PASSWORD")
    if given is None and sys.stdin.isatty():
        given = str(typer.prompt(f"Password of {user}", hide_input=True))
    if not given:
        raise Failure(f"The password of {user} is missing. Set OSML_PASSWORD.")
    return given
