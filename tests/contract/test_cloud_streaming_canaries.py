"""Checks that each gap of MiniStack that the streaming modules of `sandbox.cloud` close is still open.

A failing test means that MiniStack has closed the gap: remove the named module.
"""

from tests.contract import unwrapped_cloud

unwrapped = unwrapped_cloud.unwrapped

# Runs the unchanged MiniStack in a process of its own, and prints what it does.
UNWRAPPED = """
import asyncio, json
from ministack import app
from ministack.core import iam_actions, lambda_runtime
from ministack.services import apigateway_v1, lambda_svc
from ministack.services.cloudformation import provisioners

config = {"Runtime": "python3.13", "Environment": {"Variables": {"AWS_LAMBDA_EXEC_WRAPPER": "/var/task/run"}}}
arn = "arn:aws:lambda:us-east-1:000000000000:function:f"
uri = f"arn:aws:apigateway:us-east-1:lambda:path/2021-11-15/functions/{arn}/response-streaming-invocations"

def make(kind, props):
    return provisioners._RESOURCE_HANDLERS[f"AWS::ApiGateway::{kind}"]["create"](kind, props, "stack")

api, attributes = make("RestApi", {"Name": "a"})
root = attributes["RootResourceId"]
make("Method", {"RestApiId": api, "ResourceId": root, "HttpMethod": "POST", "Integration": {
    "Type": "AWS_PROXY", "Uri": uri, "IntegrationHttpMethod": "POST", "ResponseTransferMode": "STREAM"}})
integration = apigateway_v1._resources[api][root]["resourceMethods"]["POST"]["methodIntegration"]
kept = integration.get("responseTransferMode")
_, _, put = apigateway_v1._put_integration(api, root, "POST", {"uri": uri, "responseTransferMode": "STREAM"})

async def invoke(*args):
    return 200, {}, b"whole"
lambda_svc._invoke = invoke
_, _, streamed = asyncio.run(lambda_svc._invoke_with_response_stream("f", {}, {}))

called = []
async def call(ref, event, **scope):
    called.append(ref)
    return {"body": {"statusCode": 200, "body": ""}}, None
apigateway_v1._call_lambda_raw = call
lambda_svc._functions["f"] = {"config": {"FunctionArn": arn}, "policy": {"Statement": []}}
asyncio.run(apigateway_v1._invoke_lambda_proxy_v1({"uri": uri.replace("2021-11-15", "2015-03-31").replace(
    "response-streaming-invocations", "invocations")}, api, "dev", {}, {"id": root, "path": "/"}, "/", "POST", {}, b"",
    {}, {}, owner_account_id="000000000000", owner_region="us-east-1"))

print(json.dumps({
    "worker": lambda_runtime._worker_class_for(config).__name__,
    "kept_by_cloudformation": kept,
    "kept_by_the_api": json.loads(put).get("responseTransferMode"),
    "reference": apigateway_v1._extract_lambda_ref_from_integration_uri(uri),
    "streamed": type(streamed).__name__,
    "action": iam_actions.extract_iam_action(
        "lambda", "POST", "/2021-11-15/functions/f/response-streaming-invocations", {}, b"", {}),
    "called_without_permission": called,
    "trace": lambda_svc._xray_trace_id_for_invocation({}),
}))
"""
ARN = "arn:aws:lambda:us-east-1:000000000000:function:f"


test_gap_is_still_open = unwrapped_cloud.still_open(
    [
        ("worker", "Worker", "exec_wrapper"),
        ("kept_by_cloudformation", None, "streaming._keep_transfer_mode"),
        ("kept_by_the_api", None, "streaming._keep_transfer_mode"),
        ("reference", f"{ARN}/response-streaming-invocations", "streaming._stream_integrations"),
        ("streamed", "bytes", "streaming._stream_invocations"),
        ("action", None, "streaming._stream_invocations"),
        ("called_without_permission", [ARN], "function_policy"),
        ("trace", None, "functions._traced"),
    ]
)
