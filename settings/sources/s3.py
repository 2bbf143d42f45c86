"""The settings of a prefix of S3 whose objects become documents."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from settings.sources import SourceSettings


class S3Prefix(SourceSettings):
    """The objects of `bucket` under `prefix`. A bucket in another account needs a policy that allows the function.

    `include` and `exclude` are patterns of keys after the prefix.
    """

    kind: Literal["s3"]
    bucket: str = Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", examples=["my-bucket"])
    prefix: str = Field(default="", max_length=900, pattern=r"^([^/*? \t\n][^*?\n]*)?$", examples=["articles/"])

    @property
    def objects(self) -> tuple[str, str] | None:
        return self.bucket, self.prefix
