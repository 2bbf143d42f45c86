"""Flowed text of messages (RFC 3676): a line that ends with a space goes on in the next one."""

_SIGNATURE = "-- "


def unflowed(text: str, *, joins_words: bool) -> str:
    """The text with its paragraphs as lines, at each depth of quotation; with `joins_words`, spaces at ends go."""
    said: list[str] = []
    # The depth of the paragraph that goes on; None if none does.
    flowing: int | None = None
    for line in text.split("\n"):
        words = line.lstrip(">")
        depth = len(line) - len(words)
        words = words.removeprefix(" ")
        is_signature = words == _SIGNATURE
        if depth != flowing or is_signature:
            said += ["\n" if said else "", ">" * depth, " " if depth and words else ""]
        flowing = depth if words.endswith(" ") and not is_signature else None
        said.append(words[:-1] if joins_words and flowing is not None else words)
    return "".join(said)
