"""What a source has: items, such as pages, objects and files, and what an earlier run knew of them."""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import BinaryIO


class Unlisted(Exception):
    """The source cannot be listed at present. The message is a sentence: what was tried, what came back, what to do."""


@dataclass(frozen=True, slots=True)
class Content:
    """The bytes of an item; the end of `name` says the format. `open` raises Unreached."""

    name: str
    open: Callable[[], AbstractContextManager[BinaryIO]]


class Unreached(Exception):
    """An item cannot be read at present; the message ends a sentence that begins with its name."""


@dataclass(frozen=True, slots=True)
class ListedItem:
    """One item. `name` is its address in the source, and the id of a document that is the whole item.

    mark: what the source says of the version, equal as long as the item is unchanged; empty if it says nothing.
    content: the bytes; None if the item is unchanged, as the source itself has found, or has no document of its own.
    trouble: why it cannot be read at present, so that what is known of it stays.
    depth, links: for a source that follows links, how far from its beginning it is, and the items that it names.
    is_a_document: False for an item that only names others, such as a redirect.
    """

    name: str
    mark: str = ""
    content: Content | None = None
    trouble: str = ""
    depth: int = 0
    links: Sequence[str] = ()
    is_a_document: bool = True


@dataclass(slots=True)
class Known:
    """What a run has found out of an item.

    mark: see ListedItem. digest: of its bytes. said: of its document, if it is a single one. refused: why it is not, or
    not completely, in the index. documents: the ids of its documents there. seen: the last run that has seen it. gone:
    the ids of documents that it has no more, and that the end of the run removes. An item that is only named by others
    so far has none of these.
    """

    mark: str = ""
    digest: str = ""
    said: str = ""
    refused: str = ""
    documents: list[str] = field(default_factory=list)
    seen: str = ""
    depth: int = 0
    gone: list[str] = field(default_factory=list)


class ItemSource(ABC):
    """Lists its items. `is_complete` says after that whether all are listed, so that the others are gone.

    `left_out` counts what is no document, by the reason.
    """

    def __init__(self) -> None:
        self.is_complete = True
        self.left_out: dict[str, int] = Counter()

    @abstractmethod
    def items(self, known: Mapping[str, Known], run: str) -> Iterator[ListedItem]:
        """Every item, at least those that this run has not seen; `known` grows while it is read. Raises Unlisted."""
