"""The settings of a function that loads documents, in its variable `DESTINATION`."""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from corpus.chunks import chunks
from corpus.document import Document

VARIABLE = "DESTINATION"


@dataclass(frozen=True)
class LoadSettings:
    """Where documents go, and how they are cut into chunks.

    target: the engine, as for sign_in.py. groups: those that see the documents under a prefix.
    passage_overlap: in percent. mask: kinds of personal data. scans: what recognises text in pictures.
    start_seconds: in which a stopped model starts. visible_seconds: after which a search finds what was stored.
    """

    target: dict[str, Any]
    index: str
    text_field: str
    passage_characters: int
    passage_tokens: int | None = None
    passage_overlap: int = 0
    mask: Sequence[str] = ()
    groups: Mapping[str, Sequence[str]] = field(default_factory=dict)
    scans: str | None = None
    start_seconds: int | None = None
    visible_seconds: int = 0

    @classmethod
    def from_environment(cls) -> "LoadSettings":
        """The settings of this function. Raises TypeError for an unknown name."""
        return cls(**json.loads(os.environ[VARIABLE]))

    @property
    def cut(self) -> Callable[[Document], list[Document]]:
        """Cuts a document into chunks."""
        return partial(
            chunks,
            text_field=self.text_field,
            most=self.passage_characters,
            tokens=self.passage_tokens,
            overlap=self.passage_overlap,
            mask=self.mask,
        )
