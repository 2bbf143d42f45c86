"""One call to a provider and the reply to it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True)
class Call:
    """A request: the provider's original host, the percent-encoded path, and the headers by lower-case name."""

    host: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    method: str = "POST"

    def region(self) -> str:
        """Return the region in an AWS host name, such as `runtime.sagemaker.<region>.amazonaws.com`."""
        return self.host.split(".")[-3]


@dataclass(frozen=True)
class ModelResponse:
    """A response. If the body is an iterator, it is sent in chunks. `batch` is the number of texts that it embeds."""

    status: int
    body: bytes | Iterator[bytes]
    headers: dict[str, str] = field(default_factory=dict)
    batch: int | None = None


class ModelApi(Protocol):
    """The interface of a provider to the server."""

    def answer(self, call: Call) -> ModelResponse:
        """Answer a request. Answers and errors have the provider's own form."""

    def throttled(self) -> ModelResponse:
        """The provider's answer to a caller that sends too many requests."""

    def failed(self, status: int) -> ModelResponse:
        """The provider's answer to its own failure, with the HTTP status `status`."""


def json_reply(
    status: int, body: Any, headers: dict[str, str] | None = None, batch: int | None = None
) -> ModelResponse:
    """Return a JSON reply; lone surrogates in strings become question marks."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return ModelResponse(
        status,
        text.encode("utf-8", "replace"),
        {"Content-Type": "application/json", **(headers or {})},
        batch,
    )


def json_body(body: bytes) -> Any:
    """Return the value of a JSON body. Raises `ValueError` with the parser's message, also for `NaN`."""
    return json.loads(body.decode("utf-8"), parse_constant=_no_constant)


def is_number(value: Any) -> bool:
    """Whether a JSON value is a number. In Python, a boolean is also an int, but it is not a number here."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_whole(value: Any) -> bool:
    """Whether a JSON value is an integer."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_strings(value: Any) -> bool:
    """Whether a JSON value is a list of strings."""
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON value")
