"""The sources of documents: files, folders and objects of S3."""

import os
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO, Protocol, cast

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from corpus.document import Entry, Unreadable
from corpus.endings import OTHER_FORMATS, PICTURES, ending, readable
from corpus.formats import Reading
from corpus.source import read
from osml.failure import Failure
from osml.ingest.recognition import ADVICE, installed

S3 = "s3://"
HIDDEN, NO_FILE = "hidden", "pipes and devices"
LINK, DEAD_LINK = "links out of the folder", "broken links"
CLOSED = "folders that may not be read"
# Documents in these files have their own ids, independent of the file's name.
ENTRIES = (".ndjson", ".jsonl", ".json", ".parquet")


class DocumentSource(Protocol):
    """One file or object: `version` changes with its content, `size` is in bytes."""

    @property
    def name(self) -> str:
        """The name in messages, and the id of a document that is a whole file.

        The same from every working directory.
        """
        ...

    @property
    def address(self) -> str:
        """The unique address."""
        ...

    @property
    def size(self) -> int: ...

    @property
    def version(self) -> str: ...

    def open(self) -> AbstractContextManager[BinaryIO]:
        """The content, from its beginning. Raises Failure."""
        ...


class UnopenedFile(Failure):
    """A file of this machine cannot be opened; other files may be."""


class DocumentSources:
    """The sources that the arguments name, in a stable order. Each iteration lists them again; only `left_out` is kept.

    A source's name is its path from the folder that contains the argument: `leave.md`, or `handbook/leave.md` in a
    folder or prefix. left_out: the number of skipped files in folders and prefixes, by type, in the last iteration:
    files without a parser, pictures without text recognition, hidden files, links to other places or to nothing,
    folders that cannot be listed, and entries that are not files.
    """

    def __init__(self, arguments: Sequence[str]) -> None:
        """Raises Failure when a file or folder does not exist, or when two would give their documents the same ids."""
        self.left_out: Counter[str] = Counter()
        self.names = [argument if argument.startswith(S3) else os.path.abspath(argument) for argument in arguments]
        for given, name in zip(arguments, self.names, strict=True):
            if name.startswith(S3):
                continue
            if not Path(name).exists():
                raise Failure(f"There is no file or folder {given}. Correct the path.")
            if not Path(name).is_dir() and not Path(name).is_file():
                raise Failure(f"{given} is neither a file nor a folder. Pipes and devices cannot be loaded.")
        called: dict[str, str] = {}
        for given, name in zip(arguments, self.names, strict=True):
            last = name.rstrip("/").rpartition("/")[2]
            if ending(last) not in ENTRIES and called.setdefault(last, name) != name:
                raise Failure(
                    f"{given} and another argument have the same name {last}, so their documents would have the same "
                    f"ids. Load the folder that contains both instead."
                )

    def __iter__(self) -> Iterator[DocumentSource]:
        self.left_out = Counter()
        for name in self.names:
            if name.startswith(S3):
                yield from _objects(name, self.left_out)
            elif Path(name).is_dir():
                yield from _files(Path(name), self.left_out)
            else:
                yield _file(Path(name), Path(name).name)

    @property
    def omission(self) -> str:
        """A sentence about skipped files; empty if there are none."""
        if not self.left_out:
            return ""
        types = ", ".join(f"{count:,} {type}" for type, count in self.left_out.most_common())
        advice = f" For pictures, {ADVICE}." if any(type in PICTURES for type in self.left_out) else ""
        known = "; ".join(f"{type}: {OTHER_FORMATS[type]}" for type in self.left_out if type in OTHER_FORMATS)
        return f"Skipped files that osml cannot read: {types}.{advice}{f' What to do: {known}.' if known else ''}"


@dataclass(frozen=True)
class File:
    """A file on this machine."""

    name: str
    address: str
    size: int
    version: str

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """See DocumentSource. Raises UnopenedFile, whose text ends a sentence that begins with the name."""
        try:
            file = open(self.address, "rb")  # noqa: SIM115 - errors of the reader are not those of opening
        except OSError as error:
            raise UnopenedFile(f"cannot be opened: {error.strerror}") from None
        with file:
            yield file


