"""Raised numbers: an exponent, or the number of a note."""

import re

# The characters between the parts of an Office formula: of a fraction, a power and an index.
FORMULA = {"den": "/", "sup": "^", "sub": "_"}
_NUMBER = re.compile(r"\s*[-+\u2212]?\d{1,20}\s*")


def is_raised(before: str, number: str) -> bool:
    """Whether the raised `number` after `before` would be read as a part of it, such as 10 and 6 as 106."""
    return bool(before[-1:].strip()) and _NUMBER.fullmatch(number) is not None
