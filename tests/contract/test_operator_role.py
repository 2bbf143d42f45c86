"""The operator's security role on a real engine: exactly what is needed to ask, load and see the state."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from mlcommons import HttpTransport
from opensearch_ml.engine.operator_role import ML, OperatorRole
from tests.contract import kinds_engine
from tests.contract.callers import Caller, World, caller, world_on
from tests.contract.kinds_engine import KindsEngine

engine_transport, provider = kinds_engine.engine_transport, kinds_engine.provider
ALL: dict[str, Any] = {"query": {"match_all": {}}}
SECURITY = ("/_plugins/_security/api", "/_opendistro/_security/api")
GRANT: dict[str, Any] = {"cluster_permissions": ["*"], "index_permissions": []}


@dataclass(frozen=True)
class Stage:
    """The world, with a conversation and the operator."""

    world: World
    engine: KindsEngine
    operator: Caller
    conversation: str
    agent: str

    def request(self, permission: str) -> tuple[str, str, Any]:
        """A request that needs the permission."""
        index, model = self.world.index, self.world.model
        shown = self.engine.client().get(f"/_plugins/_ml/models/{model}")
        memory = f"/_plugins/_ml/memory/{self.conversation}"
        ml = "/_plugins/_ml"
        neural = {"query": {"neural": {"embedding": {"query_text": "hello", "model_id": model, "k": 1}}}}
        bulk = self.world.store("a")
        return {
            "cluster:admin/ingest/pipeline/get": ("GET", "/_ingest/pipeline", None),
            "cluster:admin/search/pipeline/get": ("GET", "/_search/pipeline", None),
            "cluster:monitor/main": ("GET", "/", None),
            "cluster:monitor/state": ("GET", "/_cluster/settings?include_defaults=true", None),
            f"{ML}/agents/get": ("GET", f"{ml}/agents/{self.agent}", None),
            f"{ML}/agents/search": ("POST", f"{ml}/agents/_search", ALL),
            f"{ML}/connectors/get": ("GET", f"{ml}/connectors/{shown['connector_id']}", None),
            f"{ML}/connectors/search": ("POST", f"{ml}/connectors/_search", ALL),
            f"{ML}/model_groups/get": ("GET", f"{ml}/model_groups/{shown['model_group_id']}", None),
            f"{ML}/model_groups/search": ("POST", f"{ml}/model_groups/_search", ALL),
            f"{ML}/models/get": ("GET", f"{ml}/models/{model}", None),
            f"{ML}/models/search": ("POST", f"{ml}/models/_search", ALL),
            f"{ML}/memory/conversation/create": ("POST", f"{ml}/memory", {"name": "x"}),
            f"{ML}/memory/conversation/get": ("GET", memory, None),
            f"{ML}/memory/conversation/interaction/search": ("POST", f"{memory}/_search", ALL),
            f"{ML}/memory/interaction/create": ("POST", f"{memory}/messages", {"input": "x", "response": "y"}),
            f"{ML}/memory/interaction/list": ("GET", f"{memory}/messages", None),
            f"{ML}/predict": ("POST", f"/{index}/_search", neural),
            "indices:data/write/bulk": ("POST", "/_bulk", bulk),
            "indices:admin/aliases/get": ("GET", f"/{index}/_alias", None),
            "indices:admin/get": ("GET", "/kernel-*", None),
            "indices:admin/refresh*": ("POST", f"/{index}/_refresh", None),
            "indices:admin/settings/update": ("PUT", f"/{index}/_settings", {"index.refresh_interval": "1s"}),
            "indices:data/read/search*": ("POST", f"/{index}/_search", ALL),
            "indices:data/write/bulk*": ("POST", "/_bulk", bulk),
            "indices:data/write/delete*": ("POST", "/_bulk", [{"delete": {"_index": index, "_id": "a"}}]),
            "indices:data/write/index*": ("POST", "/_bulk", bulk),
            "indices:monitor/settings/get": ("GET", f"/{index}/_settings", None),
            "indices:admin/mappings/get": ("GET", "/_mapping", None),
        }[permission]


GROUPS = (OperatorRole.CLUSTER, OperatorRole.INDEX, OperatorRole.EVERYWHERE)
PERMISSIONS = (*OperatorRole.CLUSTER, *OperatorRole.INDEX, *OperatorRole.EVERYWHERE)


@pytest.fixture(scope="module")
def stage(engine_transport: HttpTransport, provider: str) -> Iterator[Stage]:
    engine = KindsEngine(engine_transport, provider)
    with world_on(engine) as world:
        yield _stage(world, engine)
    engine.clean()


def _stage(world: World, engine: KindsEngine) -> Stage:
    operator = caller(
        engine,
        "operator",
        world.index,
        cluster=OperatorRole.CLUSTER,
        on_index=OperatorRole.INDEX,
        everywhere=OperatorRole.EVERYWHERE,
    )
    conversation = operator.post("/_plugins/_ml/memory", {"name": "A conversation"})["memory_id"]
    operator.post(f"/_plugins/_ml/memory/{conversation}/messages", {"input": "x", "response": "y"})
    agent = engine.apply("Agent", {"agent": {"name": "a", "type": "flow"}}, owner=engine.owner("Agent")).physical_id
    return Stage(world, engine, operator, str(conversation), agent)


@contextmanager
def lacking(stage: Stage) -> Iterator[dict[str, Caller]]:
    """For each permission of the operator, a caller who has all of them except that one.

    One request makes the callers, and one removes them.
    """
    admin, mine = stage.engine.client(), [stage.world.index]
    callers = {
        permission: Caller(stage.operator.endpoint, f"{stage.operator.arn}-{number}")
        for number, permission in enumerate(PERMISSIONS)
    }
    roles: dict[str, Any] = {}
    for permission, somebody in callers.items():
        cluster, on_index, everywhere = ([item for item in group if item != permission] for group in GROUPS)
        granted = ((mine, on_index), (["*"], everywhere))
        roles[somebody.name] = {
            "cluster_permissions": cluster,
            "index_permissions": [
                {"index_patterns": patterns, "allowed_actions": actions} for patterns, actions in granted if actions
            ],
        }
    added = {
        "roles": roles,
        "rolesmapping": {caller.name: {"backend_roles": [caller.arn]} for caller in callers.values()},
    }
    for kind, bodies in added.items():
        steps = [{"op": "add", "path": f"/{name}", "value": body} for name, body in bodies.items()]
        admin.patch(f"/_plugins/_security/api/{kind}", steps)
    yield callers
    for kind in reversed(added):
        admin.patch(f"/_plugins/_security/api/{kind}", [{"op": "remove", "path": f"/{name}"} for name in roles])


def refused(status: int, answer: Any) -> bool:
    """Whether the answer is a refusal, also of an item of a bulk, whose own status is 200."""
    items = [result for item in answer.get("items", []) for result in item.values()] if isinstance(answer, dict) else []
    return status == 403 or any(item["status"] == 403 for item in items)


def test_every_permission_of_the_operator_is_needed_and_no_other(stage: Stage) -> None:
    useless, short = [], []
    with lacking(stage) as callers:
        for permission, somebody in callers.items():
            request = stage.request(permission)
            status, answer = stage.operator.send(*request)
            if status not in (200, 201, 404) or answer.get("errors"):  # 404: there is no pipeline yet
                short.append((permission, request[:2], status, answer))
            if not refused(*somebody.send(*request)):
                useless.append((permission, request[:2]))
    assert (short, useless) == ([], [])


def escalations(stage: Stage) -> Iterator[tuple[str, str, Any]]:
    """How an operator might try to become an administrator, or to reach other people's objects."""
    me = [stage.operator.arn]
    for api in SECURITY:
        yield "PUT", f"{api}/roles/mine", GRANT
        yield "PATCH", f"{api}/roles", [{"op": "add", "path": "/mine", "value": GRANT}]
        yield "PUT", f"{api}/rolesmapping/all_access", {"backend_roles": me}
        yield "PUT", f"{api}/rolesmapping/security_rest_api_access", {"backend_roles": me}
        yield "PATCH", f"{api}/rolesmapping/all_access", [{"op": "add", "path": "/backend_roles", "value": me}]
        yield "PUT", f"{api}/internalusers/mine", {"password": "Long-enough-4711", "backend_roles": ["admin"]}
        yield "PUT", f"{api}/actiongroups/mine", {"allowed_actions": ["*"]}
        yield "PUT", f"{api}/tenants/mine", {"description": "mine"}
        yield "PUT", f"{api}/securityconfig/config", {"dynamic": {}}
        yield "DELETE", f"{api}/cache", None
        yield "GET", f"{api}/roles", None
        yield "GET", f"{api}/internalusers", None
    yield "POST", "/.opendistro_security/_search", ALL
    yield "PUT", "/.opendistro_security/_doc/roles", {"roles": ""}
    yield "POST", "/.plugins-ml-connector/_search", ALL
    yield "POST", "/_search", ALL
    yield "POST", "/_reindex", {"source": {"index": ".opendistro_security"}, "dest": {"index": stage.world.index}}
    yield "POST", "/_aliases", {"actions": [{"add": {"index": ".opendistro_security", "alias": "mine"}}]}
    yield "PUT", "/_snapshot/mine", {"type": "fs", "settings": {"location": "/tmp"}}
    yield "GET", "/_snapshot/_all", None
    yield "PUT", "/_scripts/mine", {"script": {"lang": "painless", "source": "1"}}
    yield "POST", "/_scripts/painless/_execute", {"script": {"source": "1"}}
    yield "PUT", "/_cluster/settings", {"persistent": {"plugins.ml_commons.connector.private_ip_enabled": True}}
    yield "PUT", "/_ingest/pipeline/mine", {"processors": []}
    yield "PUT", "/_search/pipeline/mine", {"request_processors": []}
    yield "POST", "/_ingest/pipeline/_simulate", {"pipeline": {"processors": []}, "docs": [{"_source": {}}]}
    yield "PUT", "/_index_template/mine", {"index_patterns": ["mine-*"]}
    yield "PUT", "/mine", {}
    yield "DELETE", f"/{stage.world.index}", None
    yield "PUT", f"/{stage.world.index}/_mapping", {"properties": {"mine": {"type": "keyword"}}}
    yield "POST", "/_plugins/_ml/connectors/_create", stage.engine.connector()
    yield "PUT", f"/_plugins/_ml/models/{stage.world.model}", {"name": "mine"}
    yield "POST", f"/_plugins/_ml/models/{stage.world.model}/_undeploy", None
    yield "DELETE", f"/_plugins/_ml/models/{stage.world.model}", None
    yield (
        "POST",
        "/_plugins/_ml/agents/_register",
        {"name": "mine", "type": "flow", "tools": [{"type": "ListIndexTool"}]},
    )
    yield "GET", "/_nodes", None
    yield "GET", "/_tasks", None
    yield "POST", "/_bulk", [{"index": {"_index": "mine", "_id": "a"}}, {"text": "a"}]
    yield "POST", "/_plugins/_sql", {"query": "SHOW TABLES"}


def test_an_operator_cannot_become_an_administrator(stage: Stage) -> None:
    passed = []
    for method, path, body in escalations(stage):
        status, answer = stage.operator.send(method, path, body)
        # 400 and 405: the engine has no such request.
        unknown = status in (400, 405) and ("no handler found" in str(answer) or "ncorrect HTTP method" in str(answer))
        if not (refused(status, answer) or unknown):
            passed.append((method, path, status, answer))
    assert passed == []
    assert "operator" in str(stage.operator.send("GET", "/_plugins/_security/authinfo")[1]["roles"])


def test_a_script_of_an_operator_reaches_nothing_but_documents(stage: Stage) -> None:
    for source in (
        "java.lang.Runtime.getRuntime().exec('id')",
        "new File('/etc/passwd').exists()",
        "System.getenv('HOME')",
    ):
        field = {"script_fields": {"x": {"script": {"lang": "painless", "source": source}}}}
        status, answer = stage.operator.send("POST", f"/{stage.world.index}/_search", {**ALL, **field})
        assert status == 400 or not answer["hits"]["hits"], answer
