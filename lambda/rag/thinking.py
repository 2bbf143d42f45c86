"""Answers without the model's reasoning, in pieces as they arrive."""

from collections.abc import Iterable, Iterator

from rag.failures import Broken

_OPEN, _CLOSE = "<think>", "</think>"


def spoken(deltas: Iterable[str], opened: bool = False) -> Iterator[str]:
    """The pieces for the reader, without text between `<think>` and `</think>` or white space at the beginning.

    `opened` is True if the prompt has already opened the reasoning. If a piece ends within a tag, that part waits until
    the tag is complete. Raises `Broken` when nothing is left for the reader, for example because all tokens were used
    for reasoning.
    """
    thinking, said, held = opened, False, ""
    for delta in deltas:
        held += delta
        text, held, thinking = _parted(held, thinking)
        text = text if said else text.lstrip()
        if text:
            said = True
            yield text
    rest = "" if thinking else held if said else held.lstrip()
    if rest:
        yield rest
    elif not said:
        raise Broken(
            "The answer model used all of its tokens for reasoning and gave no answer. Raise answer.max_tokens."
        )


def _parted(text: str, thinking: bool) -> tuple[str, str, bool]:
    """The part of `text` for the reader, the part that must wait, and whether the text ends within reasoning."""
    shown = ""
    while True:
        # A closing tag without an opening one ends reasoning that the prompt opened; tags are never shown.
        places = [(text.find(tag), tag) for tag in ((_CLOSE,) if thinking else (_OPEN, _CLOSE)) if tag in text]
        if not places:
            break
        place, tag = min(places)
        shown += "" if thinking else text[:place]
        text, thinking = text[place + len(tag) :], tag == _OPEN
    waiting = max(_begun(text, tag) for tag in (_OPEN, _CLOSE))
    kept = text[len(text) - waiting :]
    return shown + ("" if thinking else text[: len(text) - waiting]), kept, thinking


def _begun(text: str, tag: str) -> int:
    """The number of characters at the end of `text` that may be the beginning of `tag`."""
    return next((size for size in range(min(len(tag) - 1, len(text)), 0, -1) if text.endswith(tag[:size])), 0)