@dataclass(frozen=True)
class Object:
    """An object of S3, read with the caller's own credentials."""

    name: str
    address: str
    size: int
    version: str

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """See DocumentSource.

        The content goes into a temporary file first, because a connection does not outlast a long load.
        """
        bucket, _, key = self.address.removeprefix(S3).partition("/")
        with tempfile.TemporaryFile() as file:
            try:
                boto3.client("s3").download_fileobj(bucket, key, file)
            except (ClientError, BotoCoreError) as error:
                raise Failure(f"Reading {self.address} failed: {error}") from None
            file.seek(0)
            yield cast(BinaryIO, cast(IO[bytes], file))


def entries(source: DocumentSource, reading: Reading, skip: int = 0) -> Iterator[Entry]:
    """The entries of a source, except the first `skip`. A file that cannot be opened is one Unreadable entry."""
    with ExitStack() as opened:
        try:
            stream = opened.enter_context(source.open())
        except UnopenedFile as why:
            if not skip:
                yield Unreadable(source.name, str(why))
            return
        yield from read(stream, source.name, reading, skip)


def _file(path: Path, name: str) -> File:
    stat = path.stat()
    # Bytes that are not UTF-8 stay visible: replaced by one character, two names would become one id.
    name = os.fsencode(name).decode(errors="backslashreplace")
    return File(name, str(path), stat.st_size, f"{stat.st_size}-{stat.st_mtime_ns}")


def _files(folder: Path, left_out: Counter[str]) -> Iterator[DocumentSource]:
    within = Path(os.path.realpath(folder))

    def closed(_: OSError) -> None:
        left_out[CLOSED] += 1

    # os.walk does not follow the links to folders, so a folder within is read once, under its own name.
    for root, folders, files in os.walk(folder, onerror=closed):
        for name in folders:
            reason = HIDDEN if name.startswith(".") else LINK if _leads_out(Path(root) / name, within) else ""
            if reason:
                left_out[reason] += 1
        folders[:] = sorted(folder for folder in folders if not folder.startswith("."))
        for name in sorted(files):
            path = Path(root) / name
            reason = _unread(path, within)
            if reason:
                left_out[reason] += 1
            else:
                yield _file(path, path.relative_to(folder.parent).as_posix())


def _unread(path: Path, within: Path) -> str:
    """The reason to skip a file of the folder `within`; empty if it is read."""
    if path.name.startswith("."):
        return HIDDEN
    if _leads_out(path, within):
        return LINK
    if path.is_symlink() and not path.exists():
        return DEAD_LINK
    if not path.is_file():
        return NO_FILE
    return "" if readable(path.name, pictures=installed() is not None) else _type(path.name)


def _leads_out(path: Path, within: Path) -> bool:
    # Path.resolve raises RuntimeError for a link to itself before Python 3.13.
    return path.is_symlink() and not Path(os.path.realpath(path)).is_relative_to(within)


def _type(name: str) -> str:
    return ending(name) or "without a type"


def _objects(address: str, left_out: Counter[str]) -> Iterator[DocumentSource]:
    bucket, _, prefix = address.removeprefix(S3).partition("/")
    folder = prefix.rstrip("/").rpartition("/")[0]
    try:
        pages = boto3.client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        for page in pages:
            for content in page.get("Contents", []):
                key = content["Key"]
                if readable(key, pictures=installed() is not None):
                    name = key.removeprefix(f"{folder}/") if folder else key
                    yield Object(name, f"{S3}{bucket}/{key}", content["Size"], content["ETag"].strip('"'))
                elif not key.endswith("/"):
                    left_out[_type(key)] += 1
    except (ClientError, BotoCoreError) as error:
        raise Failure(
            f"Listing {address} failed: {error}. Your identity needs s3:ListBucket on the bucket and s3:GetObject "
            "on its objects."
        ) from None
