"""A streaming function for tests: its own runtime client, which AWS_LAMBDA_EXEC_WRAPPER starts."""

import io
import json
import zipfile
from typing import Any

import psutil
import requests

from tests.contract.cloud_process import Cloud, role

WRAPPER = '#!/bin/sh\nexec python3 "$LAMBDA_TASK_ROOT/client.py" "$@"\n'
PLAIN = '#!/bin/sh\nexport FROM_WRAPPER=yes\nexec "$@"\n'

# Answers as `do` demands, which is in the event itself or in the body of an API Gateway request. A stream begins when
# as many calls as `meet` demands are at work. It stops after its first piece until the file `gate` exists. The function
# ends when the file `rest` exists.
CLIENT = r"""
import base64, http.client, json, os, sys, time

API = os.environ["AWS_LAMBDA_RUNTIME_API"]
ROOT = "/2018-06-01/runtime/invocation/"

def next_event():
    api = http.client.HTTPConnection(API)
    api.request("GET", ROOT + "next")
    given = api.getresponse()
    return given.headers, json.loads(given.read())

def streamed(request_id, pieces, head=True, trailers=b""):
    api = http.client.HTTPConnection(API)
    api.putrequest("POST", f"{ROOT}{request_id}/response")
    api.putheader("Transfer-Encoding", "chunked")
    api.putheader("Lambda-Runtime-Function-Response-Mode", "streaming")
    api.putheader("Content-Type", "application/vnd.awslambda.http-integration-response")
    api.endheaders()
    def send(piece):
        api.send(b"%x\r\n%s\r\n" % (len(piece), piece))
    if head:
        meta = {"statusCode": 203, "headers": {"Content-Type": "text/event-stream", "X-Pid": str(os.getpid())},
                "cookies": ["a=1", "b=2"]}
        send(json.dumps(meta).encode() + bytes(8))
    for piece in pieces:
        send(piece)
    api.send(b"0\r\n" + trailers + b"\r\n")
    api.getresponse().read()

def whole(request_id, kind, answer):
    api = http.client.HTTPConnection(API)
    api.request("POST", f"{ROOT}{request_id}/{kind}", json.dumps(answer).encode())
    api.getresponse().read()

def slowly(do):
    for number in range(1, 6):
        yield b"piece %d\n" % number
        if number == 1:
            passed(do.get("gate"))
        time.sleep(do.get("pause", 0))

def passed(gate):
    while gate and not os.path.exists(gate):
        time.sleep(0.01)

def met(number, folder):
    open(os.path.join(folder, str(os.getpid())), "w").close()
    while len(os.listdir(folder)) < number:
        time.sleep(0.01)

def half(gate):
    yield b"half\n"
    passed(gate)

def crash(gate):
    yield from half(gate)
    os._exit(3)

while True:
    headers, event = next_event()
    request_id = headers["Lambda-Runtime-Aws-Request-Id"]
    do = json.loads(event["body"] or "{}") if "httpMethod" in event else event
    print("DOING", do.get("do"), flush=True)
    if do["do"] == "stream":
        if "meet" in do:
            met(*do["meet"])
        streamed(request_id, slowly(do))
        passed(do.get("rest"))
        print("SENT ALL", do.get("rest"), flush=True)
    elif do["do"] == "about":
        import boto3
        names = ("AWS_LAMBDA_FUNCTION_NAME", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR", "_HANDLER", "PATH",
                 "HTTPS_PROXY", "AWS_LAMBDA_EXEC_WRAPPER", "AWS_ENDPOINT_URL")
        whole(request_id, "response", {"argv": sys.argv, "python": sys.executable, "boto3": boto3.__file__,
              "trace": headers["Lambda-Runtime-Trace-Id"],
              "who": boto3.client("sts").get_caller_identity()["Arn"], "pid": os.getpid(),
              **{name: os.environ.get(name) for name in names}})
    elif do["do"] == "error":
        whole(request_id, "error", {"errorMessage": "asked to fail", "errorType": "Wanted"})
    elif do["do"] == "exit":
        os._exit(7)
    elif do["do"] == "break":
        streamed(request_id, crash(do.get("gate")))
    elif do["do"] == "trailer":
        said = base64.b64encode(json.dumps({"errorMessage": "went wrong", "errorType": "E"}).encode())
        trailers = b"Lambda-Runtime-Function-Error-Type: E\r\nLambda-Runtime-Function-Error-Body: " + said + b"\r\n"
        streamed(request_id, half(do.get("gate")), trailers=trailers)
    elif do["do"] == "headless":
        streamed(request_id, [b"no prelude"], head=False)
    elif do["do"] == "sleep":
        time.sleep(60)
    elif do["do"] == "call":
        import urllib.request
        try:
            request = urllib.request.Request(do["url"], data=b'{"n": 1}', headers={"X-Probe": "1"})
            with urllib.request.urlopen(request, timeout=60) as answer:
                heard = []
                while piece := answer.read1(65536):
                    heard.append(piece.decode())
                    if "gate" in do:
                        open(f"{do['gate']}{len(heard)}", "w").close()
            whole(request_id, "response", {"status": answer.status, "heard": heard})
        except OSError as reason:
            whole(request_id, "response", {"failed": str(reason)})
"""

