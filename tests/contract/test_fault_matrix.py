"""Every fault at the calls of every kind. `make faults` runs all and also writes docs/faults.md; here a part runs."""

import importlib
import json
import os
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from mlcommons import Client, HttpTransport, Patience, Request, Response
from tests.contract import kinds_engine
from tests.contract.fault_matrix import VERBS, Cell, Stack, Violation, target
from tests.contract.fault_proxy import Proxy
from tests.contract.fault_table import Table
from tests.contract.faults import FAULTS
from tests.contract.kinds_engine import KindsEngine
from tests.contract.subjects import SUBJECTS

engine, engine_transport, provider = (
    kinds_engine.engine,
    kinds_engine.engine_transport,
    kinds_engine.provider,
)

PUBLISHED = Path(__file__).parents[2] / "docs" / "faults.md"
ANSWERS: list[dict[str, Any]] = []
# 1 tries each fault at every call, 4 at every fourth; both write the page. 0, the default, tries the part that CI runs.
EVERY = int(os.environ.get("OSML_FAULTS", "0"))
ENOUGH = 5  # violations after which the kind is not tried further


class Carried:
    """The function's transport: sends requests through the proxy, on the proxy's clock."""

    proxy: Proxy

    def __init__(self, endpoint: str, auth: Any) -> None:
        self._inner = HttpTransport(endpoint, auth=auth, verify=self.proxy.ca)

    def send(self, request: Request, timeout: float) -> Response:
        return self.proxy.carry(self._inner, request, timeout)


@pytest.fixture(scope="module")
def proxy(engine_transport: HttpTransport) -> Iterator[Proxy]:
    def block(on: bool) -> None:
        setting = {"cluster.blocks.read_only": True if on else None}
        Client(engine_transport).put("/_cluster/settings", {"persistent": setting})

    names = ("OSML_TEST_SERVER_CERT", "OSML_TEST_SERVER_KEY")
    proxy = Proxy(engine_transport, os.environ["OSML_TEST_CA"], (os.environ[names[0]], os.environ[names[1]]), block)
    yield proxy
    proxy.end()
    proxy.close()


@pytest.fixture(scope="module")
def module(proxy: Proxy) -> Iterator[ModuleType]:
    """The provisioner's own handler, with the proxy's clock and a transport through the proxy."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
            patch.setenv(name, "us-east-1")
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "test")
        patch.setenv("ENGINES", json.dumps([target(proxy)]))
        patch.delitem(sys.modules, "handler", raising=False)
        module = importlib.import_module("handler")
        patience = partial(Patience, clock=proxy.clock, sleep=proxy.clock.sleep, jitter=lambda: 0.5)
        patch.setattr(module, "Patience", patience)
        patch.setattr(module, "HttpTransport", type("CarriedHere", (Carried,), {"proxy": proxy}))
        patch.setattr(module, "sign_in", lambda *_: kinds_engine.RoleHeaders())
        # Does not use the bucket that CloudFormation reads: crhelper loads all of the machine's CAs for every answer.
        sends = partial(module.helper._send, send_response=lambda url, body, verify: ANSWERS.append(body))
        patch.setattr(module.helper, "_send", sends)
        yield module


@pytest.fixture
def table() -> Table:
    names = [fault.name for fault in FAULTS]
    return Table(_published(), SUBJECTS, names)


def _published() -> str:
    return PUBLISHED.read_text() if PUBLISHED.exists() else ""


def _stack(engine: KindsEngine, proxy: Proxy, module: ModuleType, kind: str) -> Stack:
    subject = SUBJECTS[kind](engine)
    specs = {"create": subject.spec, "update": subject.in_place, "replace": subject.replacing}
    stack = Stack(engine, proxy, module, ANSWERS, kind, {verb: spec for verb, spec in specs.items() if spec})
    proxy.begin()
    stack.measure()
    return stack


def _cells(stack: Stack) -> Iterator[Cell]:
    """The cells that `EVERY` selects.

    By default, every fault at one call of the kind, lasting for some, each at another call.
    """
    calls = [(verb, call) for verb in VERBS if verb in stack.calls for call in range(1, stack.calls[verb] + 1)]
    kind = list(SUBJECTS).index(stack.kind)
    for number, fault in enumerate(FAULTS):
        if EVERY:
            chosen = [(verb, call) for verb, call in calls if (call - number) % min(EVERY, stack.calls[verb]) == 0]
            yield from (Cell(stack.kind, *at, fault, lasting) for at in chosen for lasting in (False, True))
            continue
        at = calls[(number * 5 + kind * 3) % len(calls)]
        if (number + kind) % 2 == 0:
            yield Cell(stack.kind, *at, fault, lasting=False)
        if (number + kind) % len(SUBJECTS) == 0:
            yield Cell(stack.kind, *at, fault, lasting=True)


@pytest.mark.parametrize("kind", SUBJECTS)
def test_every_fault(engine: KindsEngine, proxy: Proxy, module: ModuleType, table: Table, kind: str) -> None:
    stack = _stack(engine, proxy, module, kind)
    table.begin(kind, stack.calls)
    violations = []
    for cell in _cells(stack):
        try:
            ended = stack.run(cell)
            if proxy.met:  # a model that is deployed earlier than usual needs fewer calls
                table.saw(cell, ended)
        except Violation as violation:
            violations.append(f"{cell}: {violation}")
            stack.clear()
            if len(violations) == ENOUGH:
                break
    assert violations == []
    if EVERY:
        PUBLISHED.write_text(table.text(_published()))
    else:
        assert table.disagreements(kind) == []
