"""HTTP/1.1 on the file of a socket: reads one request and writes one answer."""

from __future__ import annotations

from http import HTTPStatus
from typing import BinaryIO

from sandbox.front.refusal import BodyTooLarge, MalformedRequest
from sandbox.front.request import HOP_BY_HOP, FrontRequest, FrontResponse

# The engine's limit (`http.max_content_length`). Larger instances on Amazon have the same limit.
LARGEST_BODY = 100 * 1024 * 1024
_LONGEST_LINE = 64 * 1024
_MOST_HEADERS = 200


def read_request(source: BinaryIO, sink: BinaryIO) -> FrontRequest | None:
    """The next request, or None if the client has closed the connection.

    If the client waits for `100 Continue` before it sends a body, writes that to `sink`. Raises `MalformedRequest` or
    `BodyTooLarge`.
    """
    line = source.readline(_LONGEST_LINE + 1)
    if line in (b"\r\n", b"\n"):
        line = source.readline(_LONGEST_LINE + 1)
    if not line:
        return None
    parts = _text(line).split(" ")
    if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
        raise MalformedRequest("The request line is not of HTTP/1.1.")
    method, target, _ = parts
    if not target.startswith("/"):
        raise MalformedRequest(f"The request target must begin with a slash; got '{target[:100]}'.")
    head = FrontRequest(method.upper(), target, _read_headers(source))
    return head.with_body(_read_body(head, source, sink))


def keeps_alive(request: FrontRequest) -> bool:
    """Whether the client may send another request on the same connection."""
    return (request.header("connection") or "").lower() != "close"


def write_answer(sink: BinaryIO, answer: FrontResponse, *, head: bool = False, close: bool = False) -> None:
    """Write the head and the body at once: with two writes, the second would wait for the first's acknowledgement.

    `head` is True for the answer to a HEAD, which has no body. `close` adds `Connection: close`.
    """
    phrase = HTTPStatus(answer.status).phrase if answer.status in HTTPStatus._value2member_map_ else ""
    lines = [f"HTTP/1.1 {answer.status} {phrase}"]
    lines += [f"{name}: {value}" for name, value in answer.headers if name.lower() not in HOP_BY_HOP]
    if answer.status >= 200 and answer.status not in (204, 304):
        length = answer.length if head and answer.length is not None else len(answer.body)
        lines.append(f"Content-Length: {length}")
    if close:
        lines.append("Connection: close")
    sink.write("\r\n".join([*lines, "", ""]).encode("latin-1") + (b"" if head else answer.body))
    sink.flush()


def _read_headers(source: BinaryIO) -> tuple[tuple[str, str], ...]:
    headers: list[tuple[str, str]] = []
    while True:
        line = source.readline(_LONGEST_LINE + 1)
        if line in (b"\r\n", b"\n"):
            return tuple(headers)
        name, colon, value = _text(line).partition(":")
        # The engine may parse a folded line, or a space before the colon, differently. So both are refused.
        if not colon or not name or name != name.strip() or len(headers) == _MOST_HEADERS:
            raise MalformedRequest("A header line cannot be read.")
        headers.append((name, value.strip()))


def _read_body(head: FrontRequest, source: BinaryIO, sink: BinaryIO) -> bytes:
    encoding, length = head.header("transfer-encoding"), head.header("content-length")
    if encoding is not None and (length is not None or encoding.lower() != "chunked"):
        raise MalformedRequest("A body is either chunked or has a Content-Length.")
    if length is not None and not (length.isascii() and length.isdecimal()):
        raise MalformedRequest("The Content-Length is not one number.")
    if length is not None and int(length) > LARGEST_BODY:
        raise BodyTooLarge(f"The body has {length} bytes; the largest is {LARGEST_BODY}.")
    if (head.header("expect") or "").lower() == "100-continue":
        sink.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        sink.flush()
    if encoding is not None:
        return _read_chunks(source)
    return _exactly(source, int(length)) if length is not None else b""


def _read_chunks(source: BinaryIO) -> bytes:
    body = bytearray()
    while True:
        size_text = _text(source.readline(_LONGEST_LINE + 1)).partition(";")[0].strip()
        try:
            size = int(size_text, 16)
        except ValueError:
            raise MalformedRequest("A chunk's size cannot be read.") from None
        if size < 0 or len(body) + size > LARGEST_BODY:
            raise BodyTooLarge(f"The body exceeds {LARGEST_BODY} bytes.")
        if size == 0:
            break
        body += _exactly(source, size)
        if source.readline(_LONGEST_LINE) not in (b"\r\n", b"\n"):
            raise MalformedRequest("A chunk does not end where its size says.")
    _read_headers(source)
    return bytes(body)


def _exactly(source: BinaryIO, size: int) -> bytes:
    data = source.read(size)
    if len(data) != size:
        raise MalformedRequest("The connection ended before the body did.")
    return data


def _text(line: bytes) -> str:
    if not line.endswith(b"\n"):
        raise MalformedRequest("A line is too long, or the connection ended within it.")
    return line.decode("latin-1").rstrip("\r\n")
