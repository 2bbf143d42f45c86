"""Where documents come from: files, folders, and objects of S3."""

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO, Protocol, cast

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from corpus.source import readable
from osml.failure import Failure

S3 = "s3://"


class Source(Protocol):
    """One file or object: `version` changes with its content, `size` is in bytes."""

    @property
    def name(self) -> str:
        """As in messages, and as the id of a document that is a whole file."""
        ...

    @property
    def size(self) -> int: ...

    @property
    def version(self) -> str: ...

    def open(self) -> AbstractContextManager[BinaryIO]:
        """Its content, from the beginning. Raises Failure."""
        ...


class Sources:
    """What the arguments name, in an order that stays. Iterating looks again: nothing is kept.

    Of a folder or a prefix, files that no parser reads are left out, and so are hidden ones.
    """

    def __init__(self, arguments: Sequence[str]) -> None:
        """Raises Failure when a file or folder is not there."""
        self.names = [one if one.startswith(S3) else _name(Path(one)) for one in arguments]
        for one in self.names:
            if not one.startswith(S3) and not Path(one).exists():
                raise Failure(f"There is no file or folder {one}.")

    def __iter__(self) -> Iterator[Source]:
        for name in self.names:
            if name.startswith(S3):
                yield from _objects(name)
            elif Path(name).is_dir():
                yield from _files(Path(name))
            else:
                yield _file(Path(name))


@dataclass(frozen=True)
class File:
    """A file on this machine."""

    name: str
    size: int
    version: str

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """As Source says."""
        try:
            file = open(self.name, "rb")  # noqa: SIM115 - errors of the reader are not those of opening
        except OSError as error:
            raise Failure(f"Reading {self.name} failed: {error.strerror}.") from None
        with file:
            yield file


@dataclass(frozen=True)
class Object:
    """An object of S3, read with the caller's own credentials."""

    name: str
    size: int
    version: str

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """As Source says. Its content is laid into a temporary file: a connection does not outlast a long load."""
        bucket, _, key = self.name.removeprefix(S3).partition("/")
        with tempfile.TemporaryFile() as file:
            try:
                boto3.client("s3").download_fileobj(bucket, key, file)
            except (ClientError, BotoCoreError) as error:
                raise Failure(f"Reading {self.name} failed: {error}") from None
            file.seek(0)
            yield cast(BinaryIO, cast(IO[bytes], file))


def _name(path: Path) -> str:
    """As seen from the working directory, if it is in there: the same however it was typed."""
    whole = Path(os.path.abspath(path))
    return str(whole.relative_to(Path.cwd()) if whole.is_relative_to(Path.cwd()) else whole)


def _file(path: Path) -> File:
    found = path.stat()
    return File(str(path), found.st_size, f"{found.st_size}-{found.st_mtime_ns}")


def _files(folder: Path) -> Iterator[Source]:
    for root, folders, files in os.walk(folder):
        folders[:] = sorted(one for one in folders if not one.startswith("."))
        for name in sorted(files):
            if not name.startswith(".") and readable(name):
                yield _file(Path(root) / name)


def _objects(address: str) -> Iterator[Source]:
    bucket, _, prefix = address.removeprefix(S3).partition("/")
    try:
        pages = boto3.client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        for page in pages:
            for one in page.get("Contents", []):
                if readable(one["Key"]):
                    yield Object(f"{S3}{bucket}/{one['Key']}", one["Size"], one["ETag"].strip('"'))
    except (ClientError, BotoCoreError) as error:
        raise Failure(
            f"Listing {address} failed: {error}. Your identity needs s3:ListBucket on the bucket and s3:GetObject "
            "on its objects."
        ) from None
