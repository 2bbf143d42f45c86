"""The measure of growth: it sees work that grows faster than its input, and refuses work that it does not see."""

import pytest

from tests.unit.growth import grows_in_proportion
from tests.unit.reading import entries


def test_work_that_grows_with_the_cube_of_its_input_is_seen() -> None:
    assert not grows_in_proportion(lambda text: sum(1 for _ in text for _ in text for _ in text), "x".__mul__, 20)


def test_work_in_another_process_is_refused() -> None:
    with pytest.raises(AssertionError, match="in another process"):
        grows_in_proportion(lambda text: entries(text, "a.html"), "<p>x".__mul__, 10)
