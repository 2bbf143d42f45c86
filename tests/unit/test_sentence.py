"""Any value of any type for each setting is valid, or gets a sentence that names the setting and a fix."""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import copy
from typing import Any, get_args

import pytest
import yaml
from pydantic import BaseModel, ValidationError

from osml.place import CHECKOUT
from settings import Environment
from settings.delivery import Delivery
from settings.quoted import HIDDEN, looks_like_a_key, value
from settings.sentence import sentence
from tests.unit.properties import DEEP

# Together these files contain every setting.
WHOLE: dict[str, dict[str, Any]] = {
    file.stem: yaml.safe_load(file.read_text())
    for file in sorted((CHECKOUT / "tests" / "unit" / "files" / "whole").glob("*.yaml"))
}
DELIVERY: dict[str, Any] = {
    "source": {"codecommit": "osml", "branch": "main"},
    "account": "111122223333",
    "region": "us-east-1",
    "smoke": {
        "question": "Who?",
        "documents": ["a.ndjson"],
        "expect": ["b"],
        "answers": {
            "questions": "q.ndjson",
            "judge": True,
            "faithfulness": 0.9,
            "citation_precision": 0.8,
            "citation_recall": 0.5,
        },
    },
    "stages": [{"environment": "dev", "approval": True, "smoke": {"question": "Who?"}}],
}
WRONG: tuple[Any, ...] = (
    *(None, True, 0, -1, 10**17, 1.5, "", "x", "x" * 5000, "a\nb", "ä", "*", "arn:aws:iam::1:role/x", "٣", "Create"),
    *([], [1], [None], ["x", "x"], {}, {"x": 1}, {"a b": 1}),
)
# Words that help nobody: Python's names, and pydantic's own messages.
NOBODY = re.compile(r"<class|Input should|None is None|must be must|of another kind|^\s*is |\.\.|object at 0x|ctx")


