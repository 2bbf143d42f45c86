"""A question of the command line, before it is sent."""

from collections.abc import Callable
from typing import Any

import pytest

from osml.ask import asking
from osml.failure import Failure
from osml.place import Place


@pytest.mark.parametrize("asked_by", [asking.ask, asking.find])
@pytest.mark.parametrize("environment", ["sandbox", "sandbox-aoss"])
@pytest.mark.parametrize("text", ["", "   ", "\n\t", "\u3000"])
def test_a_blank_question_is_refused_in_a_sentence(
    asked_by: Callable[[Place, str], Any], environment: str, text: str
) -> None:
    with pytest.raises(Failure, match="question is blank"):
        asked_by(Place(environment, None), text)


@pytest.mark.parametrize("asked_by", [asking.ask, asking.find])
def test_a_question_is_as_long_as_the_api_accepts(asked_by: Callable[[Place, str], Any]) -> None:
    with pytest.raises(Failure, match="has 2,001 characters, but the limit is 2,000"):
        asked_by(Place("sandbox", None), "x" * 2001)
