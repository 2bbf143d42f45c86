"""A local cloud's own folder, ports and variables."""

import json
from pathlib import Path

import pytest

from osml.place import Place
from sandbox.failure import SandboxError
from sandbox.instance import Instance


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OSML_CACHE", str(tmp_path))
    monkeypatch.delenv("OSML_SANDBOX", raising=False)


def test_names_tell_local_clouds_apart() -> None:
    homes = {Instance.named().home, Instance.named("default").home, Instance.named("test").home}
    assert len(homes) == 2


def test_ports_are_distinct_and_kept() -> None:
    ports = Instance.named().ports()
    first, last = ports.domains
    every = [
        ports.engine,
        ports.transport,
        ports.aws,
        ports.egress,
        ports.models,
        ports.way_out,
        *range(first, last + 1),
    ]
    assert len(set(every)) == len(every)
    assert Instance.named().ports() == ports


def test_ports_of_another_version() -> None:
    instance = Instance.named()
    instance.ports()
    path = instance.home / "ports.json"
    kept = {name: port for name, port in json.loads(path.read_text()).items() if name != "way_out"}
    path.write_text(json.dumps(kept))
    with pytest.raises(SandboxError, match=r"had no port for way_out: run `osml sandbox down`"):
        instance.ports()


def test_the_key_is_made_once_and_readable_by_the_owner_only() -> None:
    instance = Instance.named()
    instance.ports()
    instance.make_key()
    key = instance.deepseek_key.read_text()
    instance.make_key()
    assert instance.deepseek_key.read_text() == key
    assert key.startswith("sk-")
    assert instance.deepseek_key.stat().st_mode & 0o077 == 0


def test_without_the_ml_plugin_the_serverless_environment_is_meant() -> None:
    instance = Instance.named()
    instance.ports()
    assert (instance.has_ml, instance.environment) == (True, "sandbox")
    instance.remember_ml(False)
    assert (Instance.named().has_ml, Instance.named().environment) == (False, "sandbox-aoss")
    assert Place("sandbox-aoss", instance).options == "--sandbox"
    assert Place("sandbox", instance).options == "--env sandbox --sandbox"


def test_clients_are_led_to_this_machine_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "example.com")
    environment = Instance.named().client_environment()
    assert environment["AWS_ENDPOINT_URL"].startswith("https://127.0.0.1:")
    assert environment["NO_PROXY"] == "example.com,127.0.0.1,localhost"
