"""The key that encrypts all stored data."""

from __future__ import annotations

import re

from pydantic import Field, field_validator

from settings import Group

_ALIAS = r"alias/[A-Za-z0-9/_-]{1,250}"
_KEY = re.compile(
    rf"arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{{12}}:(key/(mrk-[0-9a-f]{{32}}|[0-9a-f]{{8}}(-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}})|{_ALIAS})"
    rf"|{_ALIAS}"
)


class Encryption(Group):
    """A KMS `key`, by its ARN or an alias, for all created resources that accept one. Its policy must let these
    resources use it. Without this group, Amazon's keys are used.
    """

    key: str = Field(
        examples=["arn:aws:kms:us-east-1:111122223333:key/01234567-89ab-cdef-0123-456789abcdef", "alias/osml"]
    )

    @field_validator("key")
    @classmethod
    def _a_key(cls, value: str) -> str:
        if not _KEY.fullmatch(value):
            raise ValueError(
                f"{value!r} is neither the ARN of a key nor an alias; "
                "write arn:aws:kms:REGION:ACCOUNT:key/ID or alias/NAME"
            )
        if value[value.find("alias/") :].startswith("alias/aws/"):
            raise ValueError(
                f"{value!r} is a key that Amazon manages, whose policy nobody can change; set your own key, or leave "
                f"encryption out"
            )
        return value

    @property
    def alias(self) -> str | None:
        """The alias, such as `alias/osml`; None if the setting is the key's ARN."""
        return self.key[self.key.index("alias/") :] if "alias/" in self.key else None

    @property
    def arn(self) -> str | None:
        """The ARN of the key or of its alias; None if the setting is only an alias."""
        return self.key if self.key.startswith("arn:") else None
