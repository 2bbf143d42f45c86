"""The JSON Schema of environment files refuses only what the settings' types refuse."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator
from pydantic import ValidationError

from osml.place import CHECKOUT
from settings.description import sentences
from settings.environment import Environment
from settings.recipe import RECIPES
from settings.schema import FILE, FIRST_LINE, schema
from settings.sources.website import Website
from tests.unit.test_sentence import each_setting as settings_of_all_files
from tests.unit.test_sentence import holder_of

LONGEST_DESCRIPTION = 600
SENTENCE = re.compile(r"[A-Z0-9`].*\.", re.DOTALL)
ENVIRONMENTS = CHECKOUT / "environments"
FILES = [*sorted(ENVIRONMENTS.glob("*.yaml")), *sorted((Path(__file__).parent / "files" / "whole").glob("*.yaml"))]
SCHEMA = Draft7Validator(schema())
# ml-commons gets this part as it is written.
FREE = ("answer", "connector")
Place = tuple[str | int, ...]


def read(file: Path) -> dict[str, Any]:
    settings: dict[str, Any] = yaml.safe_load(file.read_text())
    return settings


def accepted(settings: dict[str, Any]) -> bool:
    """Whether the types and the rules of the settings accept a file."""
    try:
        Environment.model_validate({**settings, "name": "any"})
    except ValidationError:
        return False
    return True


def each_setting() -> Iterator[tuple[dict[str, Any], Place]]:
    """Every setting once, also when several files contain it: the settings of its file, and its path."""
    for model, settings, path in settings_of_all_files():
        if model is Environment:
            yield {name: value for name, value in settings.items() if name != "name"}, path


def changed(settings: dict[str, Any], path: Place, **change: Any) -> dict[str, Any]:
    """A copy without the setting at `path`, or with another `name` or `value` there."""
    made, group = holder_of(settings, path)
    value = group.pop(path[-1]) if "value" not in change else change["value"]
    if change:
        group[change.get("name", path[-1])] = value
    return made


def test_the_committed_file_is_the_schema_of_the_settings() -> None:
    assert json.loads((ENVIRONMENTS / FILE).read_text()) == schema(), "write it again with `make schema`"
    Draft7Validator.check_schema(schema())


def test_each_environment_names_the_schema_in_its_first_line() -> None:
    assert [file.name for file in ENVIRONMENTS.glob("*.yaml") if file.read_text().splitlines()[0] != FIRST_LINE] == []


def test_each_setting_has_a_short_description() -> None:
    made = schema()
    groups = {"the file": made, **made["definitions"]}
    settings = {
        f"{group}.{name}": setting.get("description", "")
        for group, content in groups.items()
        for name, setting in content.get("properties", {}).items()
    }
    assert len(settings) > 400
    assert [name for name, text in settings.items() if not SENTENCE.fullmatch(text)] == []
    assert [name for name, text in settings.items() if len(text) > LONGEST_DESCRIPTION] == []


def test_a_choice_is_described_before_it_is_made() -> None:
    for name in ("search", "embedding", "answer"):
        setting = schema()["properties"][name]
        assert SENTENCE.fullmatch(setting["description"])
        [choice] = setting["properties"].values()
        assert SENTENCE.fullmatch(choice["description"])


def test_a_description_is_what_the_docstring_says_with_the_default_and_the_limits() -> None:
    described = schema()["definitions"]["Website"]["properties"]["depth"]["description"]
    stated = next(said for said in sentences(Website) if "`depth`" in said)
    assert described == f"{stated} Default: 5. 0 or more, 50 or less."


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_file_that_the_settings_accept_fits(file: Path) -> None:
    assert [error.message for error in SCHEMA.iter_errors(read(file))] == []


@pytest.mark.thorough
def test_an_unknown_setting_and_a_wrong_kind_of_value_are_refused() -> None:
    missed: list[Place] = []
    for settings, path in each_setting():
        wrong = [changed(settings, path, value={"no": "setting"})]
        if isinstance(path[-1], str):
            wrong.append(changed(settings, path, name=f"{path[-1]}_x"))
        # A declared field may have any name.
        missed += [path for item in wrong if path[:2] != FREE and SCHEMA.is_valid(item) and not accepted(item)]
    assert missed == []


@pytest.mark.thorough
def test_no_file_is_refused_that_the_settings_accept() -> None:
    without = [(path, changed(settings, path)) for settings, path in each_setting() if isinstance(path[-1], str)]
    assert [path for path, value in without if not SCHEMA.is_valid(value) and accepted(value)] == []


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_missing_choice_is_refused_unless_the_recipe_makes_it(recipe: str) -> None:
    settings = read(ENVIRONMENTS / "dev.yaml") | {"recipe": recipe}
    for name, choice in (("search", "kind"), ("embedding", "provider"), ("answer", "provider")):
        preset = (RECIPES[recipe].get(name) or {}).get(choice)
        wrong = changed(settings, (name, choice))
        errors = [error.message for error in SCHEMA.iter_errors(wrong)]
        assert (f"'{choice}' is a required property" in errors) is (preset is None), errors


@pytest.mark.parametrize("change", [{"keeper": False}, {"retrieval": {"hybrid": False}}])
def test_what_is_there_by_default_may_be_switched_off(change: dict[str, Any]) -> None:
    settings = {**read(ENVIRONMENTS / "dev.yaml"), **change}
    assert accepted(settings)
    assert SCHEMA.is_valid(settings)
