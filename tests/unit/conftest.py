"""What never changes during a run is made once: botocore's files, and the command line of an app."""

import gc
from collections.abc import Iterator
from functools import lru_cache

import pytest
import typer.main
import typer.testing
from botocore.loaders import JSONFileLoader


def pytest_collection_finish() -> None:
    """The collector looks no more at modules and tests, which stay until the end."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def botocore_files() -> Iterator[None]:
    """Each session of boto3 has a loader of its own, which reads the same files again."""
    loaded = lru_cache(maxsize=None)(JSONFileLoader().load_file)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(JSONFileLoader, "load_file", lambda _, file_path: loaded(file_path))
        yield


@pytest.fixture(scope="session", autouse=True)
def command_lines() -> Iterator[None]:
    """Typer makes the commands of an app from their functions at each run, which for `osml` are more than forty."""
    made = lru_cache(maxsize=None)(typer.main.get_command)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(typer.main, "get_command", made)
        patch.setattr(typer.testing, "_get_command", made)
        yield
