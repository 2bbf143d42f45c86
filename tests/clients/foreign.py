"""Runs external clients in virtual environments of their own, against a deployed environment."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import boto3

from osml.deploy.node import with_node
from sandbox.cache import appearing
from sandbox.installer import install
from sandbox.instance import ACCOUNT, CHECKOUT
from tests.clients.target import Target
from tests.node_packages import cached, installed

HERE = Path(__file__).parent
ROLE = f"arn:aws:iam::{ACCOUNT}:role/foreign-client"
REQUIREMENTS = HERE / "requirements.txt"
JAVASCRIPT = ("package.json", "package-lock.json", "try_javascript.mjs", "try_javascript_v2.cjs")


@contextmanager
def role_on(target: Target) -> Iterator[dict[str, str]]:
    """Variables with keys of ROLE, which is an administrator of the domain, or may use `foreign-*` on a collection.

    A domain's environment must name ROLE in `search.admins`: operators cannot make indexes of their own.
    """
    iam, aoss, name = boto3.client("iam"), boto3.client("opensearchserverless"), ROLE.rpartition("/")[2]
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}}
    action = "es:ESHttp*" if target.kind == "domain" else "aoss:APIAccessAll"
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=_policy(trust))
    may = {"Effect": "Allow", "Action": action, "Resource": "*"}
    iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=_policy(may))
    if target.kind == "collection":
        indexes = {"ResourceType": "index", "Resource": [f"index/{target.name}/foreign-*"], "Permission": ["aoss:*"]}
        aoss.create_access_policy(
            name=name, type="data", policy=json.dumps([{"Rules": [indexes], "Principal": [ROLE]}])
        )
    yield _keys(ROLE)
    if target.kind == "collection":
        aoss.delete_access_policy(name=name, type="data")
    iam.delete_role_policy(RoleName=name, PolicyName="own")
    iam.delete_role(RoleName=name)


def _policy(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _keys(role: str) -> dict[str, str]:
    made = boto3.client("sts").assume_role(RoleArn=role, RoleSessionName="foreign")["Credentials"]
    return {
        "AWS_ACCESS_KEY_ID": made["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": made["SecretAccessKey"],
        "AWS_SESSION_TOKEN": made["SessionToken"],
    }


def run(target: Target, keys: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run all clients; each checks what it expects. `keys` are the variables of a role that may use the index."""
    node = with_node(os.environ)
    environment = {
        **node,
        **keys,
        "OSML_TARGET": json.dumps(asdict(target)),
        "OSML_NODE": str(shutil.which("node", path=node["PATH"])),
        "OSML_JAVASCRIPT": str(installed("clients-javascript", [HERE / name for name in JAVASCRIPT])),
        # Otherwise a client sends telemetry.
        "HAYSTACK_TELEMETRY_ENABLED": "False",
    }
    arguments = ["-m", "pytest", "-q", "-c", str(HERE / "pytest.ini"), "--rootdir", str(CHECKOUT)]
    return subprocess.run(
        [str(python()), *arguments, "--confcutdir", str(HERE), "--durations", "8", str(HERE)],
        cwd=CHECKOUT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def python() -> Path:
    """The interpreter with the packages of `requirements.txt`, which are installed at the first use."""
    folder = cached("clients", REQUIREMENTS)
    if not folder.exists():
        with appearing(folder) as building:
            install("The foreign clients", "venv", "--relocatable", "--python", sys.executable, str(building))
            options = ["--require-hashes", "--python", str(building / "bin" / "python")]
            install("The foreign clients", "pip", "sync", *options, str(REQUIREMENTS))
    return folder / "bin" / "python"
