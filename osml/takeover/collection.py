"""One import of a collection: read, choose, draft, plan."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from mlcommons import Client
from osml.aws_error import advised
from osml.failure import Failure
from osml.init.draft import checked
from osml.takeover import collection_contents, synthesis
from osml.takeover.choice import Choice
from osml.takeover.collection_choice import choose_index
from osml.takeover.collection_contents import Holding
from osml.takeover.collection_draft import AdoptedCollection, collection_draft
from osml.takeover.collection_tree import collection_tree, indexes_alone
from osml.takeover.contents import Contents
from osml.takeover.plan import plan
from osml.takeover.takeover import Takeover
from osml.takeover.tree import Tree
from osml.takeover.users import Account
from osml.takeover.vectors import VectorOrigin, origin_of_vectors
from rag.failures import RagFailure
from settings import SettingError
from settings.environment import prefix_of


@dataclass(frozen=True)
class SeenCollection:
    """The contents of a collection, as a tree with everything that uses it.

    `notes` are sentences about what is not adopted or not visible.
    """

    contents: Contents
    holdings: dict[str, Holding]
    tree: Tree
    notes: tuple[str, ...]


def seen(client: Client, collection: AdoptedCollection) -> SeenCollection:
    """Read the collection without a write. Raises Failure and `ProvisioningError`."""
    there, holdings = collection_contents.read(client, collection)
    account = Account(boto3.Session(region_name=collection.region))
    try:
        tree = collection_tree(there, holdings, account, account.principals(collection.name))
        notes = tuple(_left_by_hand(tree, account))
    except (ClientError, BotoCoreError) as error:
        tree = indexes_alone(there, holdings)
        notes = (f"Functions and APIs that use the collection are not shown: {advised(error)}",)
    return SeenCollection(there, holdings, tree, notes)


def prepared(
    client: Client, shown: SeenCollection, collection: AdoptedCollection, name: str, *, index: str | None = None
) -> Takeover:
    """Everything that an import would write; this function writes nothing. Raises Failure."""
    there = shown.contents
    choice = choose_index(there, f"{prefix_of(name)}-knowledge", index)
    assert choice.index  # noqa: S101 for the type checker
    origin = _origin(there, choice, shown.holdings[choice.index], collection)
    text = collection_draft(there, choice, collection, origin.settings)
    try:
        checked(name, text)
    except SettingError as error:
        raise Failure(f"The existing objects cannot be expressed by settings. {error}") from None
    said = (origin.note, *_notes(choice, collection), *shown.notes)
    return Takeover(shown.tree, choice, text, plan(client, there, choice, synthesis.templates(name, text)), said)


def _origin(there: Contents, choice: Choice, holding: Holding, collection: AdoptedCollection) -> VectorOrigin:
    assert choice.index  # noqa: S101 for the type checker
    field = there.indexes[choice.index]["mappings"]["properties"][choice.embedding_field]
    dimension = int(field["dimension"])
    try:
        origin = origin_of_vectors(dimension, collection.region, holding, choice.text_field, choice.embedding_field)
    except RagFailure as failure:
        raise Failure(f"Comparing the vectors of {choice.index} failed: {failure.message}") from None
    if origin is None:
        raise Failure(
            f"The vectors of {choice.index} have {dimension} numbers, and no model that osml knows makes such vectors. "
            "Write the environment by hand: embedding.provider openai takes any model and dimension.",
            "dimension-mismatch",
        )
    return origin


def _notes(choice: Choice, collection: AdoptedCollection) -> Iterator[str]:
    if choice.id_field != "id":
        yield (
            f"The field id of {choice.index} has a type that cannot contain ids of osml, so index.id_field is "
            f"{choice.id_field}."
        )
    yield "The file names DeepSeek-R1 on Bedrock for answers. Change answer as you like."
    yield "Existing documents are found as before. They have no osml id, so `osml documents` does not list them."
    yield (
        f"The collection {collection.name} and its policies stay as they are, and `osml destroy` leaves them. The "
        "deploy adds data access policies for its own roles."
    )


def _left_by_hand(tree: Tree, account: Account) -> Iterator[str]:
    """Sentences about what uses the collection but is not part of an environment, and what to do with it."""
    nodes = {(node.kind, node.id): node for root in tree.roots for node in root.everything}
    functions = sorted(id for kind, id in nodes if kind == "function")
    apis = sorted(node.name for (kind, _), node in nodes.items() if kind == "REST API")
    if functions:
        stacks = sorted({stack for each in functions if (stack := account.stack(each))})
        made = f" with the stack {' and '.join(stacks)}" if stacks else ""
        both = [f"the REST API {each}" for each in apis] + [f"the function {each}" for each in functions]
        yield (
            f"Not taken over: {', '.join(both)}. They go on with the same index. The deploy makes an API and a page of "
            f"its own; delete these{made} when nobody uses them any more, but not the collection."
        )
    for kind, id in sorted(nodes):
        if kind == "SageMaker endpoint":
            yield (
                f"Not taken over: the SageMaker endpoint {id}, which is billed by the hour. Delete it when no function "
                "calls it any more."
            )
