"""The items of a source, such as pages, objects and files, and what an earlier run knew of them."""

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
    """The bytes of an item; the ending of `name` determines the format. `open` raises Unreached."""

    name: str
    open: Callable[[], AbstractContextManager[BinaryIO]]


class Unreached(Exception):
    """An item cannot be read at present; the message ends a sentence that begins with its name."""


@dataclass(frozen=True, slots=True)
class ListedItem:
    """One item. `name` is its address in the source, and the id of a document that is the whole item.

    mark: the source's mark of the version, equal as long as the item is unchanged; empty if it gives none.
    content: the bytes; None if the source itself has found the item unchanged, or if it has no document of its own.
    trouble: why it cannot be read at present; then its documents stay as they are.
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
    """What a run has found out about an item.

    mark: see ListedItem. digest: the digest of its bytes. said: the digest of its document, if it has only one.
    refused: why it is not, or not completely, in the index. documents: the ids of its documents there. seen: the last
    run that has seen it. gone: the ids of documents that it no longer has, and that are removed at the end of the run.
    An item that so far is only named by others has none of these.
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
    """Lists its items. Afterwards, `is_complete` tells whether all were listed, so that any others are gone.

    `left_out` counts items that are not documents, by reason.
    """

    def __init__(self) -> None:
        self.is_complete = True
        self.left_out: dict[str, int] = Counter()

    @abstractmethod
    def items(self, known: Mapping[str, Known], run: str) -> Iterator[ListedItem]:
        """List the items, at least those that this run has not seen; `known` grows meanwhile. Raises Unlisted."""
