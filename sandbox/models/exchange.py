"""One call to a provider and the reply to it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True)
class Call:
    """A request: the provider's original host, its path still percent-encoded, headers by lower-case name."""

    host: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    method: str = "POST"

    def region(self) -> str:
        """Return the region in an AWS host name: `runtime.sagemaker.<region>.amazonaws.com`."""
        return self.host.split(".")[-3]


@dataclass(frozen=True)
class ModelResponse:
    """A response; an iterator as body is sent in chunks. `batch` counts the texts that were embedded."""

    status: int
    body: bytes | Iterator[bytes]
    headers: dict[str, str] = field(default_factory=dict)
    batch: int | None = None


class ModelApi(Protocol):
    """What the server asks of all providers alike."""

    def answer(self, call: Call) -> ModelResponse:
        """Answer a request, errors included, in the provider's own shapes."""

    def throttled(self) -> ModelResponse:
        """The provider's answer to a caller that is too fast."""

    def failed(self, status: int) -> ModelResponse:
        """The provider's answer when it fails itself, with the HTTP status asked for."""


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
    """Return the body as JSON; raises `ValueError` with the parser's words, also for `NaN`."""
    return json.loads(body.decode("utf-8"), parse_constant=_no_constant)


def is_number(value: Any) -> bool:
    """Whether a JSON value is a number: Python counts `true` as one."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_whole(value: Any) -> bool:
    """Whether a JSON value is an integer."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_strings(value: Any) -> bool:
    """Whether a JSON value is a list of strings."""
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON value")
