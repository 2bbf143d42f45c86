"""Messages (eml): sender, recipients, date, text and attachments."""

import binascii
import codecs
import email
import email.policy
import quopri
import re
from collections.abc import Iterator
from contextlib import suppress
from email.message import EmailMessage, Message, MIMEPart
from typing import BinaryIO, cast

from corpus.formats import LARGEST, Reading, Row, outlook
from corpus.formats.encoding import MEANT, codec_of
from corpus.formats.enriched import ENRICHED, plain
from corpus.formats.flowed import unflowed
from corpus.formats.outline import Outline
from corpus.formats.page import decoded, read_into
from corpus.formats.plain import document_row

HEADERS = ("Subject", "From", "To", "Cc", "Date")
_LONGEST_HEADER = 10_000
# A program may have added spaces after the `=` of a soft line end (RFC 2045, 6.7).
_PADDED = re.compile(rb"=[ \t]{1,998}\r?\n")
# The parameters that say where a body outside the message is.
_OUTSIDE = ("url", "site", "directory", "name", "server")
# Reports about the delivery of another message, in the form of headers.
_REPORTS = ("message/delivery-status", "message/disposition-notification", "text/rfc822-headers")
# Signatures and keys have no meaning for a reader.
_UNREAD = (
    "application/pkcs7-signature",
    "application/x-pkcs7-signature",
    "application/pgp-signature",
    "application/pgp-keys",
)
# This includes the attachments, in Base64; each attachment has its own limits.
LARGEST_MESSAGE = 8 * LARGEST


def rows(file: BinaryIO, name: str, reading: Reading) -> Iterator[Row]:
    """One row for the message; then each attachment is read like a separate file."""
    content = file.read(LARGEST_MESSAGE + 1)
    if len(content) > LARGEST_MESSAGE:
        yield Row(name, reason=f"has more than {LARGEST_MESSAGE >> 20} MiB, which is too large for one message")
        return
    content = content.removeprefix(codecs.BOM_UTF8).lstrip(b"\r\n")
    message = email.message_from_bytes(content, policy=email.policy.default)
    if not message.keys():
        yield Row(name, reason="is not a message: it has no headers")
        return
    outline = Outline()
    for header in HEADERS:
        if said := _header(message, header):
            outline.block(f"{header}: {said}", "\n")
    headers = len(outline)
    for part in _shown(message):
        said = text_of(part)
        if part.get_content_type() == "text/html":
            read_into(outline, said)
        else:
            outline.block(said)
    yield document_row(name, reading, outline, _header(message, "Subject") or None)
    has_text = len(outline) > headers
    for number, attached in enumerate(_attached(message), 1):
        called = attached.get_filename() or f"attachment {number}"
        yield from _rows(attached, f"{name}/{called}", reading, has_text=has_text)


def _header(message: Message, name: str) -> str:
    """The value of a header; as it is if Python cannot parse it, or would need quadratic time for its length."""
    raw = next((str(value) for key, value in message.raw_items() if key.lower() == name.lower()), "")
    if not raw.isascii():
        # Characters that no standard allows, which Python replaces; older programs write them in any encoding.
        return " ".join(decoded(raw.encode(errors="surrogateescape")).split())
    try:
        return str(message[name] or "") if len(raw) <= _LONGEST_HEADER else " ".join(raw.split())
    except Exception:  # noqa: BLE001 - the parser fails in many ways, such as at nested brackets
        return " ".join(raw.split())


def _shown(message: MIMEPart) -> Iterator[MIMEPart]:
    """The texts that the message itself shows, in order; of alternatives, the HTML, or else the plain text."""
    if message.get_content_type() == "multipart/alternative":
        bodies = (message.get_body((kind,)) for kind in ("html", "plain"))
        parts = [body for body in bodies if body is not None and _says(body)][:1]
        parts = parts or [part for part in message.iter_parts() if part.get_content_type() in ENRICHED][:1]
    elif message.is_multipart() and message.get_content_maintype() == "multipart":
        parts = [shown for part in message.iter_parts() for shown in _shown(part)]
    else:
        parts = [message] if _is_text(message) else []
    yield from parts


