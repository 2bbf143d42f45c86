"""A cloud process with everything but the engine, for the tests that deploy to it."""

import json
import os
import signal
import subprocess
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests
from botocore.config import Config
from botocore.exceptions import ClientError

from sandbox.cache import cache_directory
from sandbox.certificates import Certificates
from sandbox.cloud_venv import cloud_python
from sandbox.free_ports import free_ports
from tests.waiting import PATIENCE, until

CAPABILITIES = ["CAPABILITY_NAMED_IAM"]
CHECKOUT = Path(__file__).resolve().parents[2]

# The process of `python -m sandbox.cloud`. A Diary, which records each call, replaces the front with its engine.
DRIVER = """
import json, sys
from dataclasses import asdict
from pathlib import Path
from sandbox.cloud import environment
from sandbox.cloud.settings import CloudSettings

settings = CloudSettings.read(Path(sys.argv[1]))
environment.enter(settings)
from sandbox.cloud.server import run

class Diary:
    def __init__(self, settings, authority):
        self._path, self._port = settings.home / "diary.jsonl", settings.domain_ports[0]

    def _note(self, what, about=None):
        with self._path.open("a") as file:
            file.write(json.dumps([what, about]) + "\\n")

    def start(self):
        self._note("start")

    def stop(self):
        self._note("stop")

    def add_domain(self, domain):
        self._note("add", asdict(domain))
        if domain.name == "no-engine":
            raise RuntimeError("The engine does not answer.")
        return self._port

    def update_domain(self, domain):
        self._note("update", asdict(domain))

    def remove_domain(self, arn):
        self._note("remove", arn)

    def cluster_health(self, arn):
        return {"status": "yellow", "active_shards": 5, "unassigned_shards": 2}

run(settings, Diary)
"""


_MAKING = threading.Lock()


@cache
def _session() -> boto3.Session:
    """One session for all clients: a session reads a service's description once, which takes 40 to 200 ms.

    Its clients may be used by several threads, but only one thread may make one.
    """
    return boto3.Session(region_name="us-east-1")


@dataclass
class CloudAddress:
    """How to reach a running cloud: its `gateway`, and the CA `bundle` that verifies it."""

    gateway: str
    bundle: str

    def client(self, service: str, **keys: str) -> Any:
        """A boto3 client of a service. `keys` (`aws_access_key_id` and so on) default to those of the root."""
        root = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        with _MAKING:
            return _session().client(  # type: ignore[call-overload]
                service,
                endpoint_url=self.gateway,
                verify=self.bundle,
                config=Config(retries={"max_attempts": 0}),
                **(keys or root),
            )

    def caller(self, name: str, *statements: dict[str, Any]) -> dict[str, str]:
        """The keys of a session of a new role that may do what the statements allow; pass them to `client`."""
        iam = self.client("iam")
        trust = {"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}]}
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
        self.allow(name, *statements)
        keys = self.client("sts").assume_role(RoleArn=arn, RoleSessionName="calling")["Credentials"]
        return {
            "aws_access_key_id": keys["AccessKeyId"],
            "aws_secret_access_key": keys["SecretAccessKey"],
            "aws_session_token": keys["SessionToken"],
        }

    def allow(self, name: str, *statements: dict[str, Any]) -> None:
        """Let the role do what the statements allow, and nothing else from now on."""
        if statements:
            document = json.dumps({"Statement": [{"Effect": "Allow", **statement} for statement in statements]})
            self.client("iam").put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=document)

    def deploy(self, resources: dict[str, Any], outputs: dict[str, Any] | None = None) -> "Stack":
        name = f"s{uuid.uuid4().hex[:8]}"
        cloudformation = self.client("cloudformation")
        template = {"Resources": resources, "Outputs": {k: {"Value": v} for k, v in (outputs or {}).items()}}
        cloudformation.create_stack(StackName=name, TemplateBody=json.dumps(template), Capabilities=CAPABILITIES)
        return Stack(cloudformation, name)


@dataclass
class Cloud(CloudAddress):
    """A running cloud process."""

    process: subprocess.Popen[bytes]
    home: Path

    def diary(self) -> list[list[Any]]:
        return [json.loads(line) for line in (self.home / "diary.jsonl").read_text().splitlines()]


