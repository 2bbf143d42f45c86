"""Parts of one JSON value that are missing or different in another; additions do not count."""

from collections.abc import Iterator, Mapping
from typing import Any

LONGEST = 200


def differences(before: Mapping[str, Any], after: Mapping[str, Any], what: str) -> list[str]:
    """A sentence for each named thing that is gone, or that lost or changed a field; `what` is its kind."""
    sentences = []
    for name, value in before.items():
        if name not in after:
            sentences.append(f"The {what} {name} is gone.")
            continue
        sentences += [f"The {what} {name} changed: {change}." for change in changes(value, after[name])]
    return sentences


def changes(before: Any, after: Any, path: str = "") -> Iterator[str]:
    """Each place where `after` differs from `before`, as `path: old became new`."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key, value in before.items():
            inner = f"{path}.{key}" if path else str(key)
            if key in after:
                yield from changes(value, after[key], inner)
            else:
                yield f"{inner} is gone"
    elif before != after:
        yield f"{path or 'it'}: {short(before)} became {short(after)}"


def short(value: Any) -> str:
    """The value, shortened for a sentence."""
    text = repr(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
