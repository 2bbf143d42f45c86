"""Answers without what the model thought aloud, piece by piece as they come."""

from collections.abc import Iterable, Iterator

from assistant.failures import Broken

_OPEN, _CLOSE = "<think>", "</think>"


def spoken(deltas: Iterable[str], opened: bool = False) -> Iterator[str]:
    """The pieces that are for the reader: nothing between `<think>` and `</think>`, and no white space in front.

    `opened`: the prompt has opened the thinking already. A piece may end within a tag; that much is held back until
    the tag is whole. Raises `Broken` when the model never spoke, as one does that used all its tokens to think.
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
        raise Broken("The answer model used all of its tokens to think and said nothing: raise answer.max_tokens.")


def _parted(text: str, thinking: bool) -> tuple[str, str, bool]:
    """What of `text` is for the reader, what has to wait for more, and whether it ends within a thought."""
    shown = ""
    while True:
        # A closing tag outside a thought ends one that was opened out of sight; the tag itself is never shown.
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
    """How many characters at the end of `text` may be the beginning of `tag`."""
    return next((size for size in range(min(len(tag) - 1, len(text)), 0, -1) if text.endswith(tag[:size])), 0)
