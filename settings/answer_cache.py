"""Answers that are given again."""

from __future__ import annotations

from pydantic import Field

from settings import Group


class AnswerCacheSettings(Group):
    """An answer is given again, for `hours`, to whoever asks the same and would have it written from the same passages.

    The search is made each time. The answer is found again only if the question has the same words, the passages that
    it finds for the person who asks have the same texts, and the conversation before it, the prompt and the model are
    the same.
    """

    hours: int = Field(default=24, ge=1, le=720)
