"""A secret's value changes while models get predictions: no prediction fails, and no id changes."""

import time
from dataclasses import dataclass
from typing import Any

import pytest

from mlcommons import Request, Response, Transport, apply, kind_named
from mlcommons.errors import PermissionMissing
from mlcommons.retired import is_retired, is_used
from mlcommons.serving import last_read, stand_ins
from mlcommons.transport import is_write
from tests.contract import kinds_engine, rotating
from tests.contract.rotating import Chat, Traffic, again

engine_transport, provider, engine = kinds_engine.engine_transport, kinds_engine.provider, kinds_engine.engine
vault, chat = rotating.vault, rotating.chat

ROTATIONS = 2
BEGAN = time.time()


def test_no_prediction_fails_while_keys_that_the_connector_holds_are_rotated(chat: Chat) -> None:
    vault, notes = chat.vault, []
    with Traffic().running([again(chat.engine) for _ in range(3)], chat.model_id) as traffic:
        for number in range(1, ROTATIONS + 1):
            traffic.wait_for(10)
            vault.value = f"key-{number}"
            vault.accepted.add(vault.value)
            notes.append(chat.renew())
            # A request that was already sent has the old key.
            traffic.wait_for(1)
            vault.accepted = {vault.value}
            traffic.wait_for(10)
    assert (len(traffic.failed), notes) == (0, [""] * ROTATIONS)
    assert sum(traffic.answered) >= 20 * ROTATIONS
    assert (chat.connectors(), chat.connector_in_use()) == ([chat.connector_id], chat.connector_id)


def test_a_value_that_the_provider_refuses_leaves_the_old_one_at_work(chat: Chat) -> None:
    chat.vault.value = "a-typing-error"
    with Traffic().running([again(chat.engine) for _ in range(3)], chat.model_id) as traffic:
        traffic.wait_for(10)
        with pytest.raises(PermissionMissing, match="does not accept the key"):
            chat.renew()
        traffic.wait_for(10)
    assert traffic.failed == []
    assert chat.models() == [chat.model_id]
    assert (chat.connectors(), chat.connector_in_use()) == ([chat.connector_id], chat.connector_id)


class Killed(BaseException):
    """Simulates a killed process: it is no Exception, so no error handling runs."""


@dataclass
class Mortal:
    """A transport that simulates a kill of its process before the write that follows the first `writes` writes."""

    inner: Transport
    writes: int

    def send(self, request: Request, timeout: float) -> Response:
        if is_write(request) and self.writes == 0:
            raise Killed
        self.writes -= is_write(request)
        return self.inner.send(request, timeout)


def test_a_kill_at_any_step_leaves_models_that_answer_and_the_next_run_completes_it(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mlcommons.moving.RELOAD_SECONDS", 0.3)
    owner, steps = chat.engine.owner("Connector"), 0
    for steps in range(20):
        vault = chat.vault
        vault.value = f"key-{steps + 1}"
        vault.accepted.add(vault.value)
        try:
            chat.renew(Mortal(chat.engine.transport, steps))
        except Killed:
            assert chat.answers()
            chat.renew()
            vault.accepted = {vault.value}
            assert chat.answers()
            assert (chat.connectors(), chat.connector_in_use()) == ([chat.connector_id], chat.connector_id)
            assert chat.models() == [chat.model_id]
        else:
            break
    assert 6 <= steps < 19
    # When ids have a hyphen, the engine may falsely report a stand-in as used by a model (`retired.py`): it is deleted
    # later.
    left = stand_ins(chat.client, chat.connector_id, owner.stack)
    assert all(is_retired(chat.client, id) and not is_used(chat.client, id) for id in left)


@pytest.mark.parametrize("steps", range(1, 6))
def test_a_connector_that_goes_takes_what_a_killed_renewal_left(chat: Chat, steps: int) -> None:
    with pytest.raises(Killed):
        chat.renew(Mortal(chat.engine.transport, steps))
    chat.engine.destroy("Model", chat.model_id, chat.engine.owner("Model"))
    chat.engine.destroy("Connector", chat.connector_id, chat.engine.owner("Connector"))
    assert (chat.models(), chat.connectors()) == ([], [])


def test_a_rollback_to_a_connector_whose_key_was_revoked_reads_the_new_one(chat: Chat) -> None:
    engine, vault, first = chat.engine, chat.vault, chat.connector_id
    owners = {kind: engine.owner(kind) for kind in ("Connector", "Model")}
    other = {**chat.spec, "connector": {**chat.spec["connector"], "name": "another"}}
    models = {"name": engine.stack, "model_group_id": chat.group, "probe": rotating.PROBE}

    def change(spec: dict[str, Any], connector_id: str) -> str:
        new = apply(
            kind_named("Connector"), spec, client=chat.client, owner=owners["Connector"], physical_id=connector_id
        )
        model = {**models, "connector_id": new.physical_id}
        apply(kind_named("Model"), model, client=chat.client, owner=owners["Model"], physical_id=chat.model_id)
        return new.physical_id

    vault.value, vault.accepted = "key-1", {"key-0", "key-1"}
    second = change(other, first)
    engine.made.append(("Connector", second, owners["Connector"], other))
    vault.accepted = {"key-1"}
    assert change(chat.spec, second) == first
    assert chat.answers()


def test_the_server_says_when_a_connector_read_its_secret(chat: Chat) -> None:
    shown = chat.client.get(f"/_plugins/_ml/connectors/{chat.connector_id}")
    made = last_read(shown)
    chat.renew()
    renewed = last_read(chat.client.get(f"/_plugins/_ml/connectors/{chat.connector_id}"))
    assert made is not None
    assert renewed is not None
    assert BEGAN <= made < renewed <= time.time()
