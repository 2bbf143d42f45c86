"""What belongs together in an engine, what nothing uses, and what is broken."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from osml.takeover.contents import Contents, owner_of
from osml.takeover.provider import holds_a_key

_MODEL = re.compile(r'"(?:model_id|default_model_id|embedding_model_id)": "([^"]+)"')
_AGENT = re.compile(r'"agent_id": "([^"]+)"')


@dataclass(frozen=True)
class Node:
    """An object with what it uses; `faults` are sentences about it, `owner` is the stack whose mark it has."""

    kind: str
    id: str
    name: str
    faults: tuple[str, ...] = ()
    owner: str | None = None
    uses: tuple[Node, ...] = ()
    state: str = ""

    @property
    def everything(self) -> Iterator[Node]:
        """The node, and all that it uses."""
        yield self
        for used in self.uses:
            yield from used.everything

    def json(self) -> dict[str, Any]:
        """The node for programs."""
        shown: dict[str, Any] = {"kind": self.kind, "id": self.id, "name": self.name}
        if self.state:
            shown["state"] = self.state
        if self.owner:
            shown["owner"] = self.owner
        return shown | {"faults": list(self.faults), "uses": [used.json() for used in self.uses]}


@dataclass(frozen=True)
class Tree:
    """`roots` are indexes, pipelines and agents that no other object names; `unused` belong to none of them.

    On a collection the roots are APIs, functions and roles, which lead to the indexes that they may use.
    """

    roots: tuple[Node, ...]
    unused: tuple[Node, ...]
    place: str = "domain"

    @property
    def broken(self) -> list[Node]:
        """Every object with a fault, once."""
        nodes = [node for root in (*self.roots, *self.unused) for node in root.everything if node.faults]
        return list({(node.kind, node.id): node for node in nodes}.values())

    def json(self) -> dict[str, Any]:
        """The tree for programs."""
        return {"roots": [node.json() for node in self.roots], "unused": [node.json() for node in self.unused]}


def models_of(body: Any) -> list[str]:
    """The ids of the models that a pipeline or an agent names, each once."""
    return list(dict.fromkeys(_MODEL.findall(json.dumps(body))))


def processors(pipeline: dict[str, Any]) -> list[str]:
    """The names of all processors of an ingest or search pipeline."""
    lists = [steps for steps in pipeline.values() if isinstance(steps, list)]
    return [name for steps in lists for step in steps if isinstance(step, dict) for name in step]


@dataclass
class _Growing:
    contents: Contents
    silent: dict[str, str]
    seen: set[tuple[str, str]] = field(default_factory=set)

    def index(self, name: str) -> Node:
        body = self.contents.indexes[name]
        settings, uses, faults = body.get("settings", {}).get("index", {}), [], []
        given = {
            "ingest": settings.get("default_pipeline"),
            "search": settings.get("search", {}).get("default_pipeline"),
        }
        for kind, pipeline in given.items():
            if pipeline and pipeline != "_none":
                there = self._pipelines(kind)
                if pipeline in there:
                    uses.append(self.pipeline(kind, pipeline))
                else:
                    faults.append(f"It names the {kind} pipeline {pipeline}, which does not exist.")
        return self._node("index", name, name, body, uses, faults)

    def pipeline(self, kind: str, name: str) -> Node:
        body = self._pipelines(kind)[name]
        uses, faults = self._models(body)
        agents = list(dict.fromkeys(_AGENT.findall(json.dumps(body))))
        uses += [self.agent(id) for id in agents if id in self.contents.agents]
        faults += [f"It names the agent {id}, which does not exist." for id in agents if id not in self.contents.agents]
        return self._node(f"{kind} pipeline", name, name, body, uses, faults)

    def agent(self, id: str) -> Node:
        body = self.contents.agents[id]
        uses, faults = self._models(body)
        return self._node("agent", id, str(body.get("name")), body, uses, faults)

    def model(self, id: str) -> Node:
        body = self.contents.models[id]
        uses, faults, state = [], [], str(body.get("model_state", ""))
        group, connector = body.get("model_group_id"), body.get("connector_id")
        for kind, used, there in (
            ("model group", group, self.contents.groups),
            ("connector", connector, self.contents.connectors),
        ):
            if used and used in there:
                uses.append(self._leaf(kind, used, there[used]))
            elif used:
                faults.append(f"It names the {kind} {used}, which does not exist.")
        if state != "DEPLOYED":
            faults.append(f"It is not deployed: its state is {state}.")
        if id in self.silent:
            faults.append(f"It does not answer: {self.silent[id]}")
        return self._node("model", id, str(body.get("name")), body, uses, faults, state)

    def unused(self) -> Iterator[Node]:
        """Objects that no index, pipeline or agent leads to. A model comes before what it uses."""
        for id in self.contents.models:
            if ("model", id) not in self.seen:
                yield self.model(id)
        for kind, there in (("connector", self.contents.connectors), ("model group", self.contents.groups)):
            for id, body in there.items():
                if (kind, id) not in self.seen:
                    yield self._leaf(kind, id, body)

    def _leaf(self, kind: str, id: str, body: dict[str, Any]) -> Node:
        held = kind == "connector" and holds_a_key(body)
        key = "It contains a key, which everybody who may read connectors can see. Store the key in a secret."
        return self._node(kind, id, str(body.get("name")), body, [], [key] if held else [])

    def _models(self, body: dict[str, Any]) -> tuple[list[Node], list[str]]:
        named = models_of(body)
        gone = [id for id in named if id not in self.contents.models]
        uses = [self.model(id) for id in named if id in self.contents.models]
        return uses, [f"It names the model {id}, which does not exist." for id in gone]

    def _pipelines(self, kind: str) -> dict[str, Any]:
        return self.contents.ingest_pipelines if kind == "ingest" else self.contents.search_pipelines

    def _node(
        self, kind: str, id: str, name: str, body: Any, uses: list[Node], faults: list[str], state: str = ""
    ) -> Node:
        self.seen.add((kind, id))
        owner = owner_of(body)
        return Node(kind, id, name, tuple(faults), owner.stack if owner else None, tuple(uses), state)


def tree(contents: Contents, silent: dict[str, str] | None = None) -> Tree:
    """The tree of the objects in an engine; `silent` are models that do not answer, each with the reason."""
    growing = _Growing(contents, silent or {})
    roots = [growing.index(name) for name in sorted(contents.indexes)]
    for kind, there in (("ingest", contents.ingest_pipelines), ("search", contents.search_pipelines)):
        alone = [name for name in sorted(there) if (f"{kind} pipeline", name) not in growing.seen]
        roots += [growing.pipeline(kind, name) for name in alone]
    roots += [growing.agent(id) for id in sorted(contents.agents) if ("agent", id) not in growing.seen]
    return Tree(tuple(roots), tuple(growing.unused()))
