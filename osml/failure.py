"""The error that the command line shows to a person."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from osml.cause import Cause


class Failure(Exception):
    """One sentence for a person: what was tried, on what, what came back, what to do. Printed without a traceback.

    `cause` defaults to the cause of the class.
    """

    cause: "Cause" = "unexplained"

    def __init__(self, sentence: str, cause: "Cause | None" = None) -> None:
        super().__init__(sentence)
        self.cause = cause or self.cause
