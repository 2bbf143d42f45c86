"""A person at a terminal keeps, drops or rewrites each proposed question."""

from dataclasses import replace

import typer
from click import Choice
from rich.console import Console

from osml.evaluate.proposals import Proposal

_SHOWN = 300
KEEP, STRIKE, WRITE, END = "k", "s", "w", "e"


def judge(proposal: Proposal) -> Proposal | None:
    """The question to keep, perhaps rewritten; None if it is dropped. Raises EOFError when the person ends."""
    console = Console(soft_wrap=True)
    console.print(f"\n{proposal.question}", style="bold", markup=False)
    console.print(f"{proposal.title or proposal.document}: {proposal.passage[:_SHOWN]}", style="dim", markup=False)
    said = typer.prompt(
        "Keep (k), drop (s), rewrite (w), or end (e)",
        default=KEEP,
        type=Choice([KEEP, STRIKE, WRITE, END], case_sensitive=False),
        show_choices=False,
    )
    if said == END:
        raise EOFError
    if said == WRITE:
        return replace(proposal, question=typer.prompt("The question").strip())
    return proposal if said == KEEP else None
