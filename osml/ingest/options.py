"""The options of `osml ingest` that define how tables and objects are read, and which groups see them."""

from collections.abc import Sequence
from dataclasses import dataclass

from corpus.formats import Reading
from osml.ingest.recognition import ADVICE, installed


@dataclass(frozen=True)
class IngestOptions:
    """text_field: the field with the text; default: the index's text field. columns: the columns that form the text.

    groups: the groups that may see the documents; an empty list means everybody, None means that none are given.
    """

    text_field: str | None = None
    columns: Sequence[str] = ()
    groups: Sequence[str] | None = None

    def reading(self, text_field: str) -> Reading:
        """The way of reading for an index whose texts are in `text_field`."""
        return Reading(text_field, self.text_field, tuple(self.columns), installed(), ADVICE)

    @property
    def names(self) -> list[str]:
        """The values that distinguish these options from others, for the journal's name."""
        read = [self.text_field or "", *self.columns] if self.text_field or self.columns else []
        return read if self.groups is None else [*read, f"for {','.join(self.groups)}"]


AS_IT_IS = IngestOptions()
