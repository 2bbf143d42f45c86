"""Cases that a real engine shows only by chance, or only when it is broken."""

import math
from contextlib import nullcontext
from typing import Any

import pytest

from mlcommons import Client, MockTransport, Owner, Patience, Request, Response, apply, destroy, kind_named
from mlcommons.errors import Conflict, InvalidSpec, Unready
from mlcommons.kinds.trusted_endpoints import trusts_all
from mlcommons.retired import sweep
from tests.unit.kernel_clock import Clock

OWNER = Owner("stack", "Thing")
CONNECTOR = "aoDJ-6EBbbdF-gGrEIku"
MODEL = "boDJ-6EBbbdF-gGrEIkv"
SETTING = "plugins.ml_commons.trusted_connector_endpoints_regex"


def _client(transport: MockTransport) -> Client:
    return Client(transport, Patience(sleep=lambda _: None))


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("Agent", CONNECTOR, "my-stack_Thing_1A2B3C4D"),
        ("Connector", "-Pg6LqIBv4mULUcU3pIs", "--"),
        ("Model", "_287LqIB9o78-P-fsvpX", "_all"),
        ("Connector", CONNECTOR, "my-stack_Thing_1A2B3C4D"),
        ("Model", CONNECTOR, "*"),
        ("ModelGroup", CONNECTOR, ""),
        ("IngestPipeline", "my-pipeline", "*"),
        ("SearchPipeline", "my-pipeline", "a,b"),
        ("IngestPipeline", "my-pipeline", "_all"),
        ("Index", "my-index", "_all"),
        ("Index", "my-index", "my-*"),
        ("Index", "my-index", "Upper"),
        ("Role", "osml-dev_assistant.1", "osml-*"),
        ("Role", "osml", "_all"),
        ("RoleMapping", f"role:{OWNER}", "role:stack/Other"),
        ("TrustedEndpoints", f"trusted-endpoints:{OWNER}", "trusted-endpoints:stack/Other"),
        ("TrustedEndpoints", f"trusted-already:{OWNER}", "trusted-already:stack/Other"),
        ("AuditLog", f"audit-log:{OWNER}", "audit-log:stack/Other"),
    ],
)
def test_ids_that_could_be_ours(kind: str, good: str, bad: str) -> None:
    assert kind_named(kind).could_be(good, OWNER)
    assert not kind_named(kind).could_be(bad, OWNER)


class _InUse:
    """An engine that refuses to delete the connector, and whose only model uses the connector `used`."""

    def __init__(self, used: str) -> None:
        self.used = used

    def __call__(self, request: Request) -> Response:
        if request.path == "/":
            return Response(200, {"version": {"number": "3.6.0"}})
        if request.path.endswith("models/_search"):
            return Response(200, {"hits": {"hits": [{"_id": MODEL, "_source": {"connector_id": self.used}}]}})
        if request.path.endswith("_search"):
            return Response(200, {"hits": {"hits": []}})
        if request.method == "DELETE":
            reason = f"1 models are still using this connector, please update the models first: [{MODEL}]"
            return Response(409, {"error": {"reason": reason}, "status": 409})
        return Response(200, {"name": "c", "description": f"(osml:{OWNER}/0123456789ab)"})


def test_a_false_in_use_does_not_fail_the_delete() -> None:
    transport = MockTransport(_InUse("another-connector-id"))
    outcome = destroy(kind_named("Connector"), CONNECTOR, client=_client(transport), owner=OWNER)
    assert outcome.note.startswith("retired")
    delete, mark = transport.writes
    assert delete.method == "DELETE"
    assert CONNECTOR in mark.body["name"]


