"""two_owners_shared_list: eight stacks that come and leave at the same time, over APIs without compare-and-swap."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from mlcommons import (
    Client,
    HttpTransport,
    Owner,
    Patience,
    Request,
    Response,
    Transport,
    apply,
    destroy,
    kind_named,
)
from tests.contract import by_hand, kinds_engine
from tests.contract.kinds_engine import WHOLE_TEST, KindsEngine, RoleHeaders
from tests.contract.subjects import SHARED
from tests.waiting import PATIENCE

engine, engine_transport, provider = (
    kinds_engine.engine,
    kinds_engine.engine_transport,
    kinds_engine.provider,
)

WRITERS = 8
FOUND = "arn:aws:iam::000000000000:role/found"


def _same(transport: Transport) -> Transport:
    return transport


class WithoutTurns:
    """IAM's answers to a role that may use only the APIs of the settings and of the security plugin: it has no lock."""

    def __init__(self, inner: Transport) -> None:
        self._inner = inner

    def send(self, request: Request, timeout: float) -> Response:
        if request.path.startswith("/_component_template"):
            return Response(403, {"Message": "User: arn:aws:iam::1:role/a is not authorized to perform: es:ESHttpPut"})
        return self._inner.send(request, timeout)


class Stacks:
    """Several stacks, each with its own connection, all of them `through` the same type of transport."""

    def __init__(
        self, engine: KindsEngine, kind: str, writers: int = WRITERS, through: Callable[[Transport], Transport] = _same
    ) -> None:
        self._engine, self._kind, self._through = engine, kind, through
        self.owners = [engine.owner(f"Owner{number}") for number in range(writers)]

    def come(self) -> None:
        """Apply for all stacks at the same time; raises the error of one that failed."""
        self._at_once(lambda owner, client: apply(self._of_kind(), self._spec(owner), client=client, owner=owner))

    def leave(self) -> None:
        self._at_once(lambda owner, client: destroy(self._of_kind(), self._id(owner), client=client, owner=owner))

    def wanted(self) -> set[str]:
        return {self._entry(owner) for owner in self.owners}

    def entries(self) -> list[str]:
        """The entries of the list, without the marks of their owners."""
        if self._kind == "TrustedEndpoints":
            suffixes = [f"|^osml:{owner}$" for owner in self.owners]
            entries = [entry.removesuffix(suffix) for entry in by_hand.trusted(self._engine) for suffix in suffixes]
            return [entry for entry in entries if self._engine.stack in entry and "osml:" not in entry]
        return [entry for entry in self.raw_mapping() if not entry.startswith("osml:")]

    def raw_mapping(self) -> list[str]:
        answer = self._engine.client().find(f"/_plugins/_security/api/rolesmapping/{self._engine.stack}-role")
        return next(iter(answer.values()))["backend_roles"] if answer else []

    def _of_kind(self) -> Any:
        return kind_named(self._kind)

    def _entry(self, owner: Owner) -> str:
        if self._kind == "TrustedEndpoints":
            return f"^https://{self._engine.stack}/{owner.logical_id}/.*$"
        return f"arn:aws:iam::000000000000:role/{owner.logical_id}"

    def _spec(self, owner: Owner) -> dict[str, Any]:
        if self._kind == "TrustedEndpoints":
            return {"patterns": [self._entry(owner)]}
        return {"role": f"{self._engine.stack}-role", "backend_roles": [self._entry(owner)]}

    def _id(self, owner: Owner) -> str:
        return (
            f"trusted-endpoints:{owner}" if self._kind == "TrustedEndpoints" else f"{self._engine.stack}-role:{owner}"
        )

    def _at_once(self, act: Callable[[Owner, Client], Any]) -> None:
        start = Barrier(len(self.owners))

        def run(owner: Owner) -> None:
            ca = os.environ["OSML_TEST_CA"]
            transport = HttpTransport(self._engine.transport.endpoint, auth=RoleHeaders(), verify=ca)
            client = Client(self._through(transport), Patience(seconds=WHOLE_TEST, propagation=0))
            start.wait(PATIENCE)
            act(owner, client)

        with ThreadPoolExecutor(len(self.owners)) as pool:
            list(pool.map(run, self.owners))


@pytest.fixture
def before(engine: KindsEngine) -> Iterator[list[str]]:
    """The trusted endpoints without ours, and a role to map."""
    engine.make_role(f"{engine.stack}-role")
    trusted = by_hand.trusted(engine)
    yield trusted
    assert by_hand.trusted(engine) == trusted


@pytest.mark.parametrize("kind", SHARED)
def test_two_owners_shared_list(engine: KindsEngine, kind: str, before: list[str]) -> None:
    stacks = Stacks(engine, kind)
    stacks.come()
    assert sorted(stacks.entries()) == sorted(stacks.wanted())
    stacks.leave()
    assert stacks.entries() == []
    assert by_hand.locks(engine) == []
    assert stacks.raw_mapping() == []


@pytest.mark.parametrize("through", [_same, WithoutTurns])
def test_owners_of_a_mapping_that_was_there(engine: KindsEngine, before: list[str], through: Any) -> None:
    path = f"/_plugins/_security/api/rolesmapping/{engine.stack}-role"
    engine.client().put(path, {"backend_roles": [FOUND]})
    stacks = Stacks(engine, "RoleMapping", 4, through)
    stacks.come()
    assert sorted(stacks.entries()) == sorted({FOUND, *stacks.wanted()})
    stacks.leave()
    assert stacks.raw_mapping() == [FOUND]
    engine.client().delete(path)


def test_owners_of_trusted_endpoints_without_turns(engine: KindsEngine, before: list[str]) -> None:
    """Each stack reads the list again after a pause."""
    stacks = Stacks(engine, "TrustedEndpoints", 4, WithoutTurns)
    stacks.come()
    assert sorted(stacks.entries()) == sorted(stacks.wanted())
    stacks.leave()
    assert stacks.entries() == []
