"""Compares an object with its specification, although the server writes numbers as strings and adds defaults."""

from typing import Any


def plain(value: Any) -> Any:
    """Turn every leaf into the string that the server makes of it."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, bool):
        return str(value).lower()
    return value if value is None else str(value)


def contradicts(observed: Any, desired: Any) -> bool:
    """Whether `observed` contradicts `desired`.

    A value that only the server has is a default and no contradiction (k-NN adds `parameters: {}`). A missing leaf is
    no contradiction either: the server leaves out values that equal a default (`"index": true`). A missing object is a
    contradiction.
    """
    if isinstance(desired, dict):
        if not isinstance(observed, dict):
            return bool(desired)
        return any(
            contradicts(observed[key], item) if key in observed else isinstance(item, dict) and bool(item)
            for key, item in desired.items()
        )
    if isinstance(desired, list):
        if not isinstance(observed, list) or len(observed) != len(desired):
            return True
        return any(contradicts(seen, item) for seen, item in zip(observed, desired, strict=True))
    return bool(plain(observed) != plain(desired))


def flattened(settings: dict[str, Any], prefix: str = "index.") -> dict[str, Any]:
    """Return index settings as one level of `index.…` keys, at any depth of nesting."""
    flat: dict[str, Any] = {}
    for key, value in settings.items():
        name = key if key.startswith(prefix) or key == prefix.rstrip(".") else prefix + key
        if isinstance(value, dict):
            flat.update(flattened(value, name.rstrip(".") + "."))
        else:
            flat[name] = value
    return flat
