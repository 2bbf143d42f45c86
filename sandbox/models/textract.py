"""Amazon Textract: `POST /DetectDocumentText` with the API's JSON, for pictures (PNG, JPEG).

RapidOCR recognizes the lines, if it is installed. The box of a line is divided among its words by their lengths.
Textract also reads PDF, TIFF, objects in S3, handwriting, and rotated pages.
https://docs.aws.amazon.com/textract/latest/dg/API_DetectDocumentText.html
"""

import base64
import binascii
import functools
import io
import threading
import uuid
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

from sandbox.models.exchange import Call, ModelResponse, json_body, json_reply

PATH = "/DetectDocumentText"
# Amazon documents two limits for the bytes in a request, 5 and 10 MB. All callers can rely on the smaller one.
MOST_BYTES, LONGEST_SIDE = 5 * 1024 * 1024, 10_000
FORMATS = ("PNG", "JPEG")
Box = tuple[float, float, float, float]


class RefusedDocument(Exception):
    """Textract's exception `kind`, with its message."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class TextractApi:
    """Answers DetectDocumentText."""

    def __init__(self) -> None:
        self._engine_is_free = threading.Lock()

    def answer(self, call: Call) -> ModelResponse:
        """Answer a call. Errors have the name of Textract's exception in `__type`."""
        if call.path != PATH or call.method != "POST":
            return _error(400, "UnknownOperationException", f"No operation of Textract is at {call.path}.")
        try:
            body = json_body(call.body)
        except ValueError:
            return _error(400, "SerializationException", "The body is not JSON.")
        if not (find_spec("rapidocr") and find_spec("onnxruntime")):
            message = "This machine has no text recognition; install it with `make ocr`, and start it again."
            return _error(400, "SubscriptionRequiredException", message)
        try:
            picture = _picture(body)
            with self._engine_is_free:
                lines = _lines(picture)
        except RefusedDocument as refused:
            return _error(400, refused.kind, str(refused))
        blocks = list(_blocks(lines))
        return json_reply(
            200,
            {"DocumentMetadata": {"Pages": 1}, "Blocks": blocks, "DetectDocumentTextModelVersion": "1.0"},
            batch=1,
        )

    def throttled(self) -> ModelResponse:
        """The answer to a throttled call: ProvisionedThroughputExceededException with the status 400."""
        return _error(400, "ProvisionedThroughputExceededException", "Provisioned rate exceeded")

    def failed(self, status: int) -> ModelResponse:
        """Textract's error for a status: AccessDeniedException for 4xx, otherwise InternalServerError."""
        kind = "AccessDeniedException" if status < 500 else "InternalServerError"
        return _error(status, kind, "The call failed.")


def _error(status: int, kind: str, message: str) -> ModelResponse:
    return json_reply(status, {"__type": kind, "message": message})


def _picture(body: Any) -> Any:
    """The decoded picture in a request, as RGB; raises RefusedDocument."""
    from PIL import Image, UnidentifiedImageError

    document = body.get("Document") if isinstance(body, dict) and body.keys() == {"Document"} else None
    if not isinstance(document, dict) or len(document) != 1 or not document.keys() <= {"Bytes", "S3Object"}:
        raise RefusedDocument("InvalidParameterException", "Request has invalid parameters")
    if "S3Object" in document:
        message = "Unable to get object metadata from S3. Check object key, region and/or access permissions."
        raise RefusedDocument("InvalidS3ObjectException", message)
    try:
        content = base64.b64decode(document["Bytes"], validate=True)
    except (binascii.Error, TypeError):
        raise RefusedDocument("SerializationException", "Bytes is not in base64") from None
    if len(content) > MOST_BYTES:
        raise RefusedDocument("DocumentTooLargeException", f"Request has a document of {len(content)} bytes")
    try:
        picture = Image.open(io.BytesIO(content), formats=FORMATS)
        if max(picture.size) > LONGEST_SIDE:
            raise RefusedDocument("BadDocumentException", f"Request has a document of {picture.size} pixels")
        return picture.convert("RGB")
    except UnidentifiedImageError:
        raise RefusedDocument("UnsupportedDocumentException", "Request has unsupported document format") from None
    except (OSError, SyntaxError):
        raise RefusedDocument("BadDocumentException", "Request has a bad document") from None


def _lines(picture: Any) -> list[tuple[str, float, Box]]:
    """The text, the certainty (0 to 1) and the box of each line.

    A box is left, top, width and height, as shares of the page.
    """
    import numpy as np

    result = _engine()(np.asarray(picture)[:, :, ::-1])
    lines: list[tuple[str, float, Box]] = []
    if not result.txts:
        return lines
    for text, score, corners in zip(result.txts, result.scores, result.boxes, strict=True):
        (left, top), (right, bottom) = corners.min(axis=0) / picture.size, corners.max(axis=0) / picture.size
        lines.append((text, float(score), (float(left), float(top), float(right - left), float(bottom - top))))
    return lines


def _blocks(lines: list[tuple[str, float, Box]]) -> Iterator[dict[str, Any]]:
    """The blocks of the answer: the page, its lines, and their words."""
    page, ids = str(uuid.uuid4()), [str(uuid.uuid4()) for _ in lines]
    yield {"BlockType": "PAGE", "Id": page, **_at((0.0, 0.0, 1.0, 1.0)), **_with_children(ids)}
    for id, (text, certainty, (left, top, width, height)) in zip(ids, lines, strict=True):
        words = [(word, str(uuid.uuid4())) for word in text.split()]
        confidence = round(100 * certainty, 3)
        said = {"Text": text, "Confidence": confidence, "Id": id}
        yield {"BlockType": "LINE", **said, **_at((left, top, width, height)), **_with_children(id for _, id in words)}
        start = 0
        for word, word_id in words:
            share, start = start / len(text), start + len(word) + 1
            box = (left + share * width, top, len(word) / len(text) * width, height)
            said = {"Text": word, "TextType": "PRINTED", "Confidence": confidence, "Id": word_id}
            yield {"BlockType": "WORD", **said, **_at(box)}


def _with_children(ids: Any) -> dict[str, Any]:
    children = list(ids)
    return {"Relationships": [{"Type": "CHILD", "Ids": children}]} if children else {}


def _at(box: Box) -> dict[str, Any]:
    left, top, width, height = box
    corners = ((left, top), (left + width, top), (left + width, top + height), (left, top + height))
    return {
        "Geometry": {
            "BoundingBox": {"Left": left, "Top": top, "Width": width, "Height": height},
            "Polygon": [{"X": x, "Y": y} for x, y in corners],
        }
    }


@functools.cache
def _engine() -> Any:
    from rapidocr import RapidOCR

    return RapidOCR(params={"Global.use_cls": False, "Global.log_level": "critical"})