class _Retired:
    """An engine with 150 retired connectors, of which it deletes only the last; a search returns 10 by default."""

    def __init__(self) -> None:
        self.groups = [f"{number:03}DJ-6EBbbdF-gGrEIku" for number in range(150)]
        self.tried = 0

    def __call__(self, request: Request) -> Response:
        id = request.path.rpartition("/")[2]
        if request.path == "/":
            return Response(200, {"version": {"number": "3.6.0"}})
        if request.path.endswith("model_groups/_search"):
            source = {"description": f"(osml:{OWNER})"}
            hits = [
                {"_id": group, "_source": {**source, "name": f"Retired connector {group}"}} for group in self.groups
            ]
            return Response(200, {"hits": {"hits": hits[: request.body.get("size", 10)]}})
        if request.path.endswith("_search"):
            return Response(200, {"hits": {"hits": []}})
        if request.method == "DELETE" and "/connectors/" in request.path:
            self.tried += 1
            if id != "149DJ-6EBbbdF-gGrEIku":
                return Response(409, {"error": {"reason": "1 models are still using this connector"}, "status": 409})
        elif request.method == "DELETE":
            self.groups.remove(id)
        return Response(200, {"name": "c", "description": f"(osml:{OWNER})"})


def test_retired_connectors_that_stay_do_not_hide_the_others() -> None:
    engine = _Retired()
    transport = MockTransport(engine)
    # A sweep misses the last one with a chance of one third.
    for _ in range(60):
        before = engine.tried
        gone = sweep(_client(transport))
        assert engine.tried - before == 100
        if gone:
            break
    assert gone == ["149DJ-6EBbbdF-gGrEIku"]
    assert len(engine.groups) == 149


def test_a_true_in_use_does() -> None:
    transport = MockTransport(_InUse(CONNECTOR))
    with pytest.raises(Conflict):
        destroy(kind_named("Connector"), CONNECTOR, client=_client(transport), owner=OWNER)
    assert {request.method for request in transport.writes} == {"DELETE"}


def test_a_connector_whose_mark_was_edited_away_is_still_ours_by_its_id() -> None:
    transport = MockTransport(lambda _: Response(200, {"name": "c", "description": "edited"}))
    observed = kind_named("Connector").read(_client(transport), CONNECTOR, OWNER)
    assert observed
    assert observed.owner == OWNER


@pytest.mark.parametrize(("fails", "deploys"), [(1, 1), (2, 2), (math.inf, 2)])
def test_a_model_that_seems_to_have_failed_is_deployed_again_twice(fails: float, deploys: int) -> None:
    clock = Clock()
    deploy = f"/_plugins/_ml/models/{MODEL}/_deploy"

    def repeated() -> int:
        return [request.path for request in transport.requests].count(deploy)

    def answer(request: Request) -> Response:
        if request.method == "POST":
            return Response(200, {"inference_results": [{"output": [{"data": [1.0]}]}]})
        return Response(200, {"model_state": "DEPLOYED" if repeated() >= fails else "DEPLOY_FAILED"})

    transport = MockTransport(answer)
    client = Client(transport, Patience(seconds=60, clock=clock, sleep=clock.sleep))
    spec = kind_named("Model").parse(
        {"name": "m", "model_group_id": "g", "connector_id": "c", "probe": {"parameters": {}}}
    )
    with nullcontext() if fails <= deploys else pytest.raises(Unready, match="DEPLOY_FAILED"):
        kind_named("Model").ready(client, MODEL, spec)
    assert repeated() == deploys


def test_a_model_that_stays_deploying_is_an_error_at_the_deadline() -> None:
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    transport = MockTransport(lambda _: Response(200, {"model_state": "DEPLOYING"}))
    client = Client(transport, Patience(seconds=30, clock=lambda: now[0], sleep=sleep))
    spec = kind_named("Model").parse(
        {"name": "m", "model_group_id": "g", "connector_id": "c", "probe": {"parameters": {}}}
    )
    with pytest.raises(Unready, match="still DEPLOYING"):
        kind_named("Model").ready(client, MODEL, spec)
    assert now[0] <= 30


