"""Checks that each gap of MiniStack that a module of `sandbox.cloud` closes is still open in MiniStack itself.

A failing test means that MiniStack has closed the gap: remove the named module.
"""

from typing import Any

from tests.contract import unwrapped_cloud

unwrapped = unwrapped_cloud.unwrapped

# Runs the unchanged MiniStack in a process of its own, and prints what it does.
UNWRAPPED = """
import asyncio, io, json, sys, zipfile
from ministack import app
from ministack.core import lambda_runtime
from ministack.core.iam_evaluator import evaluate_trust_policy
from ministack.services import lambda_svc, opensearch, secretsmanager
from ministack.services.cloudformation import _stacks, custom_resource, provisioners, stacks

secret = provisioners._RESOURCE_HANDLERS["AWS::SecretsManager::Secret"]
ref, attributes = secret["create"]("Key", {"GenerateSecretString": {}}, "stack")
kept = secretsmanager._secrets[ref]

events = []
def execute(func, event):
    events.append(event)
    return {"error": True, "body": {"errorMessage": "Worker init failed: No module named 'x'"}}
lambda_svc._execute_function_with_config_scope = execute
lambda_svc._get_func_record_for_ref = lambda ref: ({"config": {}}, {}, "name")
lambda_svc._execution_record_for_config = lambda func, config: func
def create(logical_id):
    props = {"ServiceToken": "name", "ServiceTimeout": "1"}
    return custom_resource.invoke_custom_resource("Create", logical_id, props, "stack", "id", "Custom::X")
try:
    create("Crashed")
    crashed = "answered"
except TimeoutError:
    crashed = "hung"
except RuntimeError:
    crashed = "failed"

def answer_too_long(func, event):
    token = event["ResponseURL"].rsplit("/", 1)[1]
    custom_resource.deliver_response(token, {"Status": "SUCCESS", "Data": {"x": "y" * 5000}})
lambda_svc._execute_function_with_config_scope = answer_too_long
try:
    create("TooLong")
    too_long = "taken"
except RuntimeError:
    too_long = "refused"

requests = []
def refuse(func, event):
    requests.append(event["RequestType"])
    token = event["ResponseURL"].rsplit("/", 1)[1]
    custom_resource.deliver_response(token, {"Status": "FAILED", "PhysicalResourceId": "made"})
lambda_svc._execute_function_with_config_scope = refuse
template = {"Resources": {"R": {"Type": "Custom::R", "Properties": {"ServiceToken": "name"}}}}
_stacks["failing"] = {"StackId": "failing-id", "StackName": "failing", "_resources": {}}
asyncio.run(stacks._deploy_stack_async("failing", "failing-id", template, {}, False, []))

invented = asyncio.run(app.SERVICE_HANDLERS["bedrock-runtime"](
    "POST", "/model/amazon.titan-embed-text-v2:0/invoke", {}, b'{"inputText": "x"}', {}))
try:
    opensearch.create_domain_record({"DomainName": "open", "AdvancedSecurityOptions": {"Enabled": True}})
    unencrypted = "made"
except ValueError:
    unencrypted = "refused"
trust = {"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "es.amazonaws.com"}}}

function, _ = provisioners._RESOURCE_HANDLERS["AWS::Lambda::Function"]["create"](
    "F", {"Code": {"ZipFile": "x"}, "ReservedConcurrentExecutions": 1}, "stack")

archive = io.BytesIO()
with zipfile.ZipFile(archive, "w") as code:
    code.writestr("index.py", "import os\\ndef handler(event, context): return os.getcwd()\\n")
plain = {"Runtime": "python3.13", "Handler": "index.handler", "FunctionName": "f", "Timeout": 60,
         "FunctionArn": "arn:aws:lambda:us-east-1:000000000000:function:f"}
workers = [lambda_runtime.Worker("f", plain, archive.getvalue()) for _ in range(2)]
places = {worker.invoke({}, "id")["result"] for worker in workers}
lambda_runtime.kill_workers(workers)

print(json.dumps({
    "places": len(places),
    "ref": ref,
    "reserved": lambda_svc._functions[function]["concurrency"],
    "generated": [version["SecretString"] for version in kept["Versions"].values()],
    "crashed": crashed,
    "event": sorted(events[0]),
    "too_long": too_long,
    "requests": requests,
    "status": _stacks["failing"]["StackStatus"],
    "domain_on_worker": stacks._runs_on_worker_thread("AWS::OpenSearchService::Domain"),
    "unencrypted": unencrypted,
    "trusts_service": evaluate_trust_policy(trust, "es.amazonaws.com"),
    "sagemaker": [name for name in provisioners._RESOURCE_HANDLERS if name.startswith("AWS::SageMaker::")],
    "function_python_is_ours": lambda_runtime._detect_runtime_binary("python3.12")[0] == sys.executable,
    "log_waits": lambda_runtime.Worker._drain_stderr_bounded.__defaults__,
    "invented": invented[0],
}))
"""


test_gap_is_still_open = unwrapped_cloud.still_open(
    [
        ("generated", [""], "secrets.secret_string"),
        ("crashed", "hung", "crashes"),
        ("too_long", "taken", "custom_resources.checked"),
        ("requests", ["Create"], "custom_resources._with_failed_create"),
        ("status", "ROLLBACK_COMPLETE", "custom_resources._with_failed_create"),
        ("domain_on_worker", False, "domains.install"),
        ("unencrypted", "made", "domain_rules"),
        ("trusts_service", False, "roles.trusts"),
        ("sagemaker", [], "sagemaker"),
        ("function_python_is_ours", True, "functions.install"),
        ("reserved", None, "functions._reserve"),
        ("places", 2, "linked_asset"),
        ("log_waits", [0.05, 0.005, 0.25], "log_pipe"),
        ("invented", 200, "model_runtimes"),
    ]
)


def test_ref_of_a_secret_is_still_its_name(unwrapped: dict[str, Any]) -> None:
    assert not unwrapped["ref"].startswith("arn:"), (
        "MiniStack answers the ARN now: remove it from sandbox.cloud.secrets."
    )


def test_events_still_lack_the_service_token(unwrapped: dict[str, Any]) -> None:
    assert "ServiceToken" not in unwrapped["event"], "MiniStack sends it now: remove it from sandbox.cloud.crashes."
