"""One import: read, choose, draft, plan; and then, when a person agrees, the file and the marks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlcommons import Client
from osml.failure import Failure
from osml.init.draft import checked
from osml.takeover import answers, contents, marking, synthesis
from osml.takeover.choice import Choice, Chooser, problems
from osml.takeover.draft import AdoptedDomain, alias_for, draft
from osml.takeover.plan import Plan, index_version, plan
from osml.takeover.tree import Tree, tree
from settings import SettingError
from settings.environment import prefix_of


@dataclass(frozen=True)
class Takeover:
    """What would be adopted: the tree of the domain, the text of the file, the plan, and sentences for a person."""

    tree: Tree
    choice: Choice
    text: str
    plan: Plan
    notes: tuple[str, ...]

    def json(self) -> dict[str, Any]:
        """All of it for programs."""
        return {
            "tree": self.tree.json(),
            "plan": self.plan.json(),
            "left": list(self.choice.left),
            "notes": list(self.notes),
            "file": self.text,
        }


def seen(client: Client) -> tuple[contents.Contents, Tree]:
    """The contents of the engine, also as a tree. Each deployed model of a known provider is called once."""
    there = contents.read(client)
    return there, tree(there, answers.silent(client, there))


def prepared(
    client: Client,
    there: contents.Contents,
    grown: Tree,
    domain: AdoptedDomain,
    name: str,
    *,
    index: str | None = None,
    pipeline: str | None = None,
    secrets: Mapping[str, str] | None = None,
) -> Takeover:
    """Everything that an import would write; this function writes nothing. Raises Failure."""
    named = {group: f"osml/{name}/{group}" for group in ("embedding", "answer")} | dict(secrets or {})
    choice = Chooser(there, f"{prefix_of(name)}-knowledge", named).choose(index, pipeline)
    dimension = _dimension(client, there, choice)
    alias = alias_for(there, choice.index)
    text = draft(there, choice, domain, alias, dimension=dimension)
    try:
        checked(name, text)
    except SettingError as error:
        raise Failure(f"The existing objects cannot be expressed by settings. {error}") from None
    templates = synthesis.templates(name, text)
    text = draft(there, choice, domain, alias, index_version(templates), dimension=dimension)
    models = [model for model in (choice.embedding, choice.answer) if model]
    notes = [note for model in models for note in model.provider.notes]
    silent = {node.id for node in grown.broken if node.kind == "model"}
    notes += [
        f"The next deploy fails until the model {model.model} is deployed and answers."
        for model in models
        if model.model in silent
    ]
    if choice.embedding is None:
        notes.append("No model for embeddings can be adopted: the file names Titan on Bedrock. Change it as you like.")
    if choice.index:
        notes += [
            f"{choice.index} gets the alias {alias}, by which osml searches it. The old name stays valid.",
            "Existing documents are found as before. They have no osml id, so `osml documents` does not list them. "
            "Hybrid search cannot find their words, so the file turns it off.",
        ]
    return Takeover(grown, choice, text, plan(client, there, choice, templates), (*problems(there, choice), *notes))


def write(client: Client, takeover: Takeover, file: Path) -> list[str]:
    """Write the file, then the marks, and return sentences about what is lost. May be repeated after a failure.

    Raises Failure and `ProvisioningError`.
    """
    if file.exists() and file.read_text(encoding="utf-8") != takeover.text:
        raise Failure(f"{file} already exists with other settings. Choose another name, or remove it.")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(takeover.text, encoding="utf-8")
    fields = takeover.choice.text_field, takeover.choice.id_field
    return [lost for adoption in takeover.plan.adoptions if (lost := marking.mark(client, adoption, *fields))]


def _dimension(client: Client, there: contents.Contents, choice: Choice) -> int | None:
    """The length of the embedding model's vectors, which is that of the index. Raises Failure."""
    model = choice.embedding
    if model is None:
        return None
    length = answers.dimension(client, model.model, model.provider)
    if length is None:
        raise Failure(f"The model {model.model} answers without a vector, so nothing can be adopted with it.")
    if choice.index:
        field = there.indexes[choice.index]["mappings"]["properties"][choice.embedding_field]
        if int(field["dimension"]) != length:
            raise Failure(
                f"The model {model.model} returns vectors with {length} dimensions, but the field "
                f"{choice.embedding_field} of "
                f"{choice.index} has dimension {field['dimension']}.",
                "dimension-mismatch",
            )
    return length
