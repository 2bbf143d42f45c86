"""The settings of the prompt."""

from pydantic import Field

from settings import Group


class Prompt(Group):
    """The instructions for the answer model before the passages: its role (`system`), and how to answer
    (`instructions`).
    """

    system: str = Field(
        default="You answer questions from the passages you are given, and from nothing else.", min_length=1
    )
    instructions: str = Field(
        default="Answer concisely, in fewer than 100 words. Name the figures you use. "
        "If the passages do not hold the answer, say that they do not.",
        min_length=1,
    )
