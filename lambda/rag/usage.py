"""The tokens that an answer model takes for one question."""


class Usage:
    """What the provider reports; where it reports nothing, an estimate from what the model has read and written."""

    def __init__(self) -> None:
        self.reported = 0
        self._texts: list[str] = []

    def note(self, text: str) -> None:
        """A text that the model reads, or a piece that it has written, with its reasoning."""
        self._texts.append(text)

    def report(self, tokens: int) -> None:
        """The provider's own count for one call of the model."""
        self.reported += tokens

    @property
    def tokens(self) -> int:
        """All tokens so far."""
        if self.reported or not self._texts:
            return self.reported
        from corpus.tokens import count

        return count("".join(self._texts))
