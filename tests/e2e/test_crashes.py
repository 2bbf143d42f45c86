"""The engine is killed while documents are loaded and while a stack is updated, and then started again."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import boto3
import pytest

from sandbox import launcher
from sandbox.instance import Instance
from sandbox.progress import Lines
from tests.e2e.moving import STACK, Moving, moving
from tests.e2e.templates import DeployFailed
from tests.waiting import until

pytestmark = pytest.mark.skipif("OSML_LOAD" not in os.environ, reason="minutes of traffic: `make load`")

AWAY = 1.0  # seconds without an engine, in addition to those of its start


@pytest.fixture(scope="module")
def environment(
    local_cloud: Instance, client_environment: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Moving]:
    with moving(local_cloud, tmp_path_factory.mktemp("moving"), "crashes") as made:
        yield made


def test_a_crash_while_documents_are_loaded(environment: Moving, local_cloud: Instance) -> None:
    _survives(environment, "engine killed", lambda: _crash(local_cloud))


def test_a_crash_while_a_stack_is_updated(environment: Moving, local_cloud: Instance, engine: Any) -> None:
    """The update continues or is rolled back with a sentence; the next update succeeds, and nothing is left over."""
    before = {kind: len(pair) for kind, pair in engine.contents().items()}
    environment.change({"timeouts": {"answer": 50, "embedding": 25}})
    folder = environment.deployment.synthesize()

    def crash() -> None:
        with ThreadPoolExecutor(1) as pool:
            update = pool.submit(environment.deploy, folder)
            until("the change of a connector", lambda: update.done() or _changing("Custom::MlConnector"))
            assert not update.done(), "the update ended before the engine could be killed"
            _crash(local_cloud)
            said = _end(update)
        print(f"the update in which the engine was killed: {environment.status()} {said}")
        assert environment.status() == ("UPDATE_ROLLBACK_COMPLETE" if said else "UPDATE_COMPLETE")
        assert "Traceback" not in said

    _survives(environment, "engine killed in an update", crash)
    environment.deploy(folder)
    assert environment.status() == "UPDATE_COMPLETE"
    assert {kind: len(pair) for kind, pair in engine.contents().items()} == before


def _survives(environment: Moving, what: str, crash: Callable[[], None]) -> None:
    """Acknowledged documents are there, refused ones can be sent again, and questions get answers without a repair."""
    traffic = environment.traffic(what)
    with traffic.running() as account:
        traffic.go_on()
        crash()
        traffic.go_on()
    environment.count(what, account)
    assert {name: fault for name, fault in account.faults.items() if name not in ("failed", "refused")} == {}
    assert {sentence for sentence in account.failed.values() if not sentence.startswith(("POST", "GET"))} == set()

    traffic.again()
    environment.count(f"{what}: what was refused, given again", account)
    assert {name: fault for name, fault in account.faults.items() if name != "failed"} == {}
    assert environment.during(f"{what}: afterwards", lambda: None).faults == {}


def _crash(instance: Instance) -> None:
    os.kill(instance.processes()["engine"].pid, signal.SIGKILL)
    time.sleep(AWAY)
    launcher.restart_engine(instance, Lines(print))


def _changing(kind: str) -> bool:
    """Whether CloudFormation is changing a resource of that type in the stack's latest operation."""
    events = boto3.client("cloudformation").describe_stack_events(StackName=STACK)["StackEvents"]
    for event in events:
        if event["ResourceType"] == kind and event["ResourceStatus"] == "UPDATE_IN_PROGRESS":
            return True
        if event["ResourceType"] == "AWS::CloudFormation::Stack":
            return False
    return False


def _end(update: Future[None]) -> str:
    """The reasons why the update failed; empty when it succeeded."""
    try:
        update.result()
    except DeployFailed as failed:
        return str(failed)
    return ""
