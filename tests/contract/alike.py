"""Connectors with chosen ids: with a part in common, as on an engine whose ids have hyphens, or without.

Whether a node's ids have hyphens changes with every start. So the tests give connectors their ids, as the engine's
administrator.
"""

import os
import secrets

from mlcommons import Client, HttpTransport
from tests.contract.kinds_engine import KindsEngine

FOLDER = "/.plugins-ml-connector/_doc"


def rename(connector_id: str, chosen: str) -> str:
    """Give the connector the id `chosen`, and return it."""
    cert, key = os.environ["OSML_TEST_ADMIN_CERT"], os.environ["OSML_TEST_ADMIN_KEY"]
    admin = Client(
        HttpTransport(os.environ["OSML_TEST_ENGINE_URL"], verify=os.environ["OSML_TEST_CA"], cert=(cert, key))
    )
    admin.put(f"{FOLDER}/{chosen}", admin.get(f"{FOLDER}/{connector_id}")["_source"])
    admin.delete(f"{FOLDER}/{connector_id}")
    admin.post("/.plugins-ml-connector/_refresh")
    return chosen


def alike_id(token: str) -> str:
    """An id of 20 characters that begins with the token and a hyphen."""
    return f"{token}-{secrets.token_hex(6)}"[:20]


def distinct_id() -> str:
    """An id of 20 characters without hyphens, which has no part in common with others."""
    return secrets.token_hex(10)


def alike_connector(engine: KindsEngine, name: str, token: str) -> str:
    """A connector of the owner `name`, whose id begins with the token and a hyphen."""
    owner = engine.owner(name)
    made = engine.apply("Connector", {"connector": engine.connector()}, owner=owner).physical_id
    chosen = rename(made, alike_id(token))
    engine.made.append(("Connector", chosen, owner, None))
    return chosen


def model_on(engine: KindsEngine, connector_id: str, name: str = "Model") -> str:
    """A deployed model of the owner `name` that uses the connector."""
    group = engine.apply("ModelGroup", {"name": f"{engine.stack} group"}, owner=engine.owner("Group"))
    spec = {"name": f"{engine.stack} model", "model_group_id": group.physical_id, "connector_id": connector_id}
    probe = {"parameters": {"input": "hello"}}
    return engine.apply("Model", spec | {"probe": probe}, owner=engine.owner(name)).physical_id
