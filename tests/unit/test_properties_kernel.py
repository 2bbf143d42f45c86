"""Any template and any server answer gives an outcome or one sentence; unreadable ones lead to no writes."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlcommons import Client, MockTransport, Owner, Patience, Request, Response, apply, destroy, kind_named
from mlcommons.errors import InvalidSpec, ProvisioningError
from mlcommons.owner import digest_of, marked
from reason import LONGEST, FailureReason
from tests.unit.properties import examples, shown, spoiled, values

OWNER = Owner("osml-unit-knowledge", "Thing")
ID = "aaaaaaaaaaaaaaaaaaaa"
CONNECTOR: dict[str, Any] = {
    "name": "c",
    "description": "d",
    "version": "1",
    "protocol": "http",
    "parameters": {"model": "m", "stop": ["x"]},
    "credential": {"roleArn": "arn:aws:iam::000000000000:role/r"},
    "actions": [{"action_type": "predict", "method": "POST", "url": "https://x.example/${parameters.model}"}],
}
BODY: dict[str, Any] = {
    "settings": {"index": {"knn": True, "number_of_shards": 1}},
    "mappings": {"properties": {"vector": {"type": "knn_vector", "dimension": 2}, "text": {"type": "text"}}},
}
SPECS: dict[str, dict[str, Any]] = {
    "Role": {
        "name": "r",
        "description": "d",
        "cluster_permissions": ["cluster_monitor"],
        "index_permissions": [{"index_patterns": ["a*"], "allowed_actions": ["read"]}],
    },
    "RoleMapping": {"role": "ml_full_access", "backend_roles": ["arn:aws:iam::000000000000:role/r"]},
    "TrustedEndpoints": {"patterns": ["^https://x\\.example/.*$"]},
    "Connector": {"connector": CONNECTOR},
    "ModelGroup": {"name": "g", "description": "d"},
    "Model": {"name": "m", "model_group_id": ID, "connector_id": ID, "probe": {"parameters": {"x": "y"}}},
    "IngestPipeline": {"name": "p", "pipeline": {"description": "d", "processors": [{"set": {"field": "a"}}]}},
    "SearchPipeline": {"name": "p", "pipeline": {"response_processors": []}},
    "Index": {"name": "i", "body": BODY, "embedding": {"model_id": ID, "field": "vector", "probe": {}}},
}
STATUSES = st.sampled_from([200, 200, 200, 200, 201, 204, 302, 400, 401, 403, 404, 409, 413, 429, 500, 502, 503, 504])
HEADERS = st.fixed_dictionaries({}, optional={"retry-after": st.sampled_from(["0", "3", "soon", "-1", "1e9", "nan"])})


class Seconds:
    """A clock that advances when somebody waits, and a little with every look."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 0.01
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        self.now += seconds


def client_of(transport: MockTransport) -> Client:
    clock = Seconds()
    return Client(transport, Patience(30.0, 5.0, clock, clock.sleep, lambda: 0.5), secret=lambda _, key: key)


