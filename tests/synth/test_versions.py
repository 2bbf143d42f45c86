from pathlib import Path

import pytest
import yaml
from aws_cdk import aws_opensearchservice as opensearch

from osml.place import CHECKOUT
from sandbox.engine.line import lines
from settings.amazon_versions import AMAZON, EXAMPLE, PROVEN, release

SHIPPED = sorted((CHECKOUT / "environments").glob("*.yaml"))


def test_the_table_is_that_of_the_cdk() -> None:
    names = [
        name.removeprefix("OPENSEARCH_") for name in dir(opensearch.EngineVersion) if name.startswith("OPENSEARCH_")
    ]
    known = {release(name.replace("_", ".")) for name in names}
    assert set(AMAZON) == {version for version in known if version >= AMAZON[0]}


def test_the_proven_version_is_amazons_newest_that_a_local_line_covers() -> None:
    assert max(version for version in AMAZON if version <= lines()[-1].number) == PROVEN


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_the_shipped_environments_have_the_proven_version(path: Path) -> None:
    assert yaml.safe_load(path.read_text())["search"].get("engine_version", EXAMPLE) == EXAMPLE
