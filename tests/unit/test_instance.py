"""A local cloud's own folder, ports and variables."""

from pathlib import Path

import pytest

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
    every = [ports.engine, ports.transport, ports.aws, ports.egress, ports.models, *range(first, last + 1)]
    assert len(set(every)) == len(every)
    assert Instance.named().ports() == ports


def test_the_key_is_made_once_and_readable_by_the_owner_only() -> None:
    instance = Instance.named()
    instance.ports()
    instance.make_key()
    key = instance.deepseek_key.read_text()
    instance.make_key()
    assert instance.deepseek_key.read_text() == key
    assert key.startswith("sk-")
    assert instance.deepseek_key.stat().st_mode & 0o077 == 0


def test_clients_are_led_to_this_machine_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "example.com")
    environment = Instance.named().client_environment()
    assert environment["AWS_ENDPOINT_URL"].startswith("https://127.0.0.1:")
    assert environment["NO_PROXY"] == "example.com,127.0.0.1,localhost"
