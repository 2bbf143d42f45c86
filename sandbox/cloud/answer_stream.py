"""Passes the pieces of one answer from the thread that receives them to the event loop that sends them."""

import asyncio
import contextlib
import contextvars
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

Result = TypeVar("Result")
SEPARATOR = b"\0" * 8
# API Gateway and function URLs look for the separator in this many bytes.
LONGEST_PRELUDE = 16 * 1024


@dataclass(frozen=True)
class Prelude:
    """The status and the headers that precede a streamed body, and the body's first bytes."""

    status: int
    headers: dict[str, Any]
    body: bytes


class AnswerStream:
    """A queue without a limit: pieces wait here for a slow client, and the function never waits."""

    def __init__(self) -> None:
        """Must be called on the event loop that reads the pieces."""
        self._loop = asyncio.get_running_loop()
        self._queue: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.whole = False

    def put(self, piece: bytes) -> None:
        """Add a piece, from any thread; it is dropped if nobody reads any more."""
        with contextlib.suppress(RuntimeError):  # the loop is closed
            self._loop.call_soon_threadsafe(self._queue.put_nowait, piece)

    def complete(self) -> None:
        """Note, from any thread, that the answer is complete. Its function may still run."""
        self.whole = True
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self.end)

    def end(self) -> None:
        """Note on the event loop that no piece follows."""
        self._queue.put_nowait(None)

    async def pieces(self) -> AsyncIterator[bytes]:
        while (piece := await self._queue.get()) is not None:
            yield piece


# Set while a client listens: an execution environment passes the pieces on as they arrive.
listening: contextvars.ContextVar[AnswerStream | None] = contextvars.ContextVar("listening", default=None)


def begun(call: Callable[[], Awaitable[Result]]) -> "tuple[AnswerStream, asyncio.Task[Result]]":
    """Start the call of a function; returns its answer and the call, which continues without the client."""
    stream = AnswerStream()
    context = contextvars.copy_context()
    context.run(listening.set, stream)

    async def called() -> Result:
        try:
            return await call()
        finally:
            stream.end()

    return stream, asyncio.get_running_loop().create_task(called(), context=context)


async def read_prelude(pieces: AsyncIterator[bytes]) -> Prelude | None:
    """The prelude; None if the answer does not begin with one. Reads no piece after it."""
    heard = b""
    async for piece in pieces:
        heard += piece
        metadata, separator, rest = heard.partition(SEPARATOR)
        if separator:
            return _prelude(metadata, rest)
        if len(heard) > LONGEST_PRELUDE:
            return None
    return None


def _prelude(metadata: bytes, rest: bytes) -> Prelude | None:
    try:
        given = json.loads(metadata)
        status = int(given.get("statusCode", 200))
    except (ValueError, AttributeError, TypeError):
        return None
    headers: dict[str, Any] = {str(name): str(value) for name, value in (given.get("headers") or {}).items()}
    many = {str(name): [str(value) for value in values] for name, values in _listed(given).items()}
    folded = {name.lower() for name in many}
    return Prelude(status, {k: v for k, v in headers.items() if k.lower() not in folded} | many, rest)


def _listed(given: dict[str, Any]) -> dict[str, list[Any]]:
    many = dict(given.get("multiValueHeaders") or {})
    return many | ({"Set-Cookie": given["cookies"]} if given.get("cookies") else {})
