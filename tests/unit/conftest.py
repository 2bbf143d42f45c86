"""What never changes during a run is made once: botocore's files, and the command line of an app."""

import gc
import ssl
from collections.abc import Callable, Iterator
from functools import lru_cache

import pytest
import typer.main
import typer.testing
from botocore import hooks
from botocore.loaders import JSONFileLoader, Loader


def pytest_configure() -> None:
    """What is imported and collected stays until the end: nothing of it is garbage."""
    gc.disable()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A property is tried with a hundred values."""
    for item in items:
        if getattr(getattr(item, "obj", None), "is_hypothesis_test", False):
            item.add_marker("thorough")


def pytest_collection_finish() -> None:
    """The collector looks no more at modules and tests, and seldom at what is left."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000)
    gc.enable()


@pytest.fixture(scope="session", autouse=True)
def botocore_files() -> Iterator[None]:
    """Each session of boto3 has a loader of its own, which lists the services and reads their files again."""
    loaded = lru_cache(maxsize=None)(JSONFileLoader().load_file)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(JSONFileLoader, "load_file", lambda _, file_path: loaded(file_path))
        for name in ("list_available_services", "list_api_versions"):
            patch.setattr(Loader, name, listed_once(getattr(Loader, name)))
        yield


@pytest.fixture(scope="session", autouse=True)
def botocore_handlers() -> Iterator[None]:
    """Each session registers 130 handlers, and looks at the signature of each and at the aliases of its event."""
    takes_keywords = lru_cache(maxsize=None)(hooks.accepts_kwargs)
    alias = vars(hooks.EventAliaser)["_alias_event_name"]
    aliases: dict[str, str] = {}

    def known(aliaser: hooks.EventAliaser, event_name: str) -> str:
        if event_name not in aliases:
            aliases[event_name] = alias(aliaser, event_name)
        return aliases[event_name]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hooks.EventAliaser, "_alias_event_name", known)
        # Of the function behind a method, so that no session is kept.
        patch.setattr(hooks, "accepts_kwargs", lambda handler: takes_keywords(getattr(handler, "__func__", handler)))
        yield


def listed_once(listed: Callable[..., list[str]]) -> Callable[..., list[str]]:
    """The method of loaders, which lists the same folders once."""
    lists: dict[tuple[str, ...], list[str]] = {}

    def known(loader: Loader, *names: str, **more: str) -> list[str]:
        folders = (*loader.search_paths, *names, *more.values())
        if folders not in lists:
            lists[folders] = listed(loader, *names, **more)
        return [*lists[folders]]

    return known


@pytest.fixture(scope="session", autouse=True)
def certificates_of_authorities() -> Iterator[None]:
    """The connections of crhelper read the certificates of the system again, each time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ssl, "create_default_context", lru_cache(maxsize=None)(ssl.create_default_context))
        yield


@pytest.fixture(scope="session", autouse=True)
def command_lines() -> Iterator[None]:
    """Typer makes the commands of an app from their functions at each run, which for `osml` are more than forty."""
    made = lru_cache(maxsize=None)(typer.main.get_command)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(typer.main, "get_command", made)
        patch.setattr(typer.testing, "_get_command", made)
        yield
