import os
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox.engine import node
from sandbox.engine.errors import EngineError
from sandbox.engine.identity import ProcessIdentity
from sandbox.engine.java import Java
from sandbox.engine.line import nearest
from sandbox.engine.node import Launch, NodeCertificates, prepare

JAVA = Java(Path("/jdk"), 25, frozenset({"java.base", "jdk.incubator.vector"}), frozenset({"en"}))
LINE = nearest("3.6")
EGRESS = r"^http://127\.0\.0\.1:9/_aws/.*$"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    upstream = tmp_path / "home" / "config" / "opensearch-security"
    upstream.mkdir(parents=True)
    for name in ("roles.yml", "internal_users.yml", "roles_mapping.yml", "config.yml", "opensearch.yml.example"):
        (upstream / name).write_text("upstream: true")
    (tmp_path / "home" / "plugins" / "opensearch-ml").mkdir(parents=True)
    return tmp_path / "home"


@pytest.fixture
def certificates(tmp_path: Path) -> NodeCertificates:
    for name in ("ca", "node", "key"):
        (tmp_path / name).write_text(name)
    return NodeCertificates(tmp_path / "ca", tmp_path / "node", tmp_path / "key")


@pytest.fixture
def launch(home: Path, certificates: NodeCertificates, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Launch:
    monkeypatch.setattr(node, "identity", lambda: None)
    return again(home, certificates, tmp_path)


def again(home: Path, certificates: NodeCertificates, tmp_path: Path, **more: Any) -> Launch:
    return prepare(
        LINE,
        home,
        JAVA,
        tmp_path / "instance",
        certificates=certificates,
        http_port=9201,
        transport_port=9301,
        snapshots=tmp_path / "snapshots",
        trusted_endpoints=[EGRESS],
        **more,
    )


def read(launch: Launch, name: str) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((launch.folder / "config" / name).read_text())
    return content


def test_one_node_on_the_loopback_that_waits_for_no_other(launch: Launch) -> None:
    settings = read(launch, "opensearch.yml")
    assert settings["network.host"] == "127.0.0.1"
    assert (settings["http.port"], settings["transport.port"]) == (9201, 9301)
    assert settings["discovery.type"] == "single-node"
    assert settings["cluster.routing.allocation.disk.threshold_enabled"] is False
    assert launch.url == "https://127.0.0.1:9201"


def test_data_and_logs_are_the_instances_own(launch: Launch) -> None:
    settings = read(launch, "opensearch.yml")
    assert settings["path.data"] == str(launch.folder / "data")
    assert launch.log.parent == Path(settings["path.logs"]) == launch.folder / "logs"


def test_machine_learning_runs_on_this_node_and_reaches_the_egress(launch: Launch) -> None:
    settings = read(launch, "opensearch.yml")
    ml = "plugins.ml_commons"
    assert settings[f"{ml}.only_run_on_ml_node"] is False
    assert settings[f"{ml}.native_memory_threshold"] == settings[f"{ml}.jvm_heap_memory_threshold"] == 100
    assert settings[f"{ml}.connector.private_ip_enabled"] is True
    assert settings[f"{ml}.trusted_connector_endpoints_regex"] == [*LINE.trusted_endpoints, EGRESS]


def test_an_engine_without_the_ml_plugin_gets_none_of_its_settings(
    home: Path, certificates: NodeCertificates, tmp_path: Path, launch: Launch
) -> None:
    (home / "plugins" / "opensearch-ml").rmdir()
    assert [key for key in read(launch, "opensearch.yml") if "ml_commons" in key]
    assert [key for key in read(again(home, certificates, tmp_path), "opensearch.yml") if "ml_commons" in key] == []


def test_both_layers_are_encrypted_and_only_the_admin_certificate_administers(launch: Launch) -> None:
    settings = read(launch, "opensearch.yml")
    security = "plugins.security"
    assert settings[f"{security}.ssl.http.enabled"] is True
    assert settings[f"{security}.ssl.http.clientauth_mode"] == "OPTIONAL"
    assert settings[f"{security}.authcz.admin_dn"] == ["CN=admin,OU=sandbox,O=osml"]
    assert settings[f"{security}.nodes_dn"] == ["CN=node,OU=sandbox,O=osml"]
    for layer in ("http", "transport"):
        key = launch.folder / "config" / settings[f"{security}.ssl.{layer}.pemkey_filepath"]
        assert key.read_text() == "key"
        assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_the_proxy_is_asked_before_passwords_and_only_from_this_machine(launch: Launch) -> None:
    dynamic = read(launch, "opensearch-security/config.yml")["config"]["dynamic"]
    assert dynamic["http"]["anonymous_auth_enabled"] is False
    assert dynamic["http"]["xff"]["internalProxies"] == r"127\.0\.0\.1"
    kinds = sorted((domain["order"], domain["http_authenticator"]["type"]) for domain in dynamic["authc"].values())
    assert kinds == [(0, "proxy"), (1, "basic")]


def test_nobody_has_a_password_or_a_mapping(launch: Launch) -> None:
    assert set(read(launch, "opensearch-security/internal_users.yml")) == {"_meta"}
    mapping = read(launch, "opensearch-security/roles_mapping.yml")
    assert mapping.pop("_meta")["type"] == "rolesmapping"
    assert mapping == {"all_access": {"reserved": False}}
    assert read(launch, "opensearch-security/roles.yml") == {"upstream": True}
    assert not (launch.folder / "config" / "opensearch-security" / "opensearch.yml.example").exists()


def test_the_command_names_the_shared_home_and_the_own_configuration(launch: Launch, home: Path) -> None:
    assert launch.argv[0] == "/jdk/bin/java"
    assert launch.argv[-1] == "org.opensearch.bootstrap.OpenSearch"
    assert f"-Dopensearch.path.home={home}" in launch.argv
    assert f"-Dopensearch.path.conf={launch.folder}/config" in launch.argv
    assert "-Xmx1g" in launch.argv
    assert (launch.uid, launch.gid) == (None, None)


def test_the_environment_of_the_caller_stays_outside(
    launch: Launch, home: Path, certificates: NodeCertificates, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JAVA_TOOL_OPTIONS", "-Dsurprise")
    assert again(home, certificates, tmp_path).env == launch.env
    assert set(launch.env) == {"PATH", "LANG", "HOME"}


def test_vectors_are_compiled_only_for_the_long_run(
    launch: Launch, home: Path, certificates: NodeCertificates, tmp_path: Path
) -> None:
    optimized = again(home, certificates, tmp_path, optimize=True)
    assert "-XX:TieredStopAtLevel=1" in launch.argv
    assert "-XX:TieredStopAtLevel=1" not in optimized.argv
    assert "--add-modules=jdk.incubator.vector" in optimized.argv
    assert "--add-modules=jdk.incubator.vector" not in launch.argv


def test_preparing_again_keeps_data_and_renews_certificates(
    launch: Launch, home: Path, certificates: NodeCertificates, tmp_path: Path
) -> None:
    kept = launch.folder / "data" / "shard"
    kept.write_text("precious")
    renewed = tmp_path / "renewed"
    renewed.write_text("renewed")
    again(home, replace(certificates, certificate=renewed), tmp_path)
    assert kept.read_text() == "precious"
    assert (launch.folder / "config" / "tls" / "node.pem").read_text() == "renewed"


def test_a_folder_that_others_cannot_enter_is_reported_before_the_start(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(EngineError, match="everybody may enter"):
        ProcessIdentity(65534, 65534).reaches(closed / "engine", "read")


def test_as_root_everything_goes_to_another_user(
    home: Path, certificates: NodeCertificates, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: dict[Path, tuple[int, int]] = {}
    monkeypatch.setattr(os, "chown", lambda path, uid, gid, **_: given.update({Path(path): (uid, gid)}))
    monkeypatch.setattr(node, "identity", lambda: ProcessIdentity(65534, 65533))
    monkeypatch.setattr(ProcessIdentity, "reaches", lambda *_: None)
    launch = again(home, certificates, tmp_path)
    assert (launch.uid, launch.gid) == (65534, 65533)
    assert given[launch.folder / "config" / "tls" / "node-key.pem"] == (65534, 65533)
    assert given[tmp_path / "snapshots"] == (65534, 65533)
    assert set(given.values()) == {(65534, 65533)}
    assert home not in given
