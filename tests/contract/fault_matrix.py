"""One cell of the fault matrix: an event of CloudFormation to the real function, with a fault at one of its calls.

A cell `converges`, or it `fails` with a sentence. Then the next event of CloudFormation must repair everything. Every
other outcome is a `Violation`.
"""

import contextlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from types import ModuleType, SimpleNamespace
from typing import Any

from mlcommons import Owner, kind_named
from mlcommons.errors import NotFound
from reason import LONGEST
from tests.contract.fault_proxy import Fault, Proxy
from tests.contract.kinds_engine import KindsEngine

SECONDS = 150.0
CONVERGES, FAILS = "converges", "fails"
LOCK = "/_component_template/osml-lock"
VERBS = ("create", "update", "replace", "delete")


class Violation(AssertionError):
    """A duplicate, an orphan, a hang, or an end that is neither success nor a sentence."""


@dataclass(frozen=True)
class Cell:
    """One fault at one call of a verb of a kind; `call` is the request at which the fault begins, from 1."""

    kind: str
    verb: str
    call: int
    fault: Fault
    lasting: bool

    def __str__(self) -> str:
        how = "from" if self.lasting else "at"
        return f"{self.verb} {self.kind}: {self.fault.name} {how} call {self.call}"


def target(proxy: Proxy) -> dict[str, str]:
    """The engine that the function serves."""
    return {"endpoint": proxy.url, "region": "us-east-1", "service": "es"}


@dataclass
class Stack:
    """A stack of one resource: sends events as CloudFormation does, and knows the owner's objects on the engine."""

    engine: KindsEngine
    proxy: Proxy
    module: ModuleType
    answers: list[dict[str, Any]]
    kind: str
    specs: dict[str, Any]
    calls: dict[str, int] = field(default_factory=dict)
    wholes: dict[str, list[str]] = field(default_factory=dict)

    @property
    def owner(self) -> Owner:
        return self.engine.owner()

    def send(self, request_type: str, spec: Any, physical_id: str | None = None, old: Any = None) -> dict[str, Any]:
        started = self.proxy.clock()
        event = {
            "RequestType": request_type,
            "ResponseURL": "https://cloudformation-custom-resource-response-useast1.s3.amazonaws.com/x",
            "StackId": f"arn:aws:cloudformation:us-east-1:000000000000:stack/{self.owner.stack}/0a1b",
            "RequestId": "r-1",
            "LogicalResourceId": self.owner.logical_id,
            "ResourceType": f"Custom::Ml{self.kind}",
            "ResourceProperties": self.properties(spec),
        }
        if physical_id:
            event["PhysicalResourceId"] = physical_id
        if old:
            event["OldResourceProperties"] = self.properties(old)
        context = SimpleNamespace(
            aws_request_id="a-1",
            invoked_function_arn="arn:aws:lambda:us-east-1:000000000000:function:provisioner",
            get_remaining_time_in_millis=lambda: SECONDS * 1000,
        )
        self.module.handler(event, context)
        answer = self.answers.pop()
        took, most = self.proxy.clock() - started, SECONDS - self.module.MARGIN_SECONDS
        # The clock is a sum of floats, so it may exceed the limit by a rounding error.
        if took > most + 0.001:
            raise Violation(f"{request_type} took {took:.1f} s of {most:.1f}")
        if answer["Status"] == "FAILED" and not _is_a_sentence(answer["Reason"]):
            raise Violation(f"{request_type} failed without a sentence: {answer['Reason']}")
        return answer

    def properties(self, spec: Any) -> dict[str, str]:
        return {"Target": json.dumps(target(self.proxy)), "Spec": json.dumps(spec)}

    def well(self, request_type: str, spec: Any, physical_id: str | None = None, old: Any = None) -> str:
        """Send an event without a fault; returns the physical id."""
        answer = self.send(request_type, spec, physical_id, old)
        if answer["Status"] != "SUCCESS":
            raise Violation(f"{request_type} failed although nothing disturbed it: {answer['Reason']}")
        return str(answer["PhysicalResourceId"])

    def begin(self, verb: str) -> tuple[str, Any, str | None, Any]:
        """Make the object that the verb needs, and return its event.

        The event is request type, specification, physical id and old specification.
        """
        first = self.specs["create"]
        if verb == "create":
            return "Create", first, None, None
        made = self.well("Create", first)
        return ("Delete", first, made, None) if verb == "delete" else ("Update", self.specs[verb], made, first)

    def measure(self) -> None:
        """Run each verb without a fault; record how many calls it makes, and the objects on the engine afterwards."""
        for verb in self.specs | {"delete": None}:
            event = self.begin(verb)
            self.proxy.begin()
            made = self.well(*event)
            self.calls[verb] = self.proxy.count
            if verb == "replace":
                self.well("Delete", self.specs["create"], event[2])
            self.wholes[verb] = self.census()
            if verb != "delete":
                self.well("Delete", event[1], made)

    def run(self, cell: Cell) -> str:
        """Run one cell and return how it ended; raises `Violation`. `proxy.met` counts how often the fault occurred."""
        request_type, spec, before, old = self.begin(cell.verb)
        self._no_turn()
        self.proxy.begin(cell.fault, cell.call, lasting=cell.lasting)
        answer = self.send(request_type, spec, before, old)
        self.proxy.end()
        made = str(answer["PhysicalResourceId"])
        converged = answer["Status"] == "SUCCESS"
        if cell.verb == "delete":
            if not converged:
                self.well("Delete", spec, before)
            self.expect([], cell.lasting)
            return CONVERGES if converged else FAILS
        if cell.verb == "create":
            if converged:
                self.expect_whole("create", made, cell.lasting)
        elif converged:
            if before != made:
                self.well("Delete", self.specs["create"], before)
            self.expect_whole(cell.verb, made, cell.lasting)
        else:
            made = self.reverse(cell, str(before), made)
            self.expect_whole("create", made, cell.lasting)
            spec = self.specs["create"]
        self.well("Delete", spec, made)
        self.expect([], cell.lasting)
        return CONVERGES if converged else FAILS

    def reverse(self, cell: Cell, before: str, returned: str) -> str:
        """Roll back a failed update that returned the id `returned`; returns the id that remains.

        When the number of the call is odd, CloudFormation does not know that id and sends the one before.
        """
        known = before if cell.call % 2 else returned
        made = self.well("Update", self.specs["create"], known, self.specs[cell.verb])
        if made != known:
            self.well("Delete", self.specs[cell.verb], known)
        return made

    def expect_whole(self, verb: str, physical_id: str, lasting: bool) -> None:
        self.expect(self.wholes[verb], lasting)
        kind = kind_named(self.kind)
        spec = kind.parse(self.specs[verb])
        observed = kind.read(self.engine.client(), physical_id, self.owner)
        if observed is None or kind.changes(observed, spec):
            raise Violation(f"{physical_id} is not as specified")

    def expect(self, whole: list[str], lasting: bool) -> None:
        """Compare with the census. A lock that a lasting fault leaves is allowed: the next writer takes it over."""
        objects = [name for name in self.census() if not (lasting and name.startswith("osml-lock"))]
        if objects != whole:
            raise Violation(f"expected {whole or 'nothing'} of ours on the engine and found {objects or 'nothing'}")

    def census(self) -> list[str]:
        """The objects with the owner's mark, read without the proxy; ids that the server makes are left out."""
        return sorted(_CENSUS[self.kind](self.engine, str(self.owner)))

    def _no_turn(self) -> None:
        """Remove the lock that a lasting fault of an earlier cell may have left: it does not count for this cell."""
        with contextlib.suppress(NotFound):
            self.engine.client().delete(LOCK)

    def clear(self) -> None:
        """Remove what a violation has left: the next cell starts from nothing."""
        self.proxy.end()
        for spec in self.specs.values():
            kind = kind_named(self.kind)
            for _ in range(3):
                matching = kind.find(self.engine.client(), kind.parse(spec), self.owner)
                if matching and matching.owner == self.owner:
                    kind.delete(self.engine.client(), matching, self.owner)


