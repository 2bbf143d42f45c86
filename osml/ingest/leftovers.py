"""Obsolete chunks in the index of an environment, which a load removes. All requests are the operator's."""

from collections.abc import Mapping
from typing import Any

from corpus import leftovers as corpus_leftovers
from corpus.bulk import CONTENT_TYPE
from corpus.destination import Stopped
from osml.failure import Failure
from osml.remote.domain import Domain


def leftovers(domain: Domain, index: str) -> corpus_leftovers.Leftovers:
    """The leftover chunks in the alias `index` of a domain. Its requests raise Stopped when the domain fails."""

    def ask(path: str, parameters: Mapping[str, str], body: str) -> Any:
        kind = CONTENT_TYPE if path.endswith("_bulk") else "application/json"
        options = {"data": body, "headers": {"content-type": kind}} if body else {}
        try:
            return domain.patiently("POST", path, params=dict(parameters), **options)
        except Failure as failure:
            raise Stopped(str(failure)) from None

    return corpus_leftovers.Leftovers(ask, index)
