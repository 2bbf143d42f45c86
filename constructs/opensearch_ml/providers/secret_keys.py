"""SecretKeys: keys of a JSON secret, which are read only when they are needed; no template contains their values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class SecretKeys:
    """Keys in the JSON value of the secret `arn`; `keys` maps a value's purpose to its key."""

    arn: str
    keys: Mapping[str, str]

    @property
    def references(self) -> dict[str, dict[str, str]]:
        """References to the values in a specification: `{"<purpose>": {"secretArn": …, "key": …}}`."""
        return {name: {"secretArn": self.arn, "key": key} for name, key in self.keys.items()}