@pytest.mark.parametrize(("deployed_after", "looks"), [(0.02, 5), (2.0, 20)])
def test_a_model_that_is_deployed_is_asked_soon_after(deployed_after: float, looks: int) -> None:
    clock = Clock()

    def answer(request: Request) -> Response:
        if request.method == "POST":
            return Response(200, {"inference_results": [{"output": [{"data": [1.0]}]}]})
        return Response(200, {"model_state": "DEPLOYED" if clock() >= deployed_after else "DEPLOYING"})

    transport = MockTransport(answer)
    client = Client(transport, Patience(seconds=30, clock=clock, sleep=clock.sleep, jitter=lambda: 0.0))
    spec = kind_named("Model").parse(
        {"name": "m", "model_group_id": "g", "connector_id": "c", "probe": {"parameters": {}}}
    )
    kind_named("Model").ready(client, MODEL, spec)
    assert clock() < deployed_after * 1.5 + 0.01
    assert len(transport.requests) <= looks


def test_a_model_whose_undeployment_is_forgotten_is_undeployed_again() -> None:
    clock = Clock()
    undeployed = f"/_plugins/_ml/models/{MODEL}/_undeploy"

    def answer(request: Request) -> Response:
        undeploys = [request.path for request in transport.requests].count(undeployed)
        return Response(200, {"model_state": "UNDEPLOYED" if undeploys > 1 else "DEPLOYED"})

    transport = MockTransport(answer)
    client = Client(transport, Patience(seconds=30, clock=clock, sleep=clock.sleep))
    destroy(kind_named("Model"), MODEL, client=client, owner=OWNER)
    assert [request.method for request in transport.writes] == ["POST", "POST", "DELETE"]
    assert clock() < 1


@pytest.mark.parametrize("flag", ["reserved", "static", "hidden"])
def test_a_role_of_the_engine_is_never_ours_whatever_it_says(flag: str) -> None:
    role = {"description": f"(osml:{OWNER})", "index_permissions": [], flag: True}
    transport = MockTransport(lambda _: Response(200, {"role": role}))
    assert destroy(kind_named("Role"), "role", client=_client(transport), owner=OWNER).note.startswith("not deleted")
    assert transport.writes == []


def _settings(transport: MockTransport) -> list[Any]:
    return [request.body for request in transport.writes if request.path == "/_cluster/settings"]


@pytest.mark.parametrize("settings", [{}, {"persistent": {}, "transient": {}, "defaults": {}}])
def test_a_list_whose_defaults_are_unknown_is_never_overwritten(settings: dict[str, Any]) -> None:
    transport = MockTransport(lambda _: Response(200, settings))
    kind = kind_named("TrustedEndpoints")
    with pytest.raises(Unready, match="neither a value nor a default"):
        kind.create(_client(transport), kind.parse({"patterns": ["^x$"]}), OWNER)
    assert _settings(transport) == []


def test_a_transient_list_is_the_one_in_effect() -> None:
    answer = {"transient": {SETTING: ["^t$"]}, "persistent": {SETTING: ["^p$"]}}
    transport = MockTransport(lambda _: Response(200, answer))
    kind = kind_named("TrustedEndpoints")
    kind.create(_client(transport), kind.parse({"patterns": ["^x$"]}), OWNER)
    assert _settings(transport) == [{"transient": {SETTING: ["^t$", f"^x$|^osml:{OWNER}$"]}}]


@pytest.mark.parametrize(
    ("entries", "patterns", "trusted"),
    [
        ([r"^https://api\.x\.com/.*$"], [r"^https://api\.x\.com/.*$"], True),
        ([r"^https://.*\.x\.com/.*$"], [r"^https://api\.x\.com/.*$"], True),
        ([r"^https://.*\.x\.com/.*$"], [r"^https://api\.x\.com/.*$", r"^https://api\.y\.com/.*$"], False),
        ([r"^https://api\.x\.com/chat$"], [r"^https://api\.x\.com/.*$"], False),
        ([r"^https://api\.x\.com/v1/.*$"], [r"^https://api\.x\.com/.*$"], False),
        ([r"^https://api\.x\.com/.*$"], [r"^https://api\.x\.com/v1/.*$"], True),
        ([r"^https://api\.x\.com:443/.*$"], [r"^https://api\.x\.com:8443/.*$"], False),
        # Nobody can know what these expressions match.
        ([r"^https://.*\.x\.com/.*$"], [r"^https://(a|b)\.x\.com/.*$"], False),
        ([r"^https://.*$"], [r"^https://api.x.com/.+$"], False),
        # The form in which a deploy writes the region and the suffix of AWS.
        ([r"^https://b\..*[a-z0-9-]\.amazonaws\.com/.*$"], [r"^https://b\.us-east-1\.amazonaws.com/.*$"], True),
        ([r"^https://b\..*[a-z0-9-]\.amazonaws\.com/.*$"], [r"^https://b\.cn-north-1\.amazonaws.com.cn/.*$"], False),
        ([r"^https://(?<java", r"^https://api\.x\.com/.*$"], [r"^https://api\.x\.com/.*$"], True),
        ([], [r"^https://api\.x\.com/.*$"], False),
    ],
)
def test_what_a_list_trusts(entries: list[str], patterns: list[str], trusted: bool) -> None:
    assert trusts_all(entries, patterns) is trusted


