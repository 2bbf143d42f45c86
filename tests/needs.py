"""What a test needs that some lines of OpenSearch do not have."""

import os

import pytest

from sandbox.engine.line import nearest
from settings.introduced_in import SINCE


def needs(feature: str) -> pytest.MarkDecorator:
    """Skip the test on a line that is older than `feature` of the settings; OSML_TEST_LINE is the line."""
    line, since = nearest(os.environ.get("OSML_TEST_LINE")), SINCE[feature]
    return pytest.mark.skipif(line.number < since, reason=f"{feature} needs OpenSearch {since}; this is {line.version}")
