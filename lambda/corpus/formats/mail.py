"""Messages (eml): sender, recipients, date, text and attachments."""

import email
import email.policy
from collections.abc import Iterator
from email.message import EmailMessage, MIMEPart
from typing import BinaryIO, cast

from corpus.formats import LARGEST, Reading, Row
from corpus.formats.outline import Outline
from corpus.formats.page import read_into
from corpus.formats.plain import document_row

HEADERS = ("Subject", "From", "To", "Cc", "Date")
# With attachments, in Base64; each attachment has its own limits.
LARGEST_MESSAGE = 8 * LARGEST


def rows(file: BinaryIO, name: str, reading: Reading) -> Iterator[Row]:
    """One row for the message; then each attachment is read like a separate file."""
    content = file.read(LARGEST_MESSAGE + 1)
    if len(content) > LARGEST_MESSAGE:
        yield Row(name, reason=f"has more than {LARGEST_MESSAGE >> 20} MiB, too much for one message")
        return
    message = email.message_from_bytes(content, policy=email.policy.default)
    if not message.keys():
        yield Row(name, reason="is no message: it has no headers")
        return
    outline = Outline()
    for header in HEADERS:
        if message[header]:
            outline.block(f"{header}: {message[header]}", "\n")
    body = message.get_body(("html", "plain"))
    if body is not None:
        said = _said(body)
        if body.get_content_type() == "text/html":
            read_into(outline, said)
        else:
            outline.block(said)
    yield document_row(name, reading, outline, str(message["Subject"] or "") or None)
    for number, attached in enumerate(_attached(message), 1):
        called = attached.get_filename() or f"attachment {number}"
        yield from _rows(attached, f"{name}/{called}", reading)


def _attached(message: EmailMessage) -> Iterator[EmailMessage]:
    """The attachments, without pictures that the message itself shows."""
    for part in message.iter_attachments():
        if part.get_content_maintype() != "image" or part.get_content_disposition() == "attachment":
            yield part


def _rows(attached: EmailMessage, name: str, reading: Reading) -> Iterator[Row]:
    from corpus.source import rows as read_rows

    content = attached.get_content() if attached.get_content_type() != "message/rfc822" else None
    if content is None:
        name = name if name.lower().endswith(".eml") else f"{name}.eml"
        content = bytes(attached.get_content())
    yield from read_rows(content if isinstance(content, bytes) else str(content).encode(), name, reading)


def _said(part: MIMEPart) -> str:
    try:
        return str(part.get_content())
    except (LookupError, UnicodeError):
        # An unknown encoding.
        return cast(bytes, part.get_payload(decode=True)).decode(errors="replace")