def places(given: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """All paths within the value."""
    for key, item in given.items() if isinstance(given, dict) else enumerate(given) if isinstance(given, list) else ():
        yield (*path, key)
        yield from places(item, (*path, key))


def holder_of(settings: dict[str, Any], path: tuple[Any, ...]) -> tuple[dict[str, Any], Any]:
    """A copy of the settings that shares everything except the groups along `path`, and the last of these groups."""
    changed = copy(settings)
    holder: Any = changed
    for key in path[:-1]:
        holder[key] = copy(holder[key])
        holder = holder[key]
    return changed, holder


def spoiled(settings: dict[str, Any], path: tuple[Any, ...], wrong: Any) -> dict[str, Any]:
    changed, holder = holder_of(settings, path)
    holder[path[-1]] = wrong
    return changed


def said(model: type[BaseModel], settings: dict[str, Any]) -> str:
    """The sentence, empty when the settings are valid."""
    try:
        model.model_validate(settings)
    except ValidationError as fault:
        return sentence(fault, model)
    return ""


def check(text: str) -> None:
    assert not NOBODY.search(text), text
    assert "\n" not in text
    assert len(text) < 700, text
    # What the value is or lacks, and what to do about it.
    assert "; " in text or " must look like " in text or " must match " in text, text


@pytest.mark.parametrize("name", WHOLE)
def test_all_of_it_is_right(name: str) -> None:
    assert said(Environment, {**WHOLE[name], "name": "other"}) == ""


def test_a_delivery_is_right() -> None:
    assert said(Delivery, DELIVERY) == ""


def each_setting() -> Iterator[tuple[type[BaseModel], dict[str, Any], tuple[Any, ...]]]:
    """Every setting once, also when several files contain it: the model, the file's settings, and the path."""
    known: set[tuple[Any, ...]] = set()
    files: list[tuple[type[BaseModel], dict[str, Any]]] = [
        *((Environment, {**settings, "name": "other"}) for settings in WHOLE.values()),
        (Delivery, DELIVERY),
    ]
    for model, settings in files:
        kinds = tuple(
            (group.get("kind"), group.get("provider"), group.get("endpoint") == "create")
            for group in (settings.get("search", {}), settings.get("embedding", {}), settings.get("answer", {}))
        )
        of_group = dict(zip(("search", "embedding", "answer"), kinds, strict=True))
        for path in places(settings):
            key = (model, of_group.get(path[0]), *(0 if isinstance(item, int) else item for item in path))
            if path[0] != "name" and key not in known:
                known.add(key)
                yield model, settings, path


@pytest.mark.thorough
def test_any_value_in_any_place() -> None:
    seen, every = 0, 1 if DEEP else 4
    for number, (model, settings, path) in enumerate(each_setting()):
        for wrong in WRONG[number % every :: every]:
            text = said(model, spoiled(settings, path, wrong))
            if text:
                check(text)
                seen += 1
    assert seen > 500


@pytest.mark.thorough
def test_a_setting_that_is_missing_and_one_that_nobody_knows() -> None:
    for model, settings, path in each_setting():
        changed, holder = holder_of(settings, path)
        del holder[path[-1]]
        if text := said(model, changed):
            check(text)
        if isinstance(holder, dict):
            holder["nonsense"] = 1
            if text := said(model, changed):
                check(text)


def fields(model: type[BaseModel], seen: set[type[BaseModel]]) -> Iterator[tuple[type[BaseModel], str, Any]]:
    """All settings of a model and of its nested groups."""
    if model in seen:
        return
    seen.add(model)
    for name, field in model.model_fields.items():
        yield model, name, field
        waiting = [field.annotation]
        while waiting:
            annotation = waiting.pop()
            if isinstance(annotation, type) and issubclass(annotation, BaseModel):
                yield from fields(annotation, seen)
            waiting += get_args(annotation)


def test_every_setting_is_set_somewhere() -> None:
    """Therefore the tests above try all settings."""
    reached = {path[-1] for settings in (*WHOLE.values(), DELIVERY) for path in places(settings)}
    rest = {"connection", "repository"}
    missing = {name for model in (Environment, Delivery) for _, name, _ in fields(model, set())} - reached - rest
    assert missing == {"name"} - reached


def test_patterns_take_ascii_only_and_have_an_example() -> None:
    r"""In Python, `\d` and `\w` match all of Unicode: an account number in Arabic digits would pass."""
    count = 0
    for model, name, field in [field for root in (Environment, Delivery) for field in fields(root, set())]:
        for text in re.findall(r"pattern='((?:[^'\\]|\\.)*)'", repr(field)):
            count += 1
            assert not re.search(r"\\\\?[dws]", text, re.IGNORECASE), f"{model.__name__}.{name}: {text}"
            assert field.examples or name in ("model", "fields"), f"{model.__name__}.{name} has no example"
    assert count > 30


@pytest.mark.parametrize(
    "key",
    [
        "sk-0123456789abcdef0123456789abcdef",
        "sk-proj-Ab12Cd34Ef56Gh78",
        "sk-ant-api03-Ab12Cd34Ef56Gh78",
        "AKIAIOSFODNN7EXAMPLE",
        "gsk_Ab12Cd34Ef56Gh78Ij90",
        "hf_Ab12Cd34Ef56Gh78Ij90",
        "AIzaSyA1234567890abcdefghijk",
        "eyJhbGciOiJIUzI1NiJ9.e30",
        "0123456789abcdef0123456789abcdef",
        "-----BEGIN PRIVATE KEY-----",
    ],
)
def test_a_key_is_known_and_never_repeated(key: str) -> None:
    assert looks_like_a_key(key)
    assert value(key) == HIDDEN
    settings = {**WHOLE["domain"], "name": "other"}
    for path in (("recipe",), ("search", "engine_version"), ("answer", "secret"), ("answer", "secret", "name")):
        assert key not in said(Environment, spoiled(settings, path, key))
    assert key not in said(Environment, {**settings, key: 1})


@pytest.mark.parametrize("name", ["osml/dev/deepseek", "team-2026/key.v_1", "prod_DeepSeek_api_key", "sk-learn/key"])
def test_a_name_is_no_key(name: str) -> None:
    assert not looks_like_a_key(name)
