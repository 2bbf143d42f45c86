"""Subtitles (vtt, srt): the spoken text, without its times."""

import re
from collections.abc import Iterator
from html import unescape
from typing import BinaryIO

from corpus.formats import Reading, Row, whole
from corpus.formats.encoding import decoded
from corpus.formats.outline import Outline
from corpus.formats.plain import document_row

_TIME = r"((?:\d{1,4}:)?\d{1,4}:\d\d[.,]\d{1,3})"
_TIMES = re.compile(rf"\s{{0,9}}{_TIME}\s{{0,9}}-->\s{{0,9}}{_TIME}?")
_VOICE = re.compile(r"<v(?:\.[^\s>]{0,100})?\s+([^>]{1,200})>")
_TAG = re.compile(r"</?[a-z0-9.:_-]{1,50}(?:\s[^<>]{0,200})?>", re.IGNORECASE)
# The place of a line on the screen, and the metadata of captions that a program has recognized.
_PLACE, _METADATA = re.compile(r"\{\\[^{}\n]{1,50}\}"), re.compile(r"(?:Kind|Language):")
# The lines that captions show again at the most; more would take quadratic time to compare.
_MOST_REPEATED = 10
# Blocks of WebVTT that are not shown.
_UNSEEN = ("STYLE", "REGION")


def rows(file: BinaryIO, name: str, reading: Reading) -> Iterator[Row]:
    """One row; the speaker's name comes before the words."""
    content = whole(file)
    outline = Outline()
    shown, until = list[str](), ""
    for block in re.split(r"\n{2,}", decoded(content).replace("\r\n", "\n").replace("\r", "\n").strip("\n")):
        lines = block.split("\n")
        times = [(number, match) for number, line in enumerate(lines) if (match := _TIMES.match(line))]
        if not times:
            _say(outline, [] if lines[0].startswith(_UNSEEN) else _untimed(lines))
            continue
        for (begin, match), end in zip(times, [*(at for at, _ in times[1:]), len(lines)], strict=True):
            # Without an empty line, the number of the next line of speech comes before its times.
            end -= end < len(lines) and lines[end - 1].strip().isdigit() and end - 1 > begin
            said = _plain(lines[begin + 1 : end])
            repeated = _repeated(shown, said) if match[1] == until else 0
            _say(outline, said[repeated:])
            shown, until = said, match[2]
    yield document_row(name, reading, outline)


def _untimed(lines: list[str]) -> list[str]:
    """A block without times: a note, or the title."""
    if lines[0].startswith("WEBVTT"):
        lines = [
            lines[0].removeprefix("WEBVTT").strip(" \t-"),
            *(each for each in lines[1:] if not _METADATA.match(each)),
        ]
    return _plain(lines)


def _plain(lines: list[str]) -> list[str]:
    said = _TAG.sub("", _VOICE.sub(r"\1: ", _PLACE.sub("", "\n".join(lines))))
    return [line.strip() for line in unescape(said).split("\n") if line.strip()]


def _repeated(before: list[str], said: list[str]) -> int:
    """How many lines are shown again: captions that roll begin with the last lines that were shown."""
    longest = min(len(before), len(said), _MOST_REPEATED)
    return next((count for count in range(longest, 0, -1) if before[-count:] == said[:count]), 0)


def _say(outline: Outline, lines: list[str]) -> None:
    outline.block("\n".join(lines), "\n")
