"""A test that needs a feature is skipped on a line without it, with the reason."""

import pytest

from sandbox.engine.line import lines
from tests.needs import needs


@pytest.mark.parametrize("version", [line.version for line in lines()])
def test_a_line_that_lacks_it_skips_the_test(version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OSML_TEST_LINE", version)
    mark = needs("z_score").mark
    assert mark.args == (version.startswith("2."),)
    assert mark.kwargs == {"reason": f"z_score needs OpenSearch 3.0; this is {version}"}


def test_without_a_name_it_is_the_newest_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OSML_TEST_LINE", raising=False)
    assert needs("z_score").mark.args == (False,)
