"""YAML as environment files write it: one mapping, and no setting twice."""

from __future__ import annotations

from typing import Any

import yaml


class _OnceOnly(yaml.SafeLoader):
    """PyYAML keeps the last of two equal keys without a word; here the second one is an error."""


def _mapping(loader: _OnceOnly, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[Any] = set()
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise yaml.constructor.ConstructorError(None, None, "a setting's name is no text", key.start_mark)
        name = loader.construct_object(key)
        if name in seen:
            raise yaml.constructor.ConstructorError(None, None, f"{name!r} is set twice", key.start_mark)
        seen.add(name)
    return loader.construct_mapping(node, deep=True)


_OnceOnly.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def read(text: str) -> dict[str, Any]:
    """The settings in `text`. Raises yaml.YAMLError, or ValueError when it holds no settings."""
    settings = yaml.load(text, _OnceOnly)  # noqa: S506 a SafeLoader
    if not isinstance(settings, dict):
        raise ValueError("holds no settings; start with the line 'recipe: deepseek-api'")
    return settings