INDEX = """
import os
def handler(event, context):
    print("HANDLED", context.aws_request_id)
    if event.get("fail"):
        raise ValueError("asked to fail")
    return {"event": event, "wrapped": os.environ["FROM_WRAPPER"], "left": context.get_remaining_time_in_millis()}
"""


_clients: dict[tuple[str, str], Any] = {}


def client(cloud: Cloud, service: str) -> Any:
    """A client of the root's, made once, because each takes a tenth of a second to make."""
    key = cloud.gateway, service
    if key not in _clients:
        _clients[key] = cloud.client(service)
    return _clients[key]


def asset(files: dict[str, str | bytes], executable: tuple[str, ...] = ()) -> bytes:
    """A zip that keeps the files' modes, as the CDK makes it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = (0o755 if name in executable else 0o644) << 16
            archive.writestr(entry, content)
    return buffer.getvalue()


def create(cloud: Cloud, name: str, code: bytes, **changes: Any) -> str:
    """Create a function whose wrapper is the file `run` of its asset; returns its ARN."""
    trust = role("lambda.amazonaws.com")["Properties"]["AssumeRolePolicyDocument"]
    iam = client(cloud, "iam")
    try:
        arn = iam.get_role(RoleName="streaming")["Role"]["Arn"]
    except iam.exceptions.NoSuchEntityException:
        arn = iam.create_role(RoleName="streaming", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    settings: dict[str, Any] = {
        "Runtime": "python3.13",
        "Handler": "index.handler",
        "Timeout": 60,
        "Environment": {"Variables": {"AWS_LAMBDA_EXEC_WRAPPER": "/var/task/run"}},
        **changes,
    }
    made = client(cloud, "lambda").create_function(FunctionName=name, Role=arn, Code={"ZipFile": code}, **settings)
    return str(made["FunctionArn"])


def streaming_asset() -> bytes:
    return asset({"run": WRAPPER, "client.py": CLIENT}, executable=("run",))


def api(function_arn: str, mode: str | None = "STREAM", permitted: bool = True, **integration: Any) -> dict[str, Any]:
    """The resources of a REST API, stage `dev`, with `POST /ask` on the function."""
    path = "2021-11-15/functions" if mode == "STREAM" else "2015-03-31/functions"
    call = "response-streaming-invocations" if mode == "STREAM" else "invocations"
    resources: dict[str, Any] = {
        "Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "streams"}},
        "Ask": {
            "Type": "AWS::ApiGateway::Resource",
            "Properties": {
                "RestApiId": {"Ref": "Api"},
                "ParentId": {"Fn::GetAtt": ["Api", "RootResourceId"]},
                "PathPart": "ask",
            },
        },
        "Post": {
            "Type": "AWS::ApiGateway::Method",
            "Properties": {
                "RestApiId": {"Ref": "Api"},
                "ResourceId": {"Ref": "Ask"},
                "HttpMethod": "POST",
                "AuthorizationType": "NONE",
                "Integration": {
                    "Type": "AWS_PROXY",
                    "IntegrationHttpMethod": "POST",
                    "Uri": f"arn:aws:apigateway:us-east-1:lambda:path/{path}/{function_arn}/{call}",
                    **({"ResponseTransferMode": mode} if mode else {}),
                    **integration,
                },
            },
        },
        "Deployed": {
            "Type": "AWS::ApiGateway::Deployment",
            "DependsOn": ["Post"],
            "Properties": {"RestApiId": {"Ref": "Api"}},
        },
        "Stage": {
            "Type": "AWS::ApiGateway::Stage",
            "Properties": {"RestApiId": {"Ref": "Api"}, "DeploymentId": {"Ref": "Deployed"}, "StageName": "dev"},
        },
    }
    if permitted:
        source = {"Fn::Sub": "arn:aws:execute-api:us-east-1:000000000000:${Api}/*/POST/ask"}
        resources["May"] = {
            "Type": "AWS::Lambda::Permission",
            "Properties": {
                "Action": "lambda:InvokeFunction",
                "FunctionName": function_arn,
                "Principal": "apigateway.amazonaws.com",
                "SourceArn": source,
            },
        }
    return resources


def post(cloud: Cloud, url: str, **body: Any) -> requests.Response:
    return requests.post(url, json=body, stream=True, verify=cloud.bundle, timeout=60)


def own_processes(cloud: Cloud) -> list[str]:
    """The command lines of the cloud process's children."""
    lines = []
    for child in psutil.Process(cloud.process.pid).children(recursive=True):
        try:
            lines.append(" ".join(child.cmdline()))
        except psutil.NoSuchProcess:
            continue
    return lines
