"""A text as a person or a model may read it: with one form of each letter, and without characters that nobody sees."""

import unicodedata

# General categories of Unicode: control and format characters, and marks on other characters.
_UNSEEN = ("Cc", "Cf", "Mn", "Me")
# NFKC keeps these: letters and a pattern without a form, and signs that look like a colon.
_ALIKE = {
    **dict.fromkeys(map(ord, "\u115f\u1160\u2800")),
    **dict.fromkeys(map(ord, "\u02d0\u0589\u05c3\u2236\ua789"), ":"),
}


def as_read(text: str) -> str:
    """The text without differences that a reader does not see; white space stays."""
    alike = unicodedata.normalize("NFKC", text).translate(_ALIKE)
    return "".join(c for c in alike if c.isspace() or unicodedata.category(c) not in _UNSEEN)
