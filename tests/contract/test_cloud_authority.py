"""What a real MiniStack answers the front about keys, policies, roles, secrets and endpoints."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from sandbox.cache import cache_directory
from sandbox.cloud_venv import cloud_python

CHECKOUT = Path(__file__).resolve().parents[2]

NOTHING = "because no identity-based policy allows the es:ESHttpGet action"

# Asks the questions in the process that runs MiniStack, and prints the answers.
QUESTIONS = """
import asyncio, json, threading
from urllib.parse import urlencode
from ministack.services import iam, sts
from ministack.services.cloudformation import provisioners
from sandbox.cloud import secrets
from sandbox.cloud.authority import MiniStackAuthority
from sandbox.cloud.roles import RoleClock
from sandbox.cloud.sagemaker import Registry
from sandbox.front.authority import Signer
from sandbox.front.refusal import InvalidToken, SecretMissing, UnknownKey

now = [100.0]
registry = Registry({"standing": {"model": "m/s", "shape": "array"}})
clock = RoleClock(lambda: now[0])
secrets.install(); registry.install(); clock.install()
authority = MiniStackAuthority("us-east-1", registry, clock)

def make(type_, name, props):
    return provisioners._RESOURCE_HANDLERS[type_]["create"](name, props, "stack")

def refused(question, *arguments):
    try:
        return str(question(*arguments))
    except (UnknownKey, InvalidToken, SecretMissing) as refusal:
        return type(refusal).__name__

domain = "arn:aws:es:us-east-1:000000000000:domain/one"
source = {"StringEquals": {"aws:SourceAccount": "000000000000"}, "ArnLike": {"aws:SourceArn": domain}}
admit = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": ["es.amazonaws.com"]}}
act = {"Effect": "Allow", "Action": "es:ESHttpGet", "Resource": domain + "/*"}
def role(name, trust, *statements, path="/"):
    policies = [{"PolicyName": "own", "PolicyDocument": {"Statement": list(statements)}}]
    return make("AWS::IAM::Role", name, {"RoleName": name, "Path": path, "Policies": policies,
        "AssumeRolePolicyDocument": {"Statement": trust if isinstance(trust, list) else [trust]}})[1]["Arn"]

actor = role("actor", {**admit, "Condition": source}, act, path="/team/")
idle = role("idle", {**admit, "Principal": {"Service": "lambda.amazonaws.com"}})
denied = role("denied", admit, act, {**act, "Effect": "Deny"})
barred = role("barred", [admit, {**admit, "Effect": "Deny"}])
held, elsewhere = authority.session(actor), authority.session(idle)
now[0] += 30
aged = authority.role_age(actor)
more = {"Action": "PutRolePolicy", "RoleName": "actor", "PolicyName": "more",
    "PolicyDocument": json.dumps({"Version": "2012-10-17", "Statement": [act]})}
status, _, _ = asyncio.run(iam.handle_request("POST", "/", {}, urlencode(more).encode(), {}))
assert status == 200
now[0] += 5
ages = [aged, authority.role_age(actor), authority.role_age(idle), authority.role_age(actor + "x")]

caller = authority.credential(held.access_key, held.session_token).caller
other = authority.credential(elsewhere.access_key, elsewhere.session_token).caller
no = authority.session(denied)
no_caller = authority.credential(no.access_key, no.session_token).caller
root = authority.credential("test", None)
user = {"UserName": "u", "Arn": "arn:aws:iam::000000000000:user/u", "UserId": "AIDA1", "AttachedPolicies": []}
iam._users["u"] = user
iam._access_keys["AKIAUSER"] = {"UserName": "u", "Status": "Active", "SecretAccessKey": "s"}

def lets(who):
    return {"Statement": [{"Effect": "Allow", "Principal": {"AWS": who}, "Action": "es:*", "Resource": domain + "/*"}]}