def _is_text(part: MIMEPart) -> bool:
    is_apart = part.get_content_disposition() == "attachment" or part.get_filename()
    if part.get_content_maintype() == "multipart":
        # Its parts lack the separator that the headers name, so it is one text.
        return not part.is_multipart()
    return not is_apart and part.get_content_type() in ("text/plain", "text/html", *ENRICHED, *_REPORTS)


def _says(part: MIMEPart) -> bool:
    outline = Outline()
    if part.get_content_type() == "text/html":
        read_into(outline, text_of(part))
        return len(outline) > 0
    return bool(text_of(part).strip())


def _attached(message: MIMEPart) -> Iterator[EmailMessage]:
    """The attachments, except signatures and pictures that the message itself shows."""
    if message.get_content_maintype() != "multipart":
        # The whole message is one file.
        yield from () if _is_text(message) else (cast(EmailMessage, message),)
        return
    is_alternative = message.get_content_type() == "multipart/alternative"
    for part in message.iter_parts():
        kind = part.get_content_type()
        if part.get_content_maintype() == "multipart":
            yield from _attached(part)
        elif _is_text(part) or kind in _UNREAD or (is_alternative and part.get_content_disposition() != "attachment"):
            continue
        elif part.get_content_maintype() != "image" or part.get_content_disposition() == "attachment":
            yield cast(EmailMessage, part)


def _rows(attached: EmailMessage, name: str, reading: Reading, *, has_text: bool) -> Iterator[Row]:
    from corpus.source import rows as read_rows

    kind = attached.get_content_type()
    if kind == "message/external-body":
        where = ", ".join(filter(None, (_parameter(attached, name) for name in _OUTSIDE)))
        yield Row(name, reason=f"is not in the message, but outside it ({where or 'the message does not say where'})")
        return
    content: str | bytes
    if attached.get_content_maintype() == "text":
        content = text_of(attached)
    elif attached.get_content_maintype() == "message":
        name = name if name.lower().endswith(".eml") else f"{name}.eml"
        content = _forwarded(attached)
    else:
        content = attached.get_content()
    content = content if isinstance(content, bytes) else str(content).encode()
    packed = outlook.files(content, with_text=not has_text) if content.startswith(outlook.SIGNATURE) else []
    for file in packed:
        yield from read_rows(file.content, f"{name}/{file.name or 'attachment'}", reading)
    if not packed:
        yield from read_rows(content, name, reading)


def _forwarded(attached: EmailMessage) -> bytes:
    """The message within a message. Some programs encode it, although the standard forbids that."""
    content = bytes(attached.get_content())
    if (transfer := _transfer(attached)) not in ("base64", "quoted-printable"):
        return content
    try:
        return quopri.decodestring(content) if transfer == "quoted-printable" else binascii.a2b_base64(content)
    except binascii.Error:
        return content


def text_of(part: MIMEPart) -> str:
    """The text in the encoding that the part names; without one, it is decoded like a page."""
    if part.is_multipart():
        return "\n".join(str(headers).strip() for headers in part.iter_parts())
    content = _payload(part)
    charset = part.get_content_charset("us-ascii")
    codec = codec_of(charset) or "ascii"
    text = decoded(content) if codec == "ascii" else content.decode(MEANT.get(codec, codec), errors="replace")
    text = text.replace("\r\n", "\n")
    if part.get_content_type() in ENRICHED:
        return plain(text)
    if _parameter(part, "format").lower() != "flowed":
        return text
    return unflowed(text, joins_words=_parameter(part, "delsp").lower() == "yes")


def _payload(part: MIMEPart) -> bytes:
    if _transfer(part) == "quoted-printable":
        # Python decodes a text that is not ASCII here, and fails for some encodings.
        with suppress(UnicodeError, LookupError):
            content = str(part.get_payload())
            return quopri.decodestring(_PADDED.sub(b"=\n", content.encode("utf-8", "surrogateescape")))
    return cast(bytes, part.get_payload(decode=True) or b"")


def _transfer(part: MIMEPart) -> str:
    return str(part.get("Content-Transfer-Encoding", "")).strip().lower()


def _parameter(part: MIMEPart, name: str) -> str:
    return " ".join(str(part.get_param(name, "")).split())
