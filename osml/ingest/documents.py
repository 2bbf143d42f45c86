"""Sends documents to a domain: the `_bulk` API, called as the operator role."""

from corpus.bulk import CONTENT_TYPE, PATH, Bulk, BulkResponse
from corpus.destination import Busy, Stopped
from osml.failure import Failure
from osml.remote.domain import Disconnected, Domain


def bulk(domain: Domain, index: str) -> Bulk:
    """The destination of documents for the alias `index`; use it in one thread only, like a Domain."""

    def send(body: bytes) -> BulkResponse:
        try:
            answer = domain.request("POST", PATH, data=body, headers={"content-type": CONTENT_TYPE})
        except Disconnected as error:
            raise Busy(str(error), unsure=True) from None
        except Failure as error:
            raise Stopped(str(error)) from None
        return BulkResponse(
            answer.status_code, {name.lower(): value for name, value in answer.headers.items()}, answer.content
        )

    return Bulk(send, index)
