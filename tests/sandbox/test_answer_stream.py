"""Pieces on their way from a thread to the event loop, and the prelude in front of them."""

import asyncio
import threading
from collections.abc import AsyncIterator

import pytest

from sandbox.cloud.answer_stream import LONGEST_PRELUDE, Prelude, begun, listening, read_prelude

END = b"\0" * 8


async def given(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


def prelude(*pieces: bytes) -> Prelude | None:
    return asyncio.run(read_prelude(given(*pieces)))


def test_status_headers_and_the_first_bytes() -> None:
    assert prelude(b'{"statusCode": 201, "headers": {"A": 1}}' + END + b"rest") == Prelude(201, {"A": "1"}, b"rest")


def test_prelude_in_pieces_of_one_byte() -> None:
    whole = b'{"headers": {"A": "b"}}' + END
    assert prelude(*(whole[at : at + 1] for at in range(len(whole)))) == Prelude(200, {"A": "b"}, b"")


def test_headers_with_several_values() -> None:
    opening = prelude(
        b'{"headers": {"x-a": "0", "B": "1"}, "multiValueHeaders": {"X-A": ["1", "2"]}, "cookies": ["c=1", "d=2"]}'
        + END
    )
    assert opening is not None
    assert opening.headers == {"B": "1", "X-A": ["1", "2"], "Set-Cookie": ["c=1", "d=2"]}


@pytest.mark.parametrize(
    "pieces",
    [
        (),
        (b"no prelude",),
        (b"no json" + END,),
        (b"[1]" + END,),
        (b'{"statusCode": "x"}' + END,),
        (b'{"statusCode": 200}', b" " * LONGEST_PRELUDE, END),
    ],
)
def test_answer_without_a_prelude(pieces: tuple[bytes, ...]) -> None:
    assert prelude(*pieces) is None


def test_pieces_of_a_thread_come_before_the_end_of_its_call() -> None:
    async def run() -> tuple[list[bytes], str]:
        async def call() -> str:
            stream = listening.get()
            assert stream is not None
            heard_by = stream

            def speak() -> None:
                for number in range(100):
                    heard_by.put(bytes([number]))

            thread = threading.Thread(target=speak)
            thread.start()
            await asyncio.to_thread(thread.join)
            return "done"

        stream, running = begun(call)
        assert listening.get() is None, "only the call itself is listened to"
        return [piece async for piece in stream.pieces()], await running

    assert asyncio.run(run()) == ([bytes([n]) for n in range(100)], "done")


def test_failed_call_ends_its_pieces() -> None:
    async def run() -> list[bytes]:
        async def call() -> None:
            raise LookupError

        stream, running = begun(call)
        heard = [piece async for piece in stream.pieces()]
        with pytest.raises(LookupError):
            await running
        return heard

    assert asyncio.run(run()) == []


def test_piece_for_a_loop_that_is_closed_is_dropped() -> None:
    async def opened() -> object:
        async def call() -> object:
            return listening.get()

        _, running = begun(call)
        return await running

    stream = asyncio.run(opened())
    stream.put(b"late")  # type: ignore[attr-defined]
    assert stream is not None
