"""The JSON Schema of environment files, with which editors complete settings, explain them, and mark errors.

The schema refuses what the types of the settings refuse. Rules across settings (`settings/rules/`) are not in it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from settings.description import description
from settings.environment import Environment
from settings.recipe import RECIPES, Preset

Schema = dict[str, Any]
DIALECT = "http://json-schema.org/draft-07/schema#"
FILE = "schema.json"
FIRST_LINE = f"# yaml-language-server: $schema={FILE}"
# YAML 1.2, which editors read, has no other word for false; PyYAML reads these as false.
OFF = {"enum": [False, "off", "no"], "description": "None."}
_NULL = {"type": "null"}
_REFERENCE = "#/definitions/{model}"


class _Described(GenerateJsonSchema):
    """Adds a description to each setting."""

    def model_schema(self, schema: Any) -> Schema:
        made = super().model_schema(schema)
        for name, content in made.get("properties", {}).items():
            content["description"] = description(schema["cls"], name, content)
        return made


def schema() -> Schema:
    """The schema of all environment files, in which recipes preset some settings."""
    made = Environment.model_json_schema(ref_template=_REFERENCE, schema_generator=_Described)
    definitions = made.pop("$defs")
    for _, discriminator in _discriminators(made):
        for reference in discriminator["mapping"].values():
            # The recipe may choose the kind or provider; if it does not, `_of_recipe` requires the setting.
            member = definitions[reference.rpartition("/")[2]]
            member["required"] = [name for name in member.get("required", ()) if name != discriminator["propertyName"]]
    root: Schema = _written(made)
    del root["properties"]["name"]
    written = {name: _written(definition) for name, definition in definitions.items()}
    for group, name in ((root, "keeper"), (written["Retrieval"], "hybrid")):
        setting = group["properties"][name]
        group["properties"][name] = {"description": setting.pop("description"), "anyOf": [setting, OFF]}
    presets = {name for preset in RECIPES.values() for name in preset}
    root["required"] = [name for name in made["required"] if name not in {"name", *presets}]
    root["allOf"] = [_of_recipe(recipe, preset, made, definitions) for recipe, preset in RECIPES.items()]
    return {
        "$schema": DIALECT,
        **root,
        "definitions": written,
    }


def text() -> str:
    """The text of the schema's file."""
    return json.dumps(schema(), indent=1, ensure_ascii=False) + "\n"


def _written(value: Any) -> Any:
    """A part of a schema without titles, without null, which files must not contain, and with choices as rules."""
    if isinstance(value, list):
        return [_written(part) for part in value if part != _NULL]
    if not isinstance(value, dict):
        return value
    if "discriminator" in value:
        return {**_choice(value["discriminator"]), **{name: value[name] for name in value if name == "description"}}
    kept = {
        name: {each: _written(part) for each, part in content.items()} if name == "properties" else _written(content)
        for name, content in value.items()
        if name != "title" and not (name == "default" and content is None)
    }
    if "patternProperties" in kept:
        kept = {**kept, "patternProperties": _entries(value["patternProperties"]), "additionalProperties": False}
    options = kept.get("anyOf", [])
    if len(options) == 1:
        del kept["anyOf"]
        return {**options[0], **kept}
    return kept


def _entries(patterns: Mapping[str, Any]) -> Schema:
    """The schema of a group's named entries; recipes do not complete them, so they must choose their kind."""
    return {
        pattern: {**_written(entry), "required": [entry["discriminator"]["propertyName"]]}
        if "discriminator" in entry
        else _written(entry)
        for pattern, entry in patterns.items()
    }


def _choice(discriminator: Mapping[str, Any]) -> Schema:
    """A group whose `kind` or `provider` determines its settings: an editor reports errors only for that choice."""
    name, members = discriminator["propertyName"], discriminator["mapping"]
    return {
        "type": "object",
        "properties": {
            name: {"enum": sorted(members), "description": "The other settings of this group depend on it."}
        },
        "allOf": [
            {"if": {"properties": {name: {"const": kind}}, "required": [name]}, "then": {"$ref": reference}}
            for kind, reference in members.items()
        ],
    }


def _of_recipe(recipe: str, preset: Preset, made: Schema, definitions: Mapping[str, Any]) -> Schema:
    """The rule for files with this recipe: they must make the choices that the recipe leaves open."""
    properties: Schema = {}
    required = []
    for name, discriminator in _discriminators(made):
        choice = discriminator["propertyName"]
        chosen = (preset.get(name) or {}).get(choice)
        if chosen is None:
            properties[name] = {"required": [choice]}
            if name in made["required"]:
                required.append(name)
            continue
        reference = discriminator["mapping"][chosen]
        properties[name] = {"if": {"not": {"required": [choice]}}, "then": {"$ref": reference}}
        if definitions[reference.rpartition("/")[2]]["required"]:
            required.append(name)
    return {
        "if": {"properties": {"recipe": {"const": recipe}}, "required": ["recipe"]},
        "then": {"properties": properties, "required": required},
    }


def _discriminators(made: Schema) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, content in made["properties"].items():
        for option in (content, *content.get("anyOf", ())):
            if "discriminator" in option:
                yield name, option["discriminator"]
