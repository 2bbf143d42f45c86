"""The settings of the answer cache."""

from __future__ import annotations

from pydantic import Field

from settings import Group


class AnswerCacheSettings(Group):
    """An answer is given again, for `hours`, to everybody who asks the same question and finds the same passages. The
    search runs each time. The answer is given again only if these are the same: the words of the question, the texts of
    the passages that this person finds, the earlier conversation, the prompt and the model.
    """

    hours: int = Field(default=24, ge=1, le=720)
