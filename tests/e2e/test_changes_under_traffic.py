"""Connectors, secret, model and vectors change while people ask and load, and each change is rolled back midway."""

import os
import secrets
from collections.abc import Iterator
from typing import Any

import pytest

from osml.deploy import secret
from sandbox.instance import Instance
from tests.e2e.moving import SECRET, Moving, moving

pytestmark = pytest.mark.skipif("OSML_LOAD" not in os.environ, reason="minutes of traffic: `make load`")

# Each change is merged into the environment after the ones before it.
CHANGES: dict[str, dict[str, Any]] = {
    "both connectors": {"timeouts": {"answer": 50, "embedding": 25}},
    "the answer model": {"answer": {"model": "deepseek-v4-pro"}},
    "the vectors' dimension": {"embedding": {"dimension": 512}},
}


@pytest.fixture(scope="module")
def environment(
    local_cloud: Instance, client_environment: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Moving]:
    with moving(local_cloud, tmp_path_factory.mktemp("moving"), "changes") as made:
        yield made


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_loses_nothing(change: str, environment: Moving) -> None:
    environment.change(CHANGES[change])
    folder = environment.deployment.synthesize()
    undone = environment.during(f"{change}: undone", lambda: environment.roll_back(folder))
    assert undone.faults == {}
    made = environment.during(f"{change}: changed", lambda: environment.deploy(folder))
    assert made.faults == {}
    assert min(undone.questions, undone.sent, made.questions, made.sent) > 0


def test_a_rotated_secret_loses_nothing(environment: Moving, local_cloud: Instance) -> None:
    """The provider accepts both keys until the keeper has run, then only the new one."""
    old, new = local_cloud.deepseek_key.read_text().strip(), f"sk-{secrets.token_hex(16)}"

    def rotate() -> None:
        local_cloud.deepseek_key.write_text(f"{old}\n{new}\n")
        secret.put(SECRET, "api_key", new)
        environment.keep()
        local_cloud.deepseek_key.write_text(f"{new}\n")

    assert environment.during("the secret: changed", rotate).faults == {}


def test_a_wrong_key_in_the_secret_fails_no_question(environment: Moving, local_cloud: Instance) -> None:
    right = local_cloud.deepseek_key.read_text().strip()

    def mistake() -> None:
        secret.put(SECRET, "api_key", "sk-of-somebody-else")
        environment.keep()

    try:
        assert environment.during("a wrong key in the secret", mistake).faults == {}
    finally:
        secret.put(SECRET, "api_key", right)
        environment.keep()


def test_a_connector_that_is_falsely_in_use_fails_no_stack(environment: Moving, engine: Any) -> None:
    """The engine splits ids at hyphens and compares the parts, so it takes `<id>-other` for a user of `<id>`."""
    before = engine.contents()["connectors"]
    planted = [engine.plant_user_of(f"{connector}-other") for connector in before]
    environment.change({"timeouts": {"answer": 45, "embedding": 20}})
    try:
        environment.deploy(environment.deployment.synthesize())
        assert environment.status() == "UPDATE_COMPLETE"
        assert set(before) < set(engine.contents()["connectors"])
    finally:
        for model in planted:
            engine("DELETE", model)
    environment.change({"timeouts": {"answer": 40, "embedding": 15}})
    environment.deploy(environment.deployment.synthesize())
    assert not set(before) & set(engine.contents()["connectors"])
