"""Whom the alarms notify: an existing topic or an e-mail address; anything else is refused in one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from settings import SettingError, load
from settings.alarms import Alarms

ARN = "arn:aws:sns:us-east-1:111122223333:operations"


@pytest.mark.parametrize("topic", [ARN, ARN.replace("aws:", "aws-us-gov:"), ARN.replace("aws:", "aws-cn:")])
def test_an_arn_is_a_topic_that_exists(topic: str) -> None:
    alarms = Alarms(topic=topic)
    assert (alarms.arn, alarms.address) == (topic, None)


@pytest.mark.parametrize("topic", ["team@example.com", "first.last+alarms@mail.example.org"])
def test_an_address_is_told_by_a_new_topic(topic: str) -> None:
    alarms = Alarms(topic=topic)
    assert (alarms.arn, alarms.address) == (None, topic)


@pytest.mark.parametrize(
    "topic", ["", "team", "team@example", "a b@example.com", f"{ARN} ", ARN.replace("sns", "sqs"), f"{ARN}:sub:x"]
)
def test_anything_else_is_refused_with_what_to_write(topic: str) -> None:
    with pytest.raises(ValidationError, match="neither the ARN of a topic nor an e-mail address; write arn:aws:sns"):
        Alarms(topic=topic)


def test_without_an_assistant_nobody_measures_what_they_limit(tmp_path: Path) -> None:
    settings = yaml.safe_load((Path(__file__).parents[2] / "environments" / "dev.yaml").read_text())
    del settings["assistant"]
    settings["alarms"] = {"topic": ARN, "grounded_percent": 70}
    (tmp_path / "x.yaml").write_text(yaml.safe_dump(settings))
    with pytest.raises(SettingError, match=r"alarms\.grounded_percent is set, but only the assistant measures it"):
        load("x", tmp_path)


def test_a_budget_needs_somebody_to_tell(tmp_path: Path) -> None:
    settings = yaml.safe_load((Path(__file__).parents[2] / "environments" / "dev.yaml").read_text())
    (tmp_path / "x.yaml").write_text(yaml.safe_dump({**settings, "budget": {"usd_per_month": 300}}))
    with pytest.raises(SettingError, match="budget is set without alarms, whose topic it notifies"):
        load("x", tmp_path)
