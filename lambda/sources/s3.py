"""A prefix of S3: the mark of an object is its ETag."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, BinaryIO, cast

from botocore.exceptions import BotoCoreError, ClientError

from corpus.endings import ending, readable
from settings.sources.s3 import S3Prefix
from sources.item import Content, ItemSource, Known, ListedItem, Unlisted, Unreached
from sources.patterns import wanted_by
from sources.tools import Tools


def source(settings: S3Prefix, tools: Tools) -> ItemSource:
    """The objects of the prefix."""
    return Objects(settings, tools.s3, pictures=tools.pictures)


class Objects(ItemSource):
    """See ItemSource. A name is the key without the folder that contains the prefix, as `osml ingest` names it."""

    def __init__(self, settings: S3Prefix, s3: Any, *, pictures: bool = False) -> None:
        super().__init__()
        self._settings, self._s3, self._pictures = settings, s3, pictures
        self._wanted = wanted_by(settings.include, settings.exclude)

    def items(self, known: Mapping[str, Known], run: str) -> Iterator[ListedItem]:  # noqa: ARG002 of the interface
        """See ItemSource."""
        bucket, prefix = self._settings.bucket, self._settings.prefix
        folder = prefix.rstrip("/").rpartition("/")[0]
        try:
            for page in self._s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
                for entry in page.get("Contents", []):
                    key = entry["Key"]
                    if key.endswith("/") or not self._wanted(key.removeprefix(prefix)):
                        continue
                    name = key.removeprefix(f"{folder}/") if folder else key
                    if readable(key, pictures=self._pictures):
                        content = Content(name, lambda key=key: self._opened(key))  # type: ignore[misc]
                        yield ListedItem(name, f"{entry['ETag']} {entry['Size']}", content)
                    else:
                        self.left_out[ending(key) or "without a type"] += 1
        except (ClientError, BotoCoreError) as error:
            raise Unlisted(
                f"Listing s3://{bucket}/{prefix} failed: {_said(error)}. Check the bucket's name, and its policy if it "
                "belongs to another account."
            ) from None

    @contextmanager
    def _opened(self, key: str) -> Iterator[BinaryIO]:
        try:
            body = self._s3.get_object(Bucket=self._settings.bucket, Key=key)["Body"]
            with body:
                yield cast(BinaryIO, body)
        except (ClientError, BotoCoreError, OSError) as error:
            raise Unreached(f"could not be read ({_said(error)})") from None


def _said(error: Exception) -> str:
    return str(error.response["Error"]["Code"]) if isinstance(error, ClientError) else type(error).__name__
