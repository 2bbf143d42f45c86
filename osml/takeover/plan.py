"""What a deploy changes in the objects that an environment adopts, read from the environment's templates."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mlcommons import Client, Owner, kind_named
from mlcommons.compare import contradicts, flattened
from mlcommons.kinds import CUSTOM
from mlcommons.owner import digest_of
from osml.takeover.choice import Choice
from osml.takeover.contents import Contents
from osml.takeover.index_fields import added

Template = Mapping[str, Any]


@dataclass(frozen=True)
class Adoption:
    """An object that gets the mark of `owner`, and what the next deploy changes in it, a few words each."""

    kind: str
    id: str
    owner: Owner
    spec: dict[str, Any]
    changes: tuple[str, ...]

    @property
    def digest(self) -> str | None:
        """The digest in the mark of a model, by which a deploy finds it."""
        generation = self.spec.get("generation")
        return digest_of(generation) if self.kind == "Model" and generation else None


@dataclass(frozen=True)
class Plan:
    """`adoptions` in the order of the marks; `made` are objects that the next deploy makes, as kind and name."""

    adoptions: tuple[Adoption, ...]
    made: tuple[str, ...]

    def json(self) -> dict[str, Any]:
        """The plan for programs."""
        adopted = [
            {"kind": each.kind, "id": each.id, "owner": str(each.owner), "changes": list(each.changes)}
            for each in self.adoptions
        ]
        return {"adopted": adopted, "made": list(self.made)}


def plan(client: Client, contents: Contents, choice: Choice, templates: Mapping[str, Template]) -> Plan:
    """Compare the templates, by stack, with the objects in the engine. Only reads."""
    ids = _ids(contents, choice)
    adoptions, made = [], []
    for stack, template in templates.items():
        resources = {id: each for id, each in template["Resources"].items() if each["Type"].startswith(CUSTOM)}
        known = {id: _physical_id(each, ids) for id, each in resources.items() if each["Properties"].get("Adopted")}
        for logical_id, resource in resources.items():
            kind, spec = resource["Type"].removeprefix(CUSTOM), _spec(resource, known, resources)
            if logical_id not in known:
                made.append(f"{kind} {spec.get('name') or spec.get('role') or logical_id}")
                continue
            owner = Owner(stack, logical_id)
            changes = tuple(_changes(client, kind, known[logical_id], owner, spec, choice))
            adoptions.append(Adoption(kind, known[logical_id], owner, spec, changes))
    return Plan(tuple(adoptions), tuple(sorted(made)))


def index_version(templates: Mapping[str, Template]) -> str | None:
    """The index version of the templates' embedding model; None without such a model."""
    for template in templates.values():
        for resource in template["Resources"].values():
            if resource["Type"] == f"{CUSTOM}Model":
                generation = _spec(resource, {}, {}).get("generation")
                if generation:
                    return str(generation)
    return None


def _ids(contents: Contents, choice: Choice) -> dict[tuple[str, str], str]:
    """Ids of models and groups by kind and name."""
    ids = {}
    for model in filter(None, (choice.embedding, choice.answer)):
        ids["Model", contents.models[model.model]["name"]] = model.model
        ids["ModelGroup", contents.groups[model.group]["name"]] = model.group
    return ids


def _physical_id(resource: Mapping[str, Any], ids: Mapping[tuple[str, str], str]) -> str:
    kind, name = resource["Type"].removeprefix(CUSTOM), str(_spec(resource, {}, {})["name"])
    return ids.get((kind, name), name)


def _spec(resource: Mapping[str, Any], known: Mapping[str, str], resources: Mapping[str, Any]) -> dict[str, Any]:
    """The specification. References become ids of adopted objects, names of new pipelines, or else logical ids."""

    def text(part: Any) -> str:
        if isinstance(part, str):
            return part
        referred, _ = part.get("Fn::GetAtt", ["", ""]) if isinstance(part, dict) else ("", "")
        if referred in known:
            return known[referred]
        if referred in resources and resources[referred]["Type"].endswith("Pipeline"):
            return str(_spec(resources[referred], known, resources)["name"])
        return str(referred or "unknown")

    written = resource["Properties"]["Spec"]
    whole = written if isinstance(written, str) else "".join(map(text, written["Fn::Join"][1]))
    spec: dict[str, Any] = json.loads(whole)
    return spec


def _changes(client: Client, kind: str, id: str, owner: Owner, spec: dict[str, Any], choice: Choice) -> Iterator[str]:
    verbs = kind_named(kind)
    observed = verbs.read(client, id, owner)
    if observed is None:
        yield "it does not exist"
        return
    body = observed.body
    if kind == "Index":
        settings = flattened(body.get("settings", {}))
        new = added(body.get("mappings", {}), choice.text_field, choice.id_field)
        yield from _of(new, body["mappings"].get("properties", {}), "the field ")
        yield from _of(flattened(spec["body"].get("settings", {})), settings, "the setting ")
        deployed = {name: field for name, field in spec["body"]["mappings"]["properties"].items() if name not in new}
        yield from _of(deployed, body["mappings"].get("properties", {}), "the field ")
    elif kind.endswith("Pipeline"):
        yield from _steps(body, spec["pipeline"])
    else:
        fields = {name: spec[name] for name in ("name", "connector_id", "model_group_id") if name in spec}
        yield from (f"changes {name}" for name, value in fields.items() if body.get(name) != value)
        if kind == "Model" and body.get("model_state") != "DEPLOYED":
            yield "deploys it"


def _of(wanted: Mapping[str, Any], present: Mapping[str, Any], what: str) -> Iterator[str]:
    for name, value in wanted.items():
        if name not in present:
            yield f"adds {what}{name}"
        elif contradicts({name: present[name]}, {name: value}):
            yield f"changes {what}{name} from {present[name]} to {value}"


def _steps(body: Mapping[str, Any], wanted: Mapping[str, Any]) -> Iterator[str]:
    for name in ("processors", "request_processors", "phase_results_processors", "response_processors"):
        before, after = body.get(name, []), wanted.get(name, [])
        if before != after:
            names = [", ".join(step for each in steps for step in each) or "none" for steps in (before, after)]
            if names[0] != names[1]:
                yield f"changes {name} from {names[0]} to {names[1]}"
                continue
            for old, new in zip(before, after, strict=True):
                (step, was), (_, is_now) = next(iter(old.items())), next(iter(new.items()))
                yield from (f"removes {key} of {step}" for key in was.keys() - is_now.keys())
                yield from (f"changes {key} of {step}" for key in sorted(is_now) if was.get(key) != is_now[key])
