"""A local cloud's own folder, ports and variables."""

import json
import sys
from pathlib import Path

import pytest

from osml.place import Place
from sandbox.claim import claimed
from sandbox.failure import SandboxError
from sandbox.instance import Instance, StartedEngine
from sandbox.process import start
from tests.waiting import until


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OSML_CACHE", str(tmp_path))
    monkeypatch.delenv("OSML_SANDBOX", raising=False)


def test_names_tell_local_clouds_apart() -> None:
    homes = {Instance.named().home, Instance.named("default").home, Instance.named("test").home}
    assert len(homes) == 2


def test_a_local_cloud_belongs_to_one_test_run_at_a_time() -> None:
    with (
        claimed(Instance.named()),
        claimed(Instance.named("other")),
        pytest.raises(RuntimeError, match="set OSML_SANDBOX"),
        claimed(Instance.named()),
    ):
        pass
    with claimed(Instance.named()):
        pass


def test_ports_are_distinct_and_kept() -> None:
    ports = Instance.named().ports()
    first, last = ports.domains
    every = [
        ports.engine,
        ports.transport,
        ports.aws,
        ports.egress,
        ports.models,
        ports.egress_proxy,
        *range(first, last + 1),
    ]
    assert len(set(every)) == len(every)
    assert Instance.named().ports() == ports


def test_other_users_see_nothing_in_a_local_cloud() -> None:
    instance = Instance.named("private")
    with instance.lock():
        pass
    assert instance.home.stat().st_mode & 0o066 == 0


def test_other_users_cannot_read_what_a_process_of_the_local_cloud_writes(tmp_path: Path) -> None:
    script = "from pathlib import Path; Path('key').write_text('k'); Path('folder').mkdir()"
    process = start([sys.executable, "-c", script], environment={}, folder=tmp_path, log=tmp_path / "log")
    until("the end of the process", process.alive, lambda alive: not alive)
    assert [(tmp_path / name).stat().st_mode & 0o077 for name in ("key", "folder", "log")] == [0, 0, 0]


def test_ports_of_another_version() -> None:
    instance = Instance.named()
    instance.ports()
    path = instance.home / "ports.json"
    kept = {name: port for name, port in json.loads(path.read_text()).items() if name != "egress_proxy"}
    path.write_text(json.dumps(kept))
    with pytest.raises(SandboxError, match=r"without a port for egress_proxy\. Run `osml sandbox down`"):
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
    assert (instance.engine.has_ml, instance.environment) == (True, "sandbox")
    instance.remember_engine(StartedEngine("3.6.0", has_ml=False))
    assert (Instance.named().engine.has_ml, Instance.named().environment) == (False, "sandbox-aoss")
    assert Place("sandbox-aoss", instance).options == "--sandbox"
    assert Place("sandbox", instance).options == "--env sandbox --sandbox"


@pytest.mark.parametrize(
    ("version", "wanted", "distance"),
    [
        ("3.6.0", "OpenSearch_3.5", "the nearest available line to OpenSearch_3.5"),
        ("2.19.1", "OpenSearch_2.19", ""),
        ("3.6.0", None, ""),
    ],
)
def test_an_engine_says_how_far_it_is_from_the_version_asked_for(
    version: str, wanted: str | None, distance: str
) -> None:
    instance = Instance.named()
    instance.ports()
    instance.remember_engine(StartedEngine(version, has_ml=True, asked=wanted))
    assert Instance.named().engine.distance == distance


def test_clients_are_led_to_this_machine_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "example.com")
    environment = Instance.named().client_environment()
    assert environment["AWS_ENDPOINT_URL"].startswith("https://127.0.0.1:")
    assert environment["NO_PROXY"] == "example.com,127.0.0.1,localhost"
    certificates = Instance.named().certificates
    assert environment["AWS_CA_BUNDLE"] == environment["NODE_EXTRA_CA_CERTS"] == str(certificates.ca)
    others = ("CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")
    assert {environment[name] for name in others} == {str(certificates.bundle)}
