"""A slow embedding endpoint in its own process: `python -m benchmarks.slow_endpoint`.

`POST /embed` takes a JSON array of texts and answers with a vector for each, as the containers of Text Embeddings
Inference do. Each answer takes DELAY, however many calls there are at once.

After `POST /throttle/0.2` the endpoint answers every fifth call with 429. After `POST /throttle/0.2/amazon` this answer
also has the header of SageMaker and Bedrock, which tells a connector that it may try again (ml-commons 3.4). The
process prints its address, and ends when its standard input ends.
"""

import asyncio
import contextlib
import json
import random
import subprocess
import sys
from collections.abc import Iterator

DELAY = 0.05
# With longer vectors, two cores would spend most of the time on graphs of vectors, whichever way documents are loaded.
DIMENSION = 16
DISTINCT = 256
THROTTLED = 429


class Endpoint:
    """The endpoint. It creates its vectors only once, so their creation is not measured."""

    def __init__(self) -> None:
        numbers = random.Random(7)  # noqa: S311 - not cryptography
        self._vectors = [
            json.dumps([round(numbers.gauss(0, 0.05), 6) for _ in range(DIMENSION)]).encode() for _ in range(DISTINCT)
        ]
        self._next = 0
        self._share = self._carry = 0.0
        self._named = b""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the calls of one connection."""
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
                length = head.partition("content-length:")[2].split("\r\n", 1)[0]
                body = await reader.readexactly(int(length or 0))
                status, content = await self._answer(head.split(" ", 2)[1], body)
                writer.write(
                    b"HTTP/1.1 %d x\r\n%scontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
                    % (status, self._named if status == THROTTLED else b"", len(content))
                )
                writer.write(content)
                await writer.drain()
        writer.close()

    async def _answer(self, path: str, body: bytes) -> tuple[int, bytes]:
        if path.startswith("/throttle/"):
            share, _, whose = path.removeprefix("/throttle/").partition("/")
            self._share = float(share)
            self._named = b"x-amzn-errortype: ThrottlingException\r\n" if whose == "amazon" else b""
            return 200, b"{}"
        await asyncio.sleep(DELAY)
        self._carry += self._share
        if self._carry >= 1:
            self._carry -= 1
            return THROTTLED, b'{"message": "Rate exceeded"}'
        texts = len(json.loads(body))
        self._next += texts
        return 200, b"[" + b",".join(self._vectors[(self._next + place) % DISTINCT] for place in range(texts)) + b"]"


async def _main() -> None:
    server = await asyncio.start_server(Endpoint().serve, "127.0.0.1", 0, backlog=512)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    server.close()


@contextlib.contextmanager
def slow_endpoint() -> Iterator[str]:
    """Run the endpoint in its own process and yield its address."""
    command = [sys.executable, "-m", "benchmarks.slow_endpoint"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout  # noqa: S101 - for the type checker
        assert process.stdin  # noqa: S101
        yield process.stdout.readline().strip()
        process.stdin.close()


if __name__ == "__main__":
    asyncio.run(_main())
