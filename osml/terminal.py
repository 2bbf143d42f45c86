"""Makes texts of others safe to print: control characters are written out, and no terminal obeys them."""

import json
import re
from typing import Any

from rich.markup import escape

from calls.plain import mended

# Control characters except line breaks and tabs, and characters that change the direction of writing.
_ACTING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def visible(text: str) -> str:
    """`text` with each character that a terminal would obey written out, such as `\\x1b`."""
    return _ACTING.sub(lambda match: _name(match[0]), mended(text))


def shown(text: str) -> str:
    """`visible`, also escaped for Rich's markup."""
    return escape(visible(text))


def as_json(value: Any, indent: int | None = None) -> str:
    """JSON in which only characters that a terminal would obey are escaped."""
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    # json has already escaped the characters below the space. The others occur only within strings.
    return "".join(
        f"\\u{ord(character):04x}" if _ACTING.fullmatch(character) or "\ud800" <= character <= "\udfff" else character
        for character in text
    )


def _name(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"
