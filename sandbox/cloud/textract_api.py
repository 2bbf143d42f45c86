"""Amazon Textract's DetectDocumentText, which the model server answers; MiniStack 1.5.33 has no Textract.

It supports both protocols, JSON 1.1 and RPC v2 CBOR, which newer SDKs prefer. Every caller needs the permission
`textract:DetectDocumentText`.
"""

import base64
import json
import urllib.error
import urllib.request
from typing import Any

from botocore.model import ShapeResolver
from botocore.parsers import ResponseParserError, RpcV2CBORParser
from botocore.serialize import RpcV2CBORSerializer
from ministack import app
from ministack.core import router
from ministack.core.concurrency import run_reentrant
from ministack.core.responses import get_region

from sandbox.cloud import api_shapes
from sandbox.front.admission import admit
from sandbox.front.authority import Authority
from sandbox.front.provider import ProviderInvocation
from sandbox.front.refusal import Refusal

SERVICE, OPERATION = "textract", "DetectDocumentText"
TARGET, CBOR_PATH = f"Textract.{OPERATION}", f"/service/Textract/operation/{OPERATION}"
JSON, CBOR = "application/x-amz-json-1.1", "application/cbor"
SECONDS = 120
_SHAPES: Any = {
    "Error": {"type": "structure", "members": {"__type": {"shape": "Text"}, "message": {"shape": "Text"}}},
    "Text": {"type": "string"},
}
ERROR = ShapeResolver(_SHAPES).get_shape_by_name("Error")
Reply = tuple[int, dict[str, str], bytes]


def install(models_url: str, authority: Authority) -> None:
    """Registers the service; once per process."""
    router.SERVICE_PATTERNS[SERVICE] = {"host_patterns": [r"textract\."], "credential_scope": SERVICE}

    async def textract(method: str, path: str, headers: Any, body: bytes, query_params: Any) -> Reply:
        is_cbor = headers.get("smithy-protocol") == "rpc-v2-cbor"
        known = path == CBOR_PATH if is_cbor else headers.get("x-amz-target") == TARGET
        if method != "POST" or not known:
            return _written(is_cbor, 400, {"__type": "UnknownOperationException", "message": "It is not known here."})
        try:
            caller = authority.credential(
                router.extract_access_key_id(headers, query_params), headers.get("x-amz-security-token")
            ).caller
            call = ProviderInvocation(SERVICE, get_region(), f"{SERVICE}:{OPERATION}", ("*",))
            admit(authority, caller, call, None)
            document_request = _read(is_cbor, body)
        except Refusal as refusal:
            said = json.loads(refusal.encoded())
            message = said.get("message") or said.get("Message")
            return _written(is_cbor, refusal.status, {"__type": "AccessDeniedException", "message": message})
        except ValueError:
            return _written(is_cbor, 400, {"__type": "SerializationException", "message": "The body is malformed."})
        status, answer = await run_reentrant(
            _answered, f"{models_url}/_aws/textract.{get_region()}.amazonaws.com", document_request
        )
        return _written(is_cbor, status, answer)

    app.SERVICE_HANDLERS[SERVICE] = textract


def _read(is_cbor: bool, body: bytes) -> dict[str, Any]:
    """The request in its JSON form, with the document's bytes in base64. Raises ValueError for a malformed body."""
    if not is_cbor:
        document_request = json.loads(body)
        if not isinstance(document_request, dict):
            raise ValueError("no object")
        return document_request
    try:
        parser: Any = RpcV2CBORParser()
        document_request = parser._initial_body_parse(body)
    except (ResponseParserError, UnicodeDecodeError) as reason:
        raise ValueError(str(reason)) from None
    document = document_request.get("Document") if isinstance(document_request, dict) else None
    if isinstance(document, dict) and isinstance(document.get("Bytes"), bytes):
        document["Bytes"] = base64.b64encode(document["Bytes"]).decode()
    return dict(document_request)


def _answered(url: str, document_request: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    request = urllib.request.Request(f"{url}/{OPERATION}", data=json.dumps(document_request).encode(), method="POST")  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310  always this machine's server
            return int(answer.status), json.load(answer)
    except urllib.error.HTTPError as refusal:
        return refusal.code, json.load(refusal)
    except OSError as reason:
        return 500, {"__type": "InternalServerError", "message": f"The model server did not answer: {reason}."}


def _written(is_cbor: bool, status: int, answer: dict[str, Any]) -> Reply:
    if not is_cbor:
        return status, {"Content-Type": JSON}, json.dumps(answer).encode()
    shape = api_shapes.operation(OPERATION, SERVICE).output_shape if status < 400 else ERROR
    body = bytearray()
    serializer: Any = RpcV2CBORSerializer()
    serializer._serialize_data_item(body, answer, shape)
    return status, {"Content-Type": CBOR, "smithy-protocol": "rpc-v2-cbor"}, bytes(body)
