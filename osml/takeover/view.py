"""Shows an import to a person: the tree of the domain, what is adopted, and what the next deploy changes."""

from __future__ import annotations

from collections.abc import Iterable

import rich.tree
from rich.console import Console

from osml.takeover.takeover import Takeover
from osml.takeover.tree import Node, Tree
from osml.terminal import shown


def show_tree(tree: Tree) -> None:
    """Print what the domain holds, with faults in colour."""
    console = Console()
    for title, nodes in (("In the domain", tree.roots), ("Nothing in the domain uses", tree.unused)):
        if nodes:
            branch = rich.tree.Tree(title)
            for node in nodes:
                _grow(branch, node)
            console.print(branch, highlight=False, soft_wrap=True)
    if not (tree.roots or tree.unused):
        console.print("The domain is empty: it has no index, no pipeline and no model.")


def show_takeover(takeover: Takeover) -> None:
    """Print what an import would do."""
    console = Console()
    _list(console, "Adopted under the names and ids that they have:", (_adopted(takeover)))
    _list(console, "The next deploy makes:", takeover.plan.made)
    _list(console, "Left as they are, because no setting expresses them:", takeover.choice.left)
    _list(console, "Note:", takeover.notes)


def _adopted(takeover: Takeover) -> Iterable[str]:
    for adoption in takeover.plan.adoptions:
        changes = "; ".join(adoption.changes)
        yield f"{adoption.kind} {adoption.id}: the next deploy {changes or 'changes nothing'}"
    for model in (takeover.choice.embedding, takeover.choice.answer):
        if model:
            yield f"Connector {model.connector}: used as it is, and named in the file"


def _grow(branch: rich.tree.Tree, node: Node) -> None:
    owner = f" of {node.owner}" if node.owner else ""
    id = f" ({node.id})" if node.id != node.name else ""
    leaf = branch.add(shown(f"{node.kind} {node.name}{id}{owner}"))
    for fault in node.faults:
        leaf.add(f"[red]✗[/] {shown(fault)}")
    for used in node.uses:
        _grow(leaf, used)


def _list(console: Console, title: str, sentences: Iterable[str]) -> None:
    lines = list(sentences)
    if lines:
        console.print(f"\n{title}", highlight=False)
        for line in lines:
            console.print(f"  {shown(line)}", highlight=False, soft_wrap=True)
