"""Finds an HTTP status in a foreign text, but not its digits in an id, a number of JSON or a text of a document."""

# What is before a status in texts of osml, the engine, providers, AWS and HTTP libraries.
_BEFORE = r'^|[^"\\]: |\(|answered |http |http/\S+ |(?:status|code)\W{1,5}'


def named(status: int) -> str:
    """The pattern of a status, for a search that ignores case."""
    return rf"(?:{_BEFORE}){status}(?![-\w/]|[.,]\d)"
