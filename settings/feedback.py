"""The settings of people's feedback on answers."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from settings import Group


class Feedback(Group):
    """People rate answers, and owners see the ratings, for `days`.

    With `keep: ratings` a rating has a reason from a list, ids of passages, the model and the version of the prompt,
    but no text. With `keep: texts` it also has the question, the answer and the reader's comment, and questions without
    an answer are kept even if nobody rates them. In both cases the reader is stored as a digest.
    """

    keep: Literal["ratings", "texts"] = "ratings"
    days: int = Field(default=180, ge=1, le=3650)
