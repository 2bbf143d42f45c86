"""Prints how well passages support the answers."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from calls.count_of import count_of
from osml.evaluate.answers import Faithfulness
from osml.table import put
from osml.terminal import as_json, shown

# The number of unsupported sentences that a person sees.
SHOWN = 10


def show(measured: Faithfulness, faults: Sequence[str], *, json: bool) -> None:
    """Prints the figures, the sentences that no passage supports, and `faults`: figures below their least value."""
    if json:
        figures = {name.replace(" ", "_"): value for name, value in measured.figures.items()}
        whole = {"answers": measured.answers, "sentences": len(measured.statements), **figures}
        if measured.judge:
            whole |= {"verdicts": measured.judge.verdicts, "unclear": measured.judge.unclear}
        print(as_json({**whole, "unsupported": measured.unsupported, "below": list(faults)}))
        return
    console = Console()
    table = Table("figure", "share", box=None, header_style="bold")
    for name, value in measured.figures.items():
        table.add_row(name, "no citations" if value is None else f"{value:.3f}")
    put(console, table)
    console.print(
        f"{count_of(measured.answers, 'answer')}, {count_of(len(measured.statements), 'sentence')}.",
        highlight=False,
        soft_wrap=True,
    )
    if judge := measured.judge:
        console.print(
            f"The answer model gave {count_of(judge.verdicts, 'verdict')}. Words in common decided where it replied "
            f"neither yes nor no: {count_of(judge.unclear, 'time')}.",
            highlight=False,
            soft_wrap=True,
        )
    lost = [(question, text) for question, texts in measured.unsupported.items() for text in texts]
    for question, text in lost[:SHOWN]:
        console.print(f"[yellow]no passage says[/] {shown(text)} [dim]({shown(question)})[/]", soft_wrap=True)
    if len(lost) > SHOWN:
        console.print(f"--json shows {len(lost) - SHOWN:,} more.", highlight=False, soft_wrap=True)
    for fault in faults:
        console.print(f"[red]✗[/] {fault}", highlight=False, soft_wrap=True)
