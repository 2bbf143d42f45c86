"""Who is notified of the alarms of an environment."""

from __future__ import annotations

import re

from pydantic import Field, field_validator

from settings import Group

_ARN = re.compile(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}")
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class Alarms(Group):
    """Every alarm notifies `topic`: the ARN of an SNS topic, or an e-mail address, for which a topic is created. Amazon
    first sends a mail to a new address, and notifies it of alarms after the link in that mail was opened.

    The assistant has further alarms for the limits that are set: `first_word_seconds`, within which nine of ten answers
    begin, `grounded_percent` of the answers, and `usd_per_day` for the tokens of the answer model.
    """

    topic: str = Field(examples=["team@example.com", "arn:aws:sns:us-east-1:111122223333:operations"])
    first_word_seconds: float | None = Field(default=None, gt=0, le=60, examples=[5])
    grounded_percent: float | None = Field(default=None, gt=0, le=100, examples=[70])
    usd_per_day: float | None = Field(default=None, gt=0, examples=[20])

    @field_validator("topic")
    @classmethod
    def _somebody(cls, value: str) -> str:
        if not (_ARN.fullmatch(value) or _ADDRESS.fullmatch(value)):
            raise ValueError(
                f"{value!r} is neither the ARN of a topic nor an e-mail address; "
                "write arn:aws:sns:REGION:ACCOUNT:NAME or somebody@example.com"
            )
        return value

    @property
    def limits(self) -> list[str]:
        """The names of the limits that are set."""
        names = ("first_word_seconds", "grounded_percent", "usd_per_day")
        return [name for name in names if getattr(self, name) is not None]

    @property
    def arn(self) -> str | None:
        """The ARN of an existing topic; None if a topic is created."""
        return self.topic if _ARN.fullmatch(self.topic) else None

    @property
    def address(self) -> str | None:
        """The e-mail address that a new topic notifies."""
        return None if self.arn else self.topic
