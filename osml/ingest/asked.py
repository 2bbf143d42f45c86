"""The options of `osml ingest` that say how tables and objects are read."""

from collections.abc import Sequence
from dataclasses import dataclass

from corpus.formats import Reading


@dataclass(frozen=True)
class Asked:
    """text_field: the field with the text; default: the index's text field. columns: the columns that form the text."""

    text_field: str | None = None
    columns: Sequence[str] = ()

    def reading(self, text_field: str) -> Reading:
        """The way of reading for an index whose texts are in `text_field`."""
        return Reading(text_field, self.text_field, tuple(self.columns))

    @property
    def names(self) -> list[str]:
        """The values that distinguish one way of reading from another."""
        return [self.text_field or "", *self.columns] if self.text_field or self.columns else []


AS_IT_IS = Asked()
