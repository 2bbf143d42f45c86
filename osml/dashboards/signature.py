"""Signature Version 4 of the caller on a request of `requests`."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from requests import PreparedRequest
from requests.auth import AuthBase

_SAFE = "-_.~"


class CallerSignature(AuthBase):
    """Signs with botocore's `credentials`, which may renew themselves.

    The signature covers the host and the body, but no other header of the request, because a proxy on the way may
    change those.
    """

    def __init__(self, credentials: Any, region: str, service: str = "es") -> None:
        self._credentials, self._region, self._service = credentials, region, service

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        signed = AWSRequest(request.method, request.url, data=request.body or b"")
        SigV4Auth(self._credentials.get_frozen_credentials(), self._service, self._region).add_auth(signed)
        request.headers.update(dict(signed.headers))
        return request


def canonical(target: str) -> str:
    """The path and query in the encoding for which a service checks the signature.

    The service decodes the query and encodes it again.
    """
    path, mark, query = target.partition("?")
    pairs = parse_qsl(query, keep_blank_values=True)
    return quote(path, safe="/%~:@!$&'()*+,;=-._") + mark + urlencode(pairs, quote_via=quote, safe=_SAFE)
