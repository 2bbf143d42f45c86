"""What is wrong with the value of an option. Typer 0.29 shows the messages of pydantic, which name no fix."""

import re

_FIXES = (
    (r"Value error, (.*)", r"\1"),
    (r"Input should be a valid integer.*", "Write a whole number."),
    (r"Input should be a valid number.*", "Write a number."),
    (r"Input should be greater than or equal to (.*)", r"The least is \1."),
    (r"Input should be less than or equal to (.*)", r"The most is \1."),
)


def explained_value(message: str) -> str:
    """The message, with the fix instead of the words of pydantic."""
    for pattern, fix in _FIXES:
        if match := re.fullmatch(pattern, message, re.DOTALL):
            return match.expand(fix)
    return message
