"""A number with its noun, in English."""

_VOWELS = "aeiou"


def count_of(number: int, noun: str) -> str:
    """`1 document`, `2,000 documents`, `3 indexes`, `0 entries`."""
    if number == 1:
        return f"1 {noun}"
    if noun.endswith("y") and noun[-2] not in _VOWELS:
        return f"{number:,} {noun[:-1]}ies"
    return f"{number:,} {noun}{'es' if noun.endswith(('x', 's', 'ch')) else 's'}"