def right(request: Request) -> Response:
    """The answer of an engine with one object of each kind, which is ours and as specified."""
    mark = marked("d", OWNER)
    path = request.path
    if path.endswith("_predict"):
        return Response(200, {"inference_results": [{"output": [{"data": [0.1, 0.2]}]}]})
    if path.endswith("_search"):
        source = CONNECTOR | {"name": "g", "description": marked("d", OWNER, digest_of(CONNECTOR))}
        return Response(200, {"hits": {"hits": [{"_id": ID, "_source": source}]}})
    if path.endswith(("_create", "_register")):
        return Response(200, {"connector_id": ID, "model_id": ID, "model_group_id": ID, "task_id": ID})
    if "/connectors/" in path:
        actions = [action | {"action_type": "PREDICT"} for action in CONNECTOR["actions"]]
        return Response(200, CONNECTOR | {"description": marked("d", OWNER, digest_of(CONNECTOR)), "actions": actions})
    if "/models/" in path:
        body = {"name": "m", "description": marked("", OWNER), "model_group_id": ID, "connector_id": ID}
        return Response(200, body | {"model_state": "DEPLOYED", "status": "CREATED"})
    if "/model_groups/" in path:
        return Response(200, {"name": "g", "description": mark})
    if "/rolesmapping/" in path:
        entry = SPECS["RoleMapping"]["backend_roles"][0]
        entries = ["x", entry, f"osml:{OWNER}:added:{entry}"]
        return Response(200, {"ml_full_access": {"backend_roles": entries, "users": [], "hosts": []}})
    if "/api/roles/" in path:
        role = {name: value for name, value in SPECS["Role"].items() if name != "name"}
        return Response(200, {"r": role | {"description": mark, "tenant_permissions": [], "reserved": False}})
    if path.endswith("_search/pipeline/p"):
        return Response(200, {"p": {"description": marked("", OWNER), "response_processors": []}})
    if path.endswith("/pipeline/p"):
        return Response(200, {"p": {"description": mark, "processors": [{"set": {"field": "a"}}]}})
    if "settings" in path:
        entries = ["^x$", f"{SPECS['TrustedEndpoints']['patterns'][0]}|^osml:{OWNER}$"]
        setting = "plugins.ml_commons.trusted_connector_endpoints_regex"
        return Response(200, {"persistent": {setting: entries}, "transient": {}, "defaults": {}})
    if path == "/i":
        mappings = BODY["mappings"] | {"_meta": {"osml": marked("", OWNER, digest_of(BODY))}}
        return Response(200, {"i": BODY | {"mappings": mappings}})
    return Response(200, {"acknowledged": True})


def ends_in_a_sentence(act: Callable[[], Any]) -> ProvisioningError | None:
    try:
        act()
    except ProvisioningError as error:
        sentence, reason = str(error), str(FailureReason(error))
        assert sentence.strip()
        assert "\n" not in sentence
        assert len(reason) <= LONGEST
        return error
    return None


@pytest.mark.parametrize("kind", SPECS)
def test_the_examples_are_right(kind: str) -> None:
    transport = MockTransport(right)
    outcome = apply(kind_named(kind), SPECS[kind], client=client_of(transport), owner=OWNER)
    assert outcome.physical_id


@pytest.mark.parametrize("kind", SPECS)
@examples(20)
@given(data=st.data())
def test_a_specification_is_read_or_refused_and_then_nothing_is_sent(kind: str, data: st.DataObject) -> None:
    spec = shown(data.draw(spoiled(SPECS[kind], 3) | values(tuple(SPECS[kind]))))
    transport = MockTransport(right)
    error = ends_in_a_sentence(lambda: apply(kind_named(kind), spec, client=client_of(transport), owner=OWNER))
    if isinstance(error, InvalidSpec):
        assert transport.writes == []


@pytest.mark.parametrize("physical_id", [None, "known"])
@pytest.mark.parametrize("kind", SPECS)
@examples(10)
@given(data=st.data())
def test_whatever_the_server_says_it_ends_in_an_outcome_or_a_sentence(
    kind: str, physical_id: str | None, data: st.DataObject
) -> None:
    """Answers may be spoiled: on average every second one is, and some are no JSON."""

    def answer(request: Request) -> Response:
        good = right(request)
        match data.draw(st.sampled_from(["right", "right", "right", "spoiled", "anything", "text"])):
            case "right":
                return good
            case "spoiled":
                return Response(200, shown(data.draw(spoiled(good.body))))
            case "anything":
                return Response(data.draw(STATUSES), shown(data.draw(values())), data.draw(HEADERS))
        return Response(data.draw(STATUSES), data.draw(st.text(max_size=20)), data.draw(HEADERS))

    transport = MockTransport(answer)
    known = {"RoleMapping": f"ml_full_access:{OWNER}", "TrustedEndpoints": f"trusted-endpoints:{OWNER}"}
    named = {"Role": "r", "Index": "i", "IngestPipeline": "p", "SearchPipeline": "p", **known}
    given_id = named.get(kind, ID) if physical_id else None
    act = kind_named(kind)
    ends_in_a_sentence(lambda: apply(act, SPECS[kind], client=client_of(transport), owner=OWNER, physical_id=given_id))
    ends_in_a_sentence(
        lambda: destroy(act, given_id or "nothing", client=client_of(transport), owner=OWNER, previous=SPECS[kind])
    )
