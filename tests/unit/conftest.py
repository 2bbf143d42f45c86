"""What never changes during a run is read once: botocore's files of services and endpoints."""

from collections.abc import Iterator
from functools import lru_cache

import pytest
from botocore.loaders import JSONFileLoader


@pytest.fixture(scope="session", autouse=True)
def botocore_files() -> Iterator[None]:
    """Each session of boto3 has a loader of its own, which reads the same files again."""
    loaded = lru_cache(maxsize=None)(JSONFileLoader().load_file)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(JSONFileLoader, "load_file", lambda _, file_path: loaded(file_path))
        yield