def _is_a_sentence(reason: str) -> bool:
    return (
        bool(re.fullmatch(r"[A-Z].*[.?!)] \[cause: [a-z-]+\]", reason))
        and len(reason) <= LONGEST
        and "Error(" not in reason
    )


def _documents(collection: str) -> Callable[[KindsEngine, str], list[str]]:
    def remaining(engine: KindsEngine, owner: str) -> list[str]:
        query = {"query": {"match_all": {}}, "size": 1000}
        hits = engine.client().post(f"/_plugins/_ml/{collection}/_search", query).get("hits", {}).get("hits", [])
        marks = [hit["_source"].get("description") or "" for hit in hits]
        return [mark[mark.index("(osml:") :] for mark in marks if f"(osml:{owner}" in mark]

    return remaining


def _described(path: str) -> Callable[[KindsEngine, str], list[str]]:
    def remaining(engine: KindsEngine, owner: str) -> list[str]:
        objects = engine.client().find(path) or {}
        return [name for name, body in objects.items() if f"(osml:{owner}" in str(body.get("description"))]

    return remaining


def _mapped(engine: KindsEngine, owner: str) -> list[str]:
    """Our entries, and the mappings of roles that only these tests make: a mapping left without entries counts, too."""
    mappings = engine.client().get("/_plugins/_security/api/rolesmapping")
    entries = [f"{role} {entry}" for role, body in mappings.items() for entry in body["backend_roles"]]
    ours = [entry for entry in entries if f"osml:{owner}:" in entry or entry.startswith(engine.stack)]
    return ours + [role for role in mappings if role.startswith(engine.stack)] + _turns(engine)


def _trusted(engine: KindsEngine, owner: str) -> list[str]:
    settings = engine.client().get("/_cluster/settings", flat_settings="true")
    lists = [settings[layer].get("plugins.ml_commons.trusted_connector_endpoints_regex", []) for layer in settings]
    return [entry for entries in lists for entry in entries if f"osml:{owner}" in entry] + _turns(engine)


def _turns(engine: KindsEngine) -> list[str]:
    templates = engine.client().get("/_component_template")["component_templates"]
    return [template["name"] for template in templates if template["name"].startswith("osml-lock")]


def _indexes(engine: KindsEngine, owner: str) -> list[str]:
    indexes = engine.client().get("/_all/_mapping")
    return [name for name, body in indexes.items() if f"(osml:{owner}" in str(body["mappings"].get("_meta"))]


def _audited(engine: KindsEngine, owner: str) -> list[str]:
    users = engine.client().get("/_plugins/_security/api/audit")["config"]["audit"]["ignore_users"]
    return [user for user in users if f"osml:{owner}" in user]


_CENSUS: dict[str, Callable[[KindsEngine, str], list[str]]] = {
    "Role": _described("/_plugins/_security/api/roles"),
    "RoleMapping": _mapped,
    "TrustedEndpoints": _trusted,
    "Agent": _documents("agents"),
    "Connector": _documents("connectors"),
    "ModelGroup": _documents("model_groups"),
    "Model": _documents("models"),
    "IngestPipeline": _described("/_ingest/pipeline"),
    "SearchPipeline": _described("/_search/pipeline"),
    "Index": _indexes,
    "AuditLog": _audited,
}
