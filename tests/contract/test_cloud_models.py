"""Calls of models through boto3, as functions make them: permissions, choice of the endpoint, streamed answers."""

import binascii
import json
import struct
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from botocore.exceptions import ClientError

from tests.contract.cloud_process import Cloud, running
from tests.waiting import PATIENCE

MODEL = "amazon.titan-embed-text-v2:0"
ENDPOINT = "arn:aws:sagemaker:us-east-1:000000000000:endpoint/minilm"


def message(kind: str, payload: bytes, content_type: str = "application/json") -> bytes:
    """One event as AWS frames it."""
    fields = {":event-type": kind, ":content-type": content_type, ":message-type": "event"}
    headers = b"".join(
        bytes([len(name)]) + name.encode() + b"\x07" + struct.pack(">H", len(value)) + value.encode()
        for name, value in fields.items()
    )
    prelude = struct.pack(">II", 16 + len(headers) + len(payload), len(headers))
    framed = prelude + struct.pack(">I", binascii.crc32(prelude)) + headers + payload
    return framed + struct.pack(">I", binascii.crc32(framed))


def text_delta(text: str) -> bytes:
    return message("contentBlockDelta", json.dumps({"contentBlockIndex": 0, "delta": {"text": text}}).encode())


class Models(ThreadingHTTPServer):
    """Replaces the model server: records its requests, and holds back the second half of a stream."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.seen: list[tuple[str, dict[str, str], bytes]] = []
        self.go_on = threading.Event()


class _Handler(BaseHTTPRequestHandler):
    server: Models
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
        if not self.path.endswith("stream"):
            self.send_response(429 if body == b"throttle" else 200)
            self.send_header("Content-Type", "application/json")
            if body == b"throttle":
                self.send_header("x-amzn-ErrorType", "ThrottlingException")
            answer = b'{"message": "Too many tokens"}' if body == b"throttle" else b"[[0.5]]"
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)
            return
        self.send_response(200)
        self.send_header("Content-Type", "application/vnd.amazon.eventstream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for index in (0, 1):
            if index and not self.server.go_on.wait(PATIENCE):
                self.close_connection = True
                return
            self._piece(self._event(index))
        self._piece(b"")

    def _event(self, index: int) -> bytes:
        if self.path.endswith("converse-stream"):
            return text_delta(f"part {index}")
        if "sagemaker" in self.path:
            return message("PayloadPart", f"part {index}".encode(), "application/octet-stream")
        return message("chunk", json.dumps({"bytes": "cGFydA=="}).encode())

    def _piece(self, content: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(content), content))
        self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None: ...


@pytest.fixture(scope="module")
def models() -> Iterator[Models]:
    with Models() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory, models: Models) -> Iterator[Cloud]:
    endpoints = {"minilm": {"model": "a/model", "shape": "array"}}
    url = f"http://127.0.0.1:{models.server_address[1]}"
    with running(tmp_path_factory.mktemp("cloud"), models_url=url, existing_endpoints=endpoints) as process:
        yield process


@pytest.fixture
def fresh(models: Models) -> Models:
    models.seen.clear()
    models.go_on.clear()
    return models


def test_sagemaker_endpoint_answers_callers_with_the_permission(cloud: Cloud, fresh: Models) -> None:
    keys = cloud.caller("embedder", {"Action": "sagemaker:InvokeEndpoint", "Resource": ENDPOINT})
    runtime = cloud.client("sagemaker-runtime", **keys)
    answer = runtime.invoke_endpoint(EndpointName="minilm", ContentType="application/json", Body=b'["a"]')
    assert json.load(answer["Body"]) == [[0.5]]
    [(path, headers, body)] = fresh.seen
    assert path == "/_aws/runtime.sagemaker.us-east-1.amazonaws.com/endpoints/minilm/invocations"
    assert json.loads(headers["x-sandbox-endpoint"]) == {"model": "a/model", "shape": "array", "name": "minilm"}
    assert (headers["content-type"], body) == ("application/json", b'["a"]')
    assert "authorization" not in headers
    with pytest.raises(ClientError, match=r"not authorized to perform: sagemaker:InvokeEndpointWithResponseStream"):
        runtime.invoke_endpoint_with_response_stream(EndpointName="minilm", Body=b"[]")
    with pytest.raises(ClientError, match=r"not authorized to perform: sagemaker:InvokeEndpoint on resource: .*other"):
        runtime.invoke_endpoint(EndpointName="other", Body=b"[]")
    with pytest.raises(ClientError, match=r"\(ValidationError\).*Endpoint other of account 000000000000 not found"):
        cloud.client("sagemaker-runtime").invoke_endpoint(EndpointName="other", Body=b"[]")
    assert len(fresh.seen) == 1


def test_streams_need_a_permission_of_their_own(cloud: Cloud, fresh: Models) -> None:
    keys = cloud.caller("unstreamed", {"Action": "bedrock:InvokeModel", "Resource": "*"})
    runtime = cloud.client("bedrock-runtime", **keys)
    assert json.load(runtime.invoke_model(modelId=MODEL, body=b"{}")["body"]) == [[0.5]]
    messages = [{"role": "user", "content": [{"text": "x"}]}]
    refused = "not authorized to perform: bedrock:InvokeModelWithResponseStream"
    with pytest.raises(ClientError, match=refused):
        runtime.invoke_model_with_response_stream(modelId=MODEL, body=b"{}")
    with pytest.raises(ClientError, match=refused):
        runtime.converse_stream(modelId=MODEL, messages=messages)
    assert len(fresh.seen) == 1


def test_forged_signature_reaches_no_model(cloud: Cloud, fresh: Models) -> None:
    keys = cloud.caller("forger", {"Action": "*", "Resource": "*"})
    forged = {**keys, "aws_secret_access_key": "guessed"}
    with pytest.raises(ClientError, match=r"InvalidSignatureException|SignatureDoesNotMatch"):
        cloud.client("sagemaker-runtime", **forged).invoke_endpoint(EndpointName="minilm", Body=b"[]")
    with pytest.raises(ClientError, match=r"InvalidSignatureException|SignatureDoesNotMatch"):
        cloud.client("bedrock-runtime", **forged).invoke_model(modelId=MODEL, body=b"{}")
    assert fresh.seen == []


def test_refusal_of_the_model_comes_through(cloud: Cloud) -> None:
    with pytest.raises(ClientError, match=r"\(ThrottlingException\).*Too many tokens"):
        cloud.client("bedrock-runtime").invoke_model(modelId=MODEL, body=b"throttle")


def test_streams_come_in_pieces(cloud: Cloud, fresh: Models) -> None:
    messages = [{"role": "user", "content": [{"text": "x"}]}]
    bedrock, sagemaker = cloud.client("bedrock-runtime"), cloud.client("sagemaker-runtime")
    streams = {
        "converse": iter(bedrock.converse_stream(modelId=MODEL, messages=messages)["stream"]),
        "invoke": iter(bedrock.invoke_model_with_response_stream(modelId=MODEL, body=b"{}")["body"]),
        "endpoint": iter(sagemaker.invoke_endpoint_with_response_stream(EndpointName="minilm", Body=b"[]")["Body"]),
    }
    # The model sends the rest only after every stream has its first piece.
    first = {name: next(stream) for name, stream in streams.items()}
    fresh.go_on.set()
    rest = {name: list(stream) for name, stream in streams.items()}
    assert first["converse"]["contentBlockDelta"]["delta"] == {"text": "part 0"}
    assert [event["contentBlockDelta"]["delta"] for event in rest["converse"]] == [{"text": "part 1"}]
    assert (first["invoke"], len(rest["invoke"])) == ({"chunk": {"bytes": b"part"}}, 1)
    assert [first["endpoint"], *rest["endpoint"]] == [{"PayloadPart": {"Bytes": f"part {n}".encode()}} for n in (0, 1)]
