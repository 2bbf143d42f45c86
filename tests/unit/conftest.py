"""Does once per run what never changes during it: reading botocore's files, and building the commands of an app."""

import gc
import ssl
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path

import pytest
import typer.main
import typer.testing
from botocore import hooks
from botocore.loaders import JSONFileLoader, Loader


def pytest_configure() -> None:
    """Disable the garbage collector: imported modules and collected tests stay until the end."""
    gc.disable()


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out modules that are thorough as a whole, because `make unit` need not import them."""
    if config.option.markexpr == "not thorough" and collection_path.match("test_*.py"):
        return "\npytestmark = pytest.mark.thorough\n" in collection_path.read_text() or None
    return None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Try a property with a hundred values."""
    for item in items:
        if getattr(getattr(item, "obj", None), "is_hypothesis_test", False):
            item.add_marker("thorough")


def pytest_collection_finish() -> None:
    """Let the garbage collector ignore modules and tests, and run it seldom for everything else."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000)
    gc.enable()


@pytest.fixture(scope="session", autouse=True)
def botocore_files() -> Iterator[None]:
    """Share botocore's files: each session of boto3 has a loader of its own, which would read them again."""
    loaded = lru_cache(maxsize=None)(JSONFileLoader().load_file)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(JSONFileLoader, "load_file", lambda _, file_path: loaded(file_path))
        for name in ("list_available_services", "list_api_versions"):
            patch.setattr(Loader, name, listed_once(getattr(Loader, name)))
        yield


@pytest.fixture(scope="session", autouse=True)
def botocore_handlers() -> Iterator[None]:
    """Cache signatures and event aliases: each session of boto3 reads them again for each of its 130 handlers."""
    takes_keywords = lru_cache(maxsize=None)(hooks.accepts_kwargs)
    alias = vars(hooks.EventAliaser)["_alias_event_name"]
    aliases: dict[str, str] = {}

    def known(aliaser: hooks.EventAliaser, event_name: str) -> str:
        if event_name not in aliases:
            aliases[event_name] = alias(aliaser, event_name)
        return aliases[event_name]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hooks.EventAliaser, "_alias_event_name", known)
        # The cache keeps the function behind a method, not the method, which would keep its session alive.
        patch.setattr(hooks, "accepts_kwargs", lambda handler: takes_keywords(getattr(handler, "__func__", handler)))
        yield


def listed_once(listed: Callable[..., list[str]]) -> Callable[..., list[str]]:
    """The loader's method, which lists the same folders only once."""
    lists: dict[tuple[str, ...], list[str]] = {}

    def known(loader: Loader, *names: str, **more: str) -> list[str]:
        folders = (*loader.search_paths, *names, *more.values())
        if folders not in lists:
            lists[folders] = listed(loader, *names, **more)
        return [*lists[folders]]

    return known


@pytest.fixture(scope="session", autouse=True)
def certificates_of_authorities() -> Iterator[None]:
    """Read the system's certificates once: every connection of crhelper would read them again."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ssl, "create_default_context", lru_cache(maxsize=None)(ssl.create_default_context))
        yield


@pytest.fixture(scope="session", autouse=True)
def command_lines() -> Iterator[None]:
    """Build an app's commands once: Typer would make them from their functions at each run, over forty for `osml`."""
    made = lru_cache(maxsize=None)(typer.main.get_command)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(typer.main, "get_command", made)
        patch.setattr(typer.testing, "_get_command", made)
        yield
