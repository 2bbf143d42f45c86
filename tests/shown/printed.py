"""What a document shows of printed lines, compared with what a command prints."""

import re

NUMBER = re.compile(r"\d[\d.,]*")
# `1 role` and `3 roles`.
COUNTED = re.compile(r"# (\w+?)e?s?\b")


def unprinted(shown: str, printed: str) -> list[str]:
    """The shown lines that were not printed. Numbers and quoted texts are equal to all others, `…` to any text."""
    lines = [_without_numbers(line) for line in printed.splitlines()]
    patterns = {
        line: re.compile(".*".join(map(re.escape, _without_numbers(line).split("…")))) for line in shown.splitlines()
    }
    return [line for line, pattern in patterns.items() if not any(map(pattern.fullmatch, lines))]


def _without_numbers(line: str) -> str:
    return COUNTED.sub(r"# \1", NUMBER.sub("#", re.sub(r"'[^']*'", "''", line.rstrip())))
