"""The exception that a guardrail raises."""


class Struck(Exception):
    """A guardrail forbids the text; `message` is what the reader sees instead."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
