"""A secret's value changes while the engine wrongly says that its connector is in use.

The models answer with the new value through a stand-in until the engine accepts the update, and nothing takes them back
before.
"""

import secrets
import time
from typing import Any

import pytest

from mlcommons.drift import compare
from mlcommons.watched import Watched
from tests.contract import kinds_engine, rotating
from tests.contract.alike import alike_connector, alike_id, model_on
from tests.contract.kinds_engine import KindsEngine
from tests.contract.rotating import PROBE, Chat, Vault, chat_on

engine_transport, provider, engine = kinds_engine.engine_transport, kinds_engine.provider, kinds_engine.engine
vault = rotating.vault

BEGAN = time.time()


@pytest.fixture
def token() -> str:
    return secrets.token_hex(4)


@pytest.fixture
def other(engine: KindsEngine, token: str) -> str:
    """A deployed model; the id of its connector has a part in common with that of the chat."""
    return model_on(engine, alike_connector(engine, "Used", token), "Other")


@pytest.fixture
def chat(engine: KindsEngine, vault: Vault, token: str, other: str) -> Chat:
    return chat_on(engine, vault, alike_id(token))


def rotate(chat: Chat, value: str) -> str | None:
    """Renew with another value, after which the provider refuses the earlier one."""
    chat.vault.value = value
    chat.vault.accepted.add(value)
    note = chat.renew()
    chat.vault.accepted = {value}
    return note


def model_spec(chat: Chat) -> dict[str, Any]:
    return {
        "name": chat.engine.stack,
        "model_group_id": chat.group,
        "connector_id": chat.connector_id,
        "probe": PROBE,
    }


def test_the_models_keep_the_new_value_through_deploys_and_rounds(chat: Chat) -> None:
    assert "wrongly says" in str(rotate(chat, "key-1"))
    stand_in = chat.connector_in_use()
    assert stand_in != chat.connector_id
    assert chat.answers()
    owner, spec = chat.engine.owner("Model"), model_spec(chat)
    assert compare(chat.client, Watched("Model", chat.model_id, owner, spec)).state == "as deployed"
    renamed = {**spec, "name": f"{chat.engine.stack} again"}
    assert chat.engine.apply("Model", renamed, chat.model_id, owner).changed
    assert chat.connector_in_use() == stand_in
    assert chat.answers()


def test_a_new_model_of_the_connector_gets_the_new_value(chat: Chat) -> None:
    rotate(chat, "key-1")
    owner = chat.engine.owner("Second")
    second = chat.engine.apply("Model", model_spec(chat), owner=owner).physical_id
    assert compare(chat.client, Watched("Model", second, owner, model_spec(chat))).state == "as deployed"


def test_a_model_on_the_connector_of_another_is_drift(chat: Chat, token: str) -> None:
    rotate(chat, "key-1")
    foreign = alike_connector(chat.engine, "Foreign", token)
    chat.client.put(f"/_plugins/_ml/models/{chat.model_id}", {"connector_id": foreign})
    watched = Watched("Model", chat.model_id, chat.engine.owner("Model"), model_spec(chat))
    assert compare(chat.client, watched).fields == ("connector_id",)


def test_another_round_makes_no_other_stand_in(chat: Chat) -> None:
    rotate(chat, "key-1")
    before, stand_in = chat.connectors(), chat.connector_in_use()
    recorder = chat.engine.recorder()
    assert chat.renew(recorder, changed_at=BEGAN) is None
    assert recorder.writes == [f"PUT /_plugins/_ml/connectors/{chat.connector_id}"]
    assert (sorted(chat.connectors()), chat.connector_in_use()) == (sorted(before), stand_in)


def test_the_next_value_has_its_own_stand_in(chat: Chat) -> None:
    rotate(chat, "key-1")
    first = chat.connector_in_use()
    assert "wrongly says" in str(rotate(chat, "key-2"))
    assert chat.connector_in_use() not in (first, chat.connector_id)
    assert chat.answers()


def test_the_models_return_when_the_engine_accepts_the_update(chat: Chat, other: str) -> None:
    rotate(chat, "key-1")
    chat.engine.destroy("Model", other, chat.engine.owner("Other"))
    assert chat.renew(changed_at=BEGAN) == ""
    assert chat.connector_in_use() == chat.connector_id
    assert chat.answers()
