"""A generated text: it is cut at a provider's token limit or stop sequences, and split into pieces for a stream."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sandbox.models.embedding import MiniLM

_WORDS_IN_A_PIECE = 8


@dataclass(frozen=True)
class GeneratedText:
    """A finished text. `reason` is `stop` or `length`; `tokens` is the number of MiniLM's word pieces."""

    text: str
    reason: str
    tokens: int


def finished(text: str, model: MiniLM, max_tokens: int | None, stop: Sequence[str] = ()) -> GeneratedText:
    """Cut `text` before its first stop sequence, then after `max_tokens` tokens (None for no limit)."""
    ends = [place for place in (text.find(mark) for mark in stop if mark) if place >= 0]
    text = text[: min(ends)] if ends else text
    cut = False
    if max_tokens is not None:
        text, cut = model.cut(text, max_tokens)
    return GeneratedText(text, "length" if cut else "stop", model.count_tokens(text))


def with_thinking(reasoning: str, text: str, opened: bool) -> str:
    """Return the text in DeepSeek-R1's form. `opened` is True if the prompt already ends in `<think>`."""
    return f"{'' if opened else '<think>'}\n{reasoning}\n</think>\n\n{text}"


def pieces(text: str) -> Iterator[str]:
    """The pieces of the text for a stream: a few words each, together the whole text."""
    words = re.findall(r"\s*\S+|\s+", text)
    for start in range(0, len(words), _WORDS_IN_A_PIECE):
        yield "".join(words[start : start + _WORDS_IN_A_PIECE])
