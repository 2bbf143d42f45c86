"""The collection of an environment whose `search.kind` is `serverless`."""

from __future__ import annotations

from opensearch_ml.engine.index_access import IndexAccess
from opensearch_ml.engine.network import Network
from opensearch_ml.engine.serverless_collection import ServerlessCollection
from settings import Environment
from settings.serverless import Serverless
from stacks.encryption import key_arn
from stacks.environment_stack import EnvironmentStack

EVERYTHING = (
    *(f"aoss:{verb}Index" for verb in ("Create", "Delete", "Describe", "Update")),
    *(f"aoss:{verb}Document" for verb in ("Read", "Write")),
)


def new_collection(
    stack: EnvironmentStack, environment: Environment, search: Serverless, *, network: Network | None
) -> ServerlessCollection:
    """Create the collection in `stack`, and let only the admins of the environment use it."""
    collection = ServerlessCollection(
        stack,
        "Search",
        name=environment.domain_name,
        generation=search.generation.upper(),
        standby=search.standby_replicas,
        search_units=search.search_units,
        indexing_units=search.indexing_units,
        network=network,
        security_groups=search.vpc.security_groups if search.vpc else (),
        cidrs=search.vpc.cidrs if search.vpc else (),
        existing_endpoint=search.vpc.collection_endpoint if search.vpc else None,
        key=key_arn(stack, environment.encryption) if environment.encryption else None,
        removal_policy=stack.removal,
    )
    if search.admins:
        IndexAccess(stack, "Admins", collection=collection.name, index="*", roles=search.admins, permissions=EVERYTHING)
    stack.output("CollectionName", collection.name)
    return collection