deny_all = {"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "es:*", "Resource": "*"}]}
def may(who, action="es:ESHttpGet", policy=None, resource=domain + "/_search"):
    return authority.denial(who, action, resource, {}, policy)

post = {**act, "Action": "es:ESHttpPost"}
def bounded(name, *statements):

    boundary = make("AWS::IAM::ManagedPolicy", name, {"ManagedPolicyName": name, "PolicyDocument":
        {"Version": "2012-10-17", "Statement": list(statements)}})[0]
    arn = role(name, admit, act)
    iam._roles[name]["PermissionsBoundary"] = boundary
    keys = authority.session(arn)
    return authority.credential(keys.access_key, keys.session_token).caller
behind, fenced = bounded("behind", post), bounded("fenced", act, {**act, "Effect": "Deny"})
narrow = authority.session(actor)
sts._sessions[narrow.access_key]["SessionPolicies"] = {"Policy": json.dumps(
    {"Version": "2012-10-17", "Statement": [post]})}
narrow_caller = authority.credential(narrow.access_key, narrow.session_token).caller

secret, _ = make("AWS::SecretsManager::Secret", "Key", {"SecretString": "value"})
empty, _ = make("AWS::SecretsManager::Secret", "Empty", {"SecretString": ""})
trainer = role("trainer", {**admit, "Principal": {"Service": "sagemaker.amazonaws.com"}})
tei = {"Image": "1.dkr.ecr/tei-cpu:2", "Environment": {"HF_MODEL_ID": "a/model"}}
_, model = make("AWS::SageMaker::Model", "M", {"ExecutionRoleArn": trainer, "PrimaryContainer": tei})
variants = [{"ModelName": model["ModelName"], "VariantName": "all"}]
_, settings = make("AWS::SageMaker::EndpointConfig", "C", {"ProductionVariants": variants})
made, endpoint = make("AWS::SageMaker::Endpoint", "E", {"EndpointConfigName": settings["EndpointConfigName"]})
name = endpoint["EndpointName"]
found = []
thread = threading.Thread(target=lambda: found.append([authority.secret_value(secret),
    authority.role_exists(actor), authority.endpoint(name, "us-east-1")]))
thread.start(); thread.join()
provisioners._RESOURCE_HANDLERS["AWS::SageMaker::Endpoint"]["delete"](made, {})
gone = authority.session(idle)
iam._roles.pop("idle")

print(json.dumps({
    "caller": [caller.arn, caller.principal_arn, caller.account],
    "secret_key": authority.credential(held.access_key, held.session_token).secret_key == held.secret_key,
    "root": [root.caller.arn, root.caller.principal_arn],
    "user": authority.credential("AKIAUSER", None).caller.principal_arn,
    "numeric": authority.credential("123456789012", None).caller.arn,
    "unknown": refused(authority.credential, "AKIANOBODY", None),
    "empty_key": refused(authority.credential, "", None),
    "wrong_token": refused(authority.credential, held.access_key, "other"),
    "no_token": refused(authority.credential, held.access_key, None),
    "role_is_gone": refused(authority.credential, gone.access_key, gone.session_token),
    "expires": "Expiration" in sts._sessions[held.access_key],
    "may": may(caller), "may_post": may(caller, "es:ESHttpPost"), "idle_may": may(other), "denied_may": may(no_caller),
    "elsewhere": may(caller, resource="arn:aws:es:us-east-1:000000000000:domain/two/_search"),
    "policy_names_role": may(other, policy=lets(idle)), "policy_names_other": may(other, policy=lets(actor)),
    "policy_denies": may(caller, policy=deny_all), "policy_denies_root": may(root.caller, policy=deny_all),
    "root_may": may(root.caller), "policy_over_deny": may(no_caller, policy=lets(denied)),
    "foreign": may(root.caller, resource="arn:aws:es:us-east-1:111111111111:domain/one/_search"),
    "bounded": may(behind), "boundary_denies": may(fenced), "narrowed": may(narrow_caller),
    "exists": [authority.role_exists(arn) for arn in (actor, actor.replace("/team", ""), "x")],
    "ages": ages,
    "assume": [
        authority.service_may_assume(actor, "es.amazonaws.com",
            {"aws:SourceAccount": "000000000000", "aws:SourceArn": domain}),
        authority.service_may_assume(actor, "es.amazonaws.com",
            {"aws:SourceAccount": "000000000000", "aws:SourceArn": domain + "2"}),
        authority.service_may_assume(actor, "es.amazonaws.com", {}),
        authority.service_may_assume(actor, "lambda.amazonaws.com", {"aws:SourceAccount": "000000000000"}),
        authority.service_may_assume(denied, "es.amazonaws.com", {}),
        authority.service_may_assume(barred, "es.amazonaws.com", {}),
        authority.service_may_assume(actor + "x", "es.amazonaws.com", {}),
    ],
    "role_denial": [authority.role_denial(actor, "es:ESHttpGet", domain + "/_search"),
        authority.role_denial(actor, "sagemaker:InvokeEndpoint", "*"),
        authority.role_denial(denied, "es:ESHttpGet", domain + "/_search")],
    "in_a_thread": found,
    "no_secret": [refused(authority.secret_value, secret + "x"), refused(authority.secret_value, empty)],
    "no_session": refused(authority.session, actor + "x"),
    "endpoints": [authority.endpoint("standing", "us-east-1"), authority.endpoint("none", "us-east-1"),
        authority.endpoint(name, "us-east-1")],
}))
"""


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    python = cloud_python(cache_directory(), print)
    home = str(tmp_path_factory.mktemp("authority"))
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": home,
        "TMPDIR": home,
        "STATE_DIR": home,
        "AUTH": "true",
        "PYTHONPATH": str(CHECKOUT),
    }
    done = subprocess.run(
        [str(python), "-c", QUESTIONS], env=environment, cwd=home, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    given: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return given


def test_a_session_is_its_role(answers: dict[str, Any]) -> None:
    session, principal, account = answers["caller"]
    assert session == "arn:aws:sts::000000000000:assumed-role/actor/opensearch"
    assert principal == "arn:aws:iam::000000000000:role/team/actor"
    assert account == "000000000000"
    assert answers["secret_key"] is True
    assert answers["expires"] is False


def test_root_and_users_are_themselves(answers: dict[str, Any]) -> None:
    assert answers["root"] == ["arn:aws:iam::000000000000:root"] * 2
    assert answers["user"] == "arn:aws:iam::000000000000:user/u"
    assert answers["numeric"] == "arn:aws:iam::123456789012:root"


@pytest.mark.parametrize(
    ("question", "refusal"),
    [
        ("unknown", "UnknownKey"),
        ("empty_key", "UnknownKey"),
        ("role_is_gone", "UnknownKey"),
        ("wrong_token", "InvalidToken"),
        ("no_token", "InvalidToken"),
        ("no_session", "UnknownKey"),
    ],
)
def test_refuses_keys(answers: dict[str, Any], question: str, refusal: str) -> None:
    assert answers[question] == refusal


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        ("may", None),
        ("may_post", "because no identity-based policy allows the es:ESHttpPost action"),
        ("idle_may", NOTHING),
        ("denied_may", "with an explicit deny in an identity-based policy"),
        ("elsewhere", NOTHING),
        ("policy_names_role", None),
        ("policy_names_other", NOTHING),
        ("policy_denies", "with an explicit deny in a resource-based policy"),
        ("policy_denies_root", "with an explicit deny in a resource-based policy"),
        ("policy_over_deny", "with an explicit deny in an identity-based policy"),
        ("root_may", None),
        ("foreign", "because no resource-based policy allows the es:ESHttpGet action"),
        ("bounded", "because no permissions boundary allows the es:ESHttpGet action"),
        ("boundary_denies", "with an explicit deny in a permissions boundary"),
        ("narrowed", "because no session policy allows the es:ESHttpGet action"),
    ],
)
def test_policies(answers: dict[str, Any], question: str, reason: str | None) -> None:
    assert answers[question] == reason


def test_roles(answers: dict[str, Any]) -> None:
    assert answers["exists"] == [True, False, False]
    assert answers["assume"] == [True, False, False, False, True, False, False]
    assert answers["role_denial"] == [
        None,
        "because no identity-based policy allows the sagemaker:InvokeEndpoint action",
        "with an explicit deny in an identity-based policy",
    ]


def test_a_role_is_as_young_as_its_newest_policy(answers: dict[str, Any]) -> None:
    assert answers["ages"] == [30.0, 5.0, 35.0, 0.0]


def test_secrets_and_endpoints_are_found_from_any_thread(answers: dict[str, Any]) -> None:
    assert answers["in_a_thread"] == [["value", True, {"model": "a/model", "shape": "inputs"}]]
    assert answers["no_secret"] == ["SecretMissing", "SecretMissing"]
    assert answers["endpoints"] == [{"model": "m/s", "shape": "array"}, None, None]
