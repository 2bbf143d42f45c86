"""Subtitles (vtt, srt): the spoken text, without its times."""

import re
from collections.abc import Iterator
from html import unescape
from typing import BinaryIO

from corpus.formats import Reading, Row, whole
from corpus.formats.encoding import decoded
from corpus.formats.outline import Outline
from corpus.formats.plain import document_row

_TIMES = re.compile(r"\s*(?:\d+:)?\d+:\d\d[.,]\d{1,3}\s*-->")
_VOICE = re.compile(r"<v(?:\.[^\s>]{0,100})?\s+([^>]{1,200})>")
_TAG = re.compile(r"</?[a-z0-9.:_-]{1,50}(?:\s[^<>]{0,200})?>", re.IGNORECASE)
# Blocks of WebVTT that are not shown.
_UNSEEN = ("STYLE", "REGION")


def rows(file: BinaryIO, name: str, reading: Reading) -> Iterator[Row]:
    """One row; the speaker's name comes before the words."""
    content = whole(file)
    outline = Outline()
    for block in re.split(r"\n{2,}", decoded(content).replace("\r\n", "\n").replace("\r", "\n").strip("\n")):
        lines = block.split("\n")
        timed = next((number for number, line in enumerate(lines) if _TIMES.match(line)), None)
        if timed is not None:
            lines = lines[timed + 1 :]
        elif lines[0].startswith("WEBVTT"):
            lines = [lines[0].removeprefix("WEBVTT").strip(" \t-"), *lines[1:]]
        elif lines[0].startswith(_UNSEEN):
            continue
        said = _TAG.sub("", _VOICE.sub(r"\1: ", "\n".join(lines)))
        outline.block(unescape(said).strip(), "\n")
    yield document_row(name, reading, outline)
