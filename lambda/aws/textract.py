"""Text recognition by Amazon Textract, with DetectDocumentText: one call for each page or picture."""

import functools
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from corpus.formats import Reading
from corpus.formats.scans import TOGETHER
from corpus.recognition import Recognized, Unrecognized, certain

# With Textract's lowest quota, one page per second, this many pages fit into one call of a function.
MOST_SCANS = 200
# With fewer seconds left, no further page is begun: a call with its retries may take this long.
LEAST = 10.0
# Errors because of the picture itself: Textract would refuse the same picture again.
OF_THE_PICTURE = frozenset(
    ("BadDocumentException", "DocumentTooLargeException", "InvalidParameterException", "UnsupportedDocumentException")
)


def reading(text_field: str, scans: str | None, left: Callable[[], float]) -> Reading:
    """How a function reads files. With `scans` it recognises text, as long as `left` returns enough seconds."""
    if scans is None:
        return Reading(text_field)
    return Reading(text_field, recognize=functools.partial(recognized, left=left), most_scans=MOST_SCANS)


def recognized(pictures: Sequence[bytes], left: Callable[[], float], client: Any = None) -> list[Recognized]:
    """The text of each picture. Raises Unrecognized."""
    recognize = functools.partial(_recognized_picture, client or textract(), left)
    with ThreadPoolExecutor(TOGETHER) as pool:
        return list(pool.map(recognize, pictures))


def _recognized_picture(client: Any, left: Callable[[], float], picture: bytes) -> Recognized:
    from botocore.exceptions import BotoCoreError, ClientError

    if left() < LEAST:
        raise Unrecognized("The time of the call ended before the text of all scanned pages was recognised.")
    try:
        answer = client.detect_document_text(Document={"Bytes": picture})
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in OF_THE_PICTURE:
            return Recognized(reason=f"cannot be read by Amazon Textract ({code})")
        raise Unrecognized(f"Amazon Textract did not recognise the text of a scanned page: {code}.") from None
    except BotoCoreError as error:
        said = type(error).__name__
        raise Unrecognized(f"Amazon Textract could not be reached for the text of a scanned page: {said}.") from None
    lines = [block for block in answer["Blocks"] if block["BlockType"] == "LINE"]
    return certain([(line["Text"], line["Confidence"] / 100) for line in lines])


@functools.cache
def textract() -> Any:
    """The client of Amazon Textract, created at its first use."""
    import boto3
    from botocore.config import Config

    retries: Any = {"total_max_attempts": 5, "mode": "standard"}
    return boto3.client("textract", config=Config(connect_timeout=5, read_timeout=30, retries=retries))
