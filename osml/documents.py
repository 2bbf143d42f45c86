"""Documents on their way to a domain: the `_bulk` API, asked as the operator role."""

from corpus.bulk import CONTENT_TYPE, PATH, Bulk, Reply
from corpus.destination import Busy, Stopped
from mlcommons.translation import redacted
from osml.domain import Disconnected, Domain
from osml.failure import Failure


def bulk(domain: Domain, index: str) -> Bulk:
    """Where documents for the alias `index` go; for one thread, as a Domain is."""

    def send(body: bytes) -> Reply:
        try:
            answer = domain.request("POST", PATH, data=body, headers={"content-type": CONTENT_TYPE})
        except Disconnected as error:
            raise Busy(str(error), unsure=True) from None
        except Failure as error:
            raise Stopped(str(error)) from None
        return Reply(
            answer.status_code, {name.lower(): value for name, value in answer.headers.items()}, answer.content
        )

    return Bulk(send, index, redacted)
