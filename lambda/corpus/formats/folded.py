"""Calendars and address cards (ics, vcf): their lines are folded, within words too, and have escaped characters."""

import quopri
import re
from collections.abc import Iterator
from typing import BinaryIO

from corpus.formats import Reading, Row, whole
from corpus.formats.encoding import decoded
from corpus.formats.plain import document_row

_FOLD = re.compile(r"\r?\n[ \t]")
_ESCAPED = re.compile(r"\\([nN,;:\\])")
# vCard 2.1 has its own way to write other characters, and to fold their lines.
_QUOTED = re.compile(r"^([^:\n]{0,200};ENCODING=QUOTED-PRINTABLE[^:\n]{0,200}:)((?:[^\n]*=\r?\n)*[^\n]*)", re.I | re.M)


def rows(file: BinaryIO, name: str, reading: Reading) -> Iterator[Row]:
    """One row: the lines as they were before they were folded."""
    text = _QUOTED.sub(_unquoted, decoded(whole(file)))
    yield document_row(name, reading, _ESCAPED.sub(_character, _FOLD.sub("", text)))


def _unquoted(line: re.Match[str]) -> str:
    return line[1] + decoded(quopri.decodestring(line[2].encode())).replace("\r\n", "\n")


def _character(escaped: re.Match[str]) -> str:
    return "\n" if escaped[1] in "nN" else escaped[1]
