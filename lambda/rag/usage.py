"""The tokens that an answer model takes for one question."""

from typing import NamedTuple


class Tokens(NamedTuple):
    """What a model has read and written, with its reasoning."""

    read: int = 0
    written: int = 0


class Usage:
    """What the provider reports; where it reports nothing, an estimate from what the model has read and written."""

    def __init__(self) -> None:
        self.reported = Tokens()
        self._read: list[str] = []
        self._written: list[str] = []

    def note_read(self, text: str) -> None:
        """A text that the model reads."""
        self._read.append(text)

    def note_written(self, text: str) -> None:
        """A piece that the model has written, with its reasoning."""
        self._written.append(text)

    def report(self, read: object, written: object) -> None:
        """The provider's own counts for one call of the model; whatever is no number is none."""
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
