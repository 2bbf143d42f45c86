"""Makes text of documents, questions and earlier turns harmless for a prompt.

Such text may contain control tokens of the model, or lines that look like another part of the prompt. A control token
gets a space after its first character. A line that looks like another part gets `> ` at its beginning. All other text
stays as it is.
"""

import re
from collections.abc import Sequence
from functools import cache

from calls.as_read import as_read

_PARTS = (
    r"(?:search result|document|passage)[\W_]*\d+|question|answer|user|assistant|system|human|ai|developer|"
    "instructions?"
)
_DECORATION = re.compile(r"[\W\d_]*")
_PART = re.compile(rf"(?:{_PARTS})[\W_]{{0,8}}?[:=]")
# The longest name of a part with its decoration.
_LONGEST = 48


def harmless(text: str, control_tokens: Sequence[str]) -> str:
    """The text, with changes that make `control_tokens` and lines that look like a part of the prompt harmless.

    A model also reads a carriage return, U+2028 and the two characters `\\n` as a line break.
    """
    return "\n".join(_quoted(line) for line in _control(tuple(control_tokens)).sub(r"\g<0> ", text).splitlines())


def control_token(text: str, control_tokens: Sequence[str]) -> str | None:
    """The first of the `control_tokens` that the text contains, in upper or lower case; None if it contains none."""
    return next((token for token in control_tokens if token.casefold() in text.casefold()), None)


@cache
def _control(tokens: tuple[str, ...]) -> re.Pattern[str]:
    # The rest of a token is a lookahead, because tokens may overlap.
    return re.compile("|".join(f"{re.escape(token[0])}(?={re.escape(token[1:])})" for token in tokens), re.IGNORECASE)


def _quoted(line: str) -> str:
    return "\\n".join(f"> {part}" if _looks_like_a_part(part) else part for part in line.split("\\n"))


def _looks_like_a_part(line: str) -> bool:
    """Whether a line is like `**QUESTION:**` or `### System:`, also with full-width or invisible characters."""
    plain = as_read(line)
    begin = _DECORATION.match(plain)
    at = begin.end() if begin else 0
    return bool(_PART.match(plain[at : at + _LONGEST].casefold()))
