"""Text that was written for a terminal: colors, titles of windows, and characters that are struck over others."""

import re

# CSI and OSC sequences (ECMA-48), such as \x1b[31m, and other ones of two characters.
_SEQUENCES = re.compile("\x1b(?:\\[[0-?]{0,50}[ -/]{0,5}[@-~]|\\][^\x07\x1b\n]{0,500}(?:\x07|\x1b\\\\)|[@-Z\\\\^_])")
# A program writes bold as a character, a backspace and the character again, and underlines with a line below it.
_STRUCK = re.compile("[^\x08\n]\x08")


def readable(text: str) -> str:
    """The text without what only a terminal understands, which would become a part of its words."""
    if "\x1b" in text:
        text = _SEQUENCES.sub("", text)
    return _STRUCK.sub("", text) if "\x08" in text else text