def test_a_pattern_that_would_break_every_connector_is_refused() -> None:
    with pytest.raises(InvalidSpec, match="unterminated subpattern"):
        kind_named("TrustedEndpoints").parse({"patterns": ["^https://(x$"]})


def test_an_index_whose_field_has_no_dimension() -> None:
    kind = kind_named("Index")
    spec = kind.parse(
        {
            "name": "i",
            "body": {"mappings": {"properties": {"text": {"type": "text"}}}},
            "embedding": {"model_id": MODEL, "field": "text", "probe": {}},
        }
    )
    with pytest.raises(InvalidSpec, match="no field text with a dimension"):
        kind.check(_client(MockTransport(lambda _: Response(200, {}))), spec)


class _Audit:
    """An engine whose audit log has values that nobody may change, like Amazon's."""

    def __init__(self, enabled: bool = False, users: tuple[str, ...] = ("kibanaserver",)) -> None:
        self.body: dict[str, Any] = {
            "_readonly": ["/audit/exclude_sensitive_headers", "/compliance/internal_config"],
            "config": {
                "enabled": enabled,
                "audit": {"ignore_users": list(users), "exclude_sensitive_headers": False, "ignore_headers": ["x"]},
                "compliance": {"internal_config": False, "read_watched_fields": {"a": ["b"]}},
            },
        }

    def __call__(self, request: Request) -> Response:
        if request.path == "/":
            return Response(200, {"version": {"number": "3.5.0"}})
        if request.method == "PUT":
            assert isinstance(request.body, dict)
            self.body["config"] = request.body
            return Response(200, {"status": "OK"})
        return Response(200, self.body)


def test_an_audit_log_keeps_what_amazon_lets_nobody_change_and_what_is_not_specified() -> None:
    audit = _Audit()
    client = _client(MockTransport(audit))
    made = apply(kind_named("AuditLog"), {}, client=client, owner=OWNER)
    config = audit.body["config"]
    assert made.physical_id == f"audit-log:{OWNER}"
    assert config["enabled"]
    assert (config["audit"]["exclude_sensitive_headers"], config["compliance"]["internal_config"]) == (False, False)
    assert (config["audit"]["ignore_headers"], config["compliance"]["read_watched_fields"]) == (["x"], {"a": ["b"]})
    assert config["audit"]["ignore_users"] == ["kibanaserver", f"(osml:{OWNER})"]
    assert not config["audit"]["log_request_body"]
    destroy(kind_named("AuditLog"), made.physical_id, client=client, owner=OWNER)
    assert not audit.body["config"]["enabled"]
    assert audit.body["config"]["audit"]["ignore_users"] == ["kibanaserver"]


@pytest.mark.parametrize("users", [("kibanaserver",), ("kibanaserver", "(osml:other-stack/AuditLog)")])
def test_an_audit_log_that_somebody_else_enabled_is_left_alone(users: tuple[str, ...]) -> None:
    audit = _Audit(enabled=True, users=users)
    transport = MockTransport(audit)
    with pytest.raises(Conflict):
        apply(kind_named("AuditLog"), {}, client=_client(transport), owner=OWNER)
    assert transport.writes == []
