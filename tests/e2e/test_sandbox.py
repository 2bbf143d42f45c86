"""The local cloud from its user's view: interrupted, started again, ended, and with a secret that a stack makes."""

import json
import os
import secrets
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import boto3
import psutil
import pytest
import requests
import yaml

from sandbox import launcher, startup
from sandbox.instance import ACCOUNT, REGION, Instance
from tests.e2e.conftest import OSML
from tests.e2e.neighbours import bare_sandbox
from tests.waiting import until


@pytest.fixture
def halved() -> Iterator[Instance]:
    instance = Instance.named("halved")
    yield instance
    launcher.down(instance)


def test_an_interrupted_start_is_awaited_or_repeated(halved: Instance) -> None:
    environment = {**os.environ, "OSML_SANDBOX": halved.name}
    first = subprocess.Popen([str(OSML), "sandbox", "up"], env=environment, stderr=subprocess.DEVNULL)
    until("the engine", halved.processes, lambda processes: "engine" in processes, ENGINE_SECONDS)
    first.send_signal(signal.SIGKILL)
    first.wait()
    subprocess.run([str(OSML), "sandbox", "up"], env=environment, check=True, capture_output=True)
    assert requests.get(startup.settings(halved)["models_url"] + "/_health", timeout=60).ok

    halved.processes()["models"].stop()
    orphan = halved.processes()["engine"]
    again = subprocess.run([str(OSML), "sandbox", "up"], env=environment, check=False, capture_output=True, text=True)
    assert (again.returncode, "osml sandbox restart" in again.stderr) == (1, True)
    assert orphan.alive()
    subprocess.run([str(OSML), "sandbox", "up", "--discard"], env=environment, check=True, capture_output=True)
    assert not orphan.alive()
    started = halved.processes()
    assert sorted(started) == ["cloud", "engine", "models"]
    children = [c for p in started.values() for c in psutil.Process(p.pid).children(recursive=True)]

    subprocess.run([str(OSML), "sandbox", "down"], env=environment, check=True, capture_output=True)
    assert [name for name, process in started.items() if process.alive()] == []
    assert [c for c in children if c.is_running() and c.status() != psutil.STATUS_ZOMBIE] == []
    assert not halved.home.exists()


ENGINE_SECONDS = 300
PASSWORD = f"Aa1!{secrets.token_hex(12)}"


def domain_of(name: str) -> Callable[..., requests.Response]:
    """Make a domain; returns a client that sends requests as its master user."""
    own = f"arn:aws:es:{REGION}:{ACCOUNT}:domain/{name}/*"
    everybody = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "es:ESHttp*", "Resource": own}
    client = boto3.client("opensearch")
    client.create_domain(
        DomainName=name,
        EngineVersion="OpenSearch_3.5",
        ClusterConfig={"InstanceType": "t3.medium.search", "InstanceCount": 1},
        EBSOptions={"EBSEnabled": True, "VolumeType": "gp3", "VolumeSize": 10},
        AccessPolicies=json.dumps({"Version": "2012-10-17", "Statement": [everybody]}),
        EncryptionAtRestOptions={"Enabled": True},
        NodeToNodeEncryptionOptions={"Enabled": True},
        DomainEndpointOptions={"EnforceHTTPS": True},
        AdvancedSecurityOptions={
            "Enabled": True,
            "InternalUserDatabaseEnabled": True,
            "MasterUserOptions": {"MasterUserName": "master", "MasterUserPassword": PASSWORD},
        },
    )
    made = until(
        f"the domain {name}",
        lambda: client.describe_domain(DomainName=name)["DomainStatus"],
        lambda status: "Endpoint" in status,
        ENGINE_SECONDS,
    )
    session = requests.Session()
    session.auth, session.verify = ("master", PASSWORD), os.environ["REQUESTS_CA_BUNDLE"]
    return lambda method, path, body=None: session.request(
        method, f"https://{made['Endpoint']}{path}", json=body, timeout=60
    )


def test_domains_of_one_local_cloud_share_nothing(osml: Any, local_cloud: Instance) -> None:
    client = boto3.client("opensearch")
    try:
        first, second = domain_of("apart-first"), domain_of("apart-second")
        setting = {"action.auto_create_index": "false"}
        assert first("PUT", "/_cluster/settings", {"persistent": setting}).ok
        assert first("PUT", "/only-here", {}).ok
        assert second("GET", "/only-here").status_code == 404
        assert second("GET", "/_cluster/settings?flat_settings=true").json()["persistent"].keys().isdisjoint(setting)
        assert second("PUT", "/kept/_doc/1?refresh=true", {"a": 1}).ok

        local_cloud.processes()["engine-of-apart-second"].stop()
        assert "OpenSearch of the domain apart-second has stopped" in osml("sandbox", "status").stdout
        assert first("GET", "/only-here").ok
        osml("sandbox", "restart")
        assert second("GET", "/kept/_count").json()["count"] == 1
        assert first("DELETE", "/only-here").ok
        assert first("PUT", "/_cluster/settings", {"persistent": dict.fromkeys(setting)}).ok
    finally:
        for name in ("apart-second", "apart-first"):
            with suppress(client.exceptions.ResourceNotFoundException):
                client.delete_domain(DomainName=name)
    assert sorted(local_cloud.processes()) == ["cloud", "engine", "models"]
    assert not (local_cloud.home / "engines" / "apart-second").exists()


def test_a_secret_that_the_stack_makes_is_filled_between_two_deploys(
    osml: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = bare_sandbox()
    settings["answer"]["secret"] = {"name": "osml/made", "key": "api_key", "create": True}
    (tmp_path / "made.yaml").write_text(yaml.safe_dump(settings))
    monkeypatch.setitem(osml.environment, "OSML_ENVIRONMENTS", str(tmp_path))
    made = ("--env", "made", "--sandbox")

    assert "osml secret set" in osml("deploy", *made, code=1).stderr
    osml("secret", "set", *made)
    value = json.loads(boto3.client("secretsmanager").get_secret_value(SecretId="osml/made")["SecretString"])
    assert value["api_key"].startswith("sk-")
    stacks = boto3.client("cloudformation").list_stacks(StackStatusFilter=["CREATE_COMPLETE"])["StackSummaries"]
    assert [s["StackName"] for s in stacks if s["StackName"].startswith("osml-made")] == ["osml-made-inference"]
    osml("destroy", *made)
