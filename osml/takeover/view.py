"""Shows an import to a person: the tree of the domain, what is adopted, and what the next deploy changes."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console

from osml.takeover.takeover import Takeover
from osml.takeover.tree import Node, Tree
from osml.terminal import shown


def show_tree(tree: Tree) -> None:
    """Print what the domain holds, with faults in colour."""
    console = Console()
    for title, nodes in ((f"In the {tree.place}", tree.roots), (f"Nothing in the {tree.place} uses", tree.unused)):
        _list(console, f"{title}:" if nodes else "", (line for node in nodes for line in _lines(node)), markup=True)
    if not (tree.roots or tree.unused):
        console.print(f"The {tree.place} is empty.", soft_wrap=True)


def show_takeover(takeover: Takeover) -> None:
    """Print what an import would do."""
    console = Console()
    _list(console, "Adopted with their names and ids:", _adopted(takeover))
    _list(console, "The next deploy creates:", takeover.plan.made)
    _list(console, "Not changed, because no setting can express them:", takeover.choice.left)
    _list(console, "Note:", takeover.notes)


def _adopted(takeover: Takeover) -> Iterable[str]:
    for adoption in takeover.plan.adoptions:
        changes = "; ".join(adoption.changes)
        yield f"{adoption.kind} {adoption.id}: the next deploy {changes or 'changes nothing'}"
    for model in (takeover.choice.embedding, takeover.choice.answer):
        if model:
            yield f"Connector {model.connector}: used unchanged, and named in the file"


def _lines(node: Node, depth: int = 0) -> Iterable[str]:
    """A line for the node, one for each fault, and those of what it uses."""
    owner = f" of {node.owner}" if node.owner else ""
    id = f" ({node.id})" if node.id != node.name else ""
    state = f": {node.state}" if node.state and node.kind == "index" else ""
    yield "  " * depth + shown(f"{node.kind} {node.name}{id}{owner}{state}")
    for fault in node.faults:
        yield "  " * (depth + 1) + f"[red]✗[/] {shown(fault)}"
    for used in node.uses:
        yield from _lines(used, depth + 1)


def _list(console: Console, title: str, sentences: Iterable[str], *, markup: bool = False) -> None:
    lines = list(sentences)
    if lines:
        console.print(f"\n{title}", highlight=False, soft_wrap=True)
        for line in lines:
            console.print(f"  {line if markup else shown(line)}", highlight=False, soft_wrap=True)