@dataclass
class Stack:
    cloudformation: Any
    name: str

    def settled(self) -> dict[str, Any]:
        """The stack when nothing is in progress any more, with its outputs by name under `values`."""
        stack = until(
            f"the end of the stack operation on {self.name}",
            lambda: self.cloudformation.describe_stacks(StackName=self.name)["Stacks"][0],
            lambda stack: not stack["StackStatus"].endswith("IN_PROGRESS"),
        )
        return {**stack, "values": {o["OutputKey"]: o["OutputValue"] for o in stack.get("Outputs", [])}}

    def update(self, resources: dict[str, Any], outputs: dict[str, Any] | None = None) -> dict[str, Any]:
        template = {"Resources": resources, "Outputs": {k: {"Value": v} for k, v in (outputs or {}).items()}}
        body = json.dumps(template)
        self.cloudformation.update_stack(StackName=self.name, TemplateBody=body, Capabilities=CAPABILITIES)
        return self.settled()

    def reasons(self) -> str:
        events = self.cloudformation.describe_stack_events(StackName=self.name)["StackEvents"]
        return "\n".join(e.get("ResourceStatusReason", "") for e in events if "FAILED" in e["ResourceStatus"])

    def delete(self) -> None:
        self.cloudformation.delete_stack(StackName=self.name)
        until(f"the end of the stack {self.name}", self.left, lambda left: left is None)

    def left(self) -> str | None:
        """The reasons why a deleted stack is still there; None when it is gone."""
        try:
            self.cloudformation.describe_stacks(StackName=self.name)
        except ClientError:
            return None
        return self.reasons()


@contextmanager
def running(folder: Path, driver: str = DRIVER, **changes: Any) -> Iterator[Cloud]:
    """Run a cloud process in `folder` until the block ends; `changes` replace entries of its settings."""
    cloud = start(folder, driver, **changes)
    try:
        yield cloud
    finally:
        cloud.process.send_signal(signal.SIGTERM)
        cloud.process.wait(PATIENCE)


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A cloud process for all tests of the module."""
    with running(tmp_path_factory.mktemp("cloud")) as process:
        yield process


@contextmanager
def called_from_here(folder: Path) -> Iterator[Cloud]:
    """A cloud process that boto3 clients of the test process call, as the clients of a function do."""
    with running(folder) as cloud, pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", cloud.gateway)
        for name in ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"):
            patch.setenv(name, str(Path(cloud.bundle)))
        patch.setenv("AWS_REGION", "us-east-1")
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "test")
        patch.setattr(boto3, "DEFAULT_SESSION", boto3.Session(region_name="us-east-1"))
        yield cloud


def start(folder: Path, driver: str = DRIVER, **changes: Any) -> Cloud:
    """Start a cloud process and wait until it answers.

    `driver` is its program; `changes` replace entries of its settings.
    """
    python = cloud_python(cache_directory(), print)
    certificates = Certificates(folder / "tls")
    certificates.make()
    aws, egress = free_ports(2)
    settings = {
        "home": str(folder / "home"),
        "region": "us-east-1",
        "aws_port": aws,
        "egress_port": egress,
        "models_url": "http://127.0.0.1:1",
        "engine_url": "https://127.0.0.1:1",
        "ca": str(certificates.ca),
        "ca_bundle": str(certificates.bundle),
        "admin_cert": str(certificates.certificate("admin")),
        "admin_key": str(certificates.key("admin")),
        "server_cert": str(certificates.certificate("server")),
        "server_key": str(certificates.key("server")),
        "domain_ports": [29200, 29207],
        "young_role_seconds": 0,
        "existing_endpoints": {},
        **changes,
    }
    (folder / "cloud.json").write_text(json.dumps(settings))
    (folder / "driver.py").write_text(driver)
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(CHECKOUT), "DEEPSEEK_API_KEY": "sk-developer"}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [str(python), str(folder / "driver.py"), str(folder / "cloud.json")],
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    gateway = f"https://127.0.0.1:{aws}"

    def silent() -> str | None:
        """The log of a process that does not answer; None when it answers."""
        try:
            requests.get(f"{gateway}/_ministack/ready", verify=str(certificates.ca), timeout=60)
            return None
        except requests.ConnectionError:
            assert process.poll() is None, (folder / "log").read_text()
            return (folder / "log").read_text()

    until("an answer of the cloud process", silent, lambda text: text is None)
    return Cloud(gateway, str(certificates.ca), process, folder / "home")


def role(service: str, *statements: dict[str, Any]) -> dict[str, Any]:
    trust = {"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": service}}]}
    policies = [{"PolicyName": "own", "PolicyDocument": {"Statement": list(statements)}}] if statements else []
    return {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": trust, "Policies": policies}}
