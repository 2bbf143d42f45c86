"""The tokens that an answer model reads and writes for one question."""

from typing import NamedTuple


class Tokens(NamedTuple):
    """The numbers of tokens that a model has read and written, including its reasoning."""

    read: int = 0
    written: int = 0


class Usage:
    """The tokens that the provider reports or, if it reports none, an estimate from the texts of the model."""

    def __init__(self) -> None:
        self.reported = Tokens()
        self._read: list[str] = []
        self._written: list[str] = []

    def note_read(self, text: str) -> None:
        """Note a text that the model reads."""
        self._read.append(text)

    def note_written(self, text: str) -> None:
        """Note a text that the model has written, including its reasoning."""
        self._written.append(text)

    def report(self, read: object, written: object) -> None:
        """Add the provider's own counts for one call of the model; values that are not positive integers count as 0."""
        self.reported = Tokens(self.reported.read + _number(read), self.reported.written + _number(written))

    @property
    def tokens(self) -> Tokens:
        """All tokens so far."""
        if any(self.reported) or not (self._read or self._written):
            return self.reported
        from corpus.tokens import count

        return Tokens(count("".join(self._read)), count("".join(self._written)))


def _number(value: object) -> int:
    return value if isinstance(value, int) and value > 0 else 0
