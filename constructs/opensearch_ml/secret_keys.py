"""SecretKeys: keys of a JSON secret that are read at the moment of need, and that no template holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class SecretKeys:
    """Keys in the JSON value of the secret `arn`: `keys` maps what a value is for to the key it is under."""

    arn: str
    keys: Mapping[str, str]

    @property
    def references(self) -> dict[str, dict[str, str]]:
        """As a specification refers to the values: `{"<what for>": {"secretArn": …, "key": …}}`."""
        return {name: {"secretArn": self.arn, "key": key} for name, key in self.keys.items()}
