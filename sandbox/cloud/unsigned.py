"""Unsigned requests to S3: Amazon neither lists nor makes buckets for them.

MiniStack 1.5.33 refuses unsigned requests for an existing bucket and its objects, but not those that list or make
buckets. Amazon redirects `GET /` to its product page, and answers the creation of a bucket with AccessDenied.
"""

import uuid
from typing import Any

from ministack.core.router import extract_access_key_id
from ministack.services import s3

PRODUCT_PAGE = "https://aws.amazon.com/s3/"
REFUSED = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    "<Error><Code>AccessDenied</Code><Message>Access Denied</Message><RequestId>{id}</RequestId></Error>"
)


def install() -> None:
    """Wraps MiniStack's S3; once per process."""
    handle = s3.handle_request

    async def handle_request(
        method: str,
        path: str,
        headers: dict[str, str],
        body: bytes,
        query_params: dict[str, Any],
        *more: Any,
        **named: Any,
    ) -> Any:
        signed = extract_access_key_id(headers, query_params) or headers.get("authorization") or named.get("internal")
        whole = path.strip("/")
        if not signed and method in ("GET", "HEAD") and not whole:
            return 307, {"Location": PRODUCT_PAGE}, b""
        if not signed and method == "PUT" and whole and "/" not in whole:
            return 403, {"Content-Type": "application/xml"}, REFUSED.format(id=uuid.uuid4().hex[:16].upper()).encode()
        return await handle(method, path, headers, body, query_params, *more, **named)

    s3.handle_request = handle_request
