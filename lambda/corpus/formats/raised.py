"""Raised numbers: an exponent, or the number of a note."""

import re

# What stands between the parts of a formula of Office: of a fraction, of a power, and of an index.
FORMULA = {"den": "/", "sup": "^", "sub": "_"}
_NUMBER = re.compile(r"\s*[-+\u2212]?\d{1,20}\s*")


def is_raised(before: str, number: str) -> bool:
    """Whether a number that is raised behind `before` would be read as a part of it: of 10 and 6 as 106."""
    return bool(before[-1:].strip()) and _NUMBER.fullmatch(number) is not None
