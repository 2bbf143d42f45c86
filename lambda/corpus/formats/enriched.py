"""Enriched text of messages: text/enriched (RFC 1896), and the older text/richtext (RFC 1341)."""

import re

ENRICHED = ("text/enriched", "text/richtext")
_PIECE = re.compile(r"<<|</?[A-Za-z0-9-]{1,60}>|\n+")
# Elements whose content is not shown.
_UNSEEN = ("param", "comment")
_SHOWN = {"<<": "<", "<lt>": "<", "<nl>": "\n", "<np>": "\n\n"}


def plain(text: str) -> str:
    """The text without its commands. A single line end is a space, and n line ends are n - 1."""
    said: list[str] = []
    unseen = unfilled = at = 0
    for piece in _PIECE.finditer(text):
        command = piece[0].lower()
        if not unseen:
            said += [text[at : piece.start()], _SHOWN.get(command, "")]
        at = piece.end()
        name, depth = command.strip("</>"), -1 if command.startswith("</") else 1
        if command.startswith("\n") and not unseen:
            said.append(command if unfilled else command[1:] or " ")
        elif name in _UNSEEN:
            unseen = max(0, unseen + depth)
        elif name == "nofill":
            unfilled = max(0, unfilled + depth)
    return "".join([*said, "" if unseen else text[at:]])
