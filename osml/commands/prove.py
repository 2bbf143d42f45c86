"""The command `osml prove`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from osml import agreement
from osml.commands.options import Sandbox
from osml.exit_code import FAILED
from osml.failure import Failure
from osml.terminal import shown

if TYPE_CHECKING:
    from osml.prove.report import Seen

PANEL = "Set up"


def prove(
    sandbox: Sandbox = False,
    only: Annotated[str | None, typer.Option(help="Only `domain` or only `collection`; both by default.")] = None,
    answer: Annotated[str | None, typer.Option(help="A Bedrock chat model that the account may use.")] = None,
    report: Annotated[Path, typer.Option(help="File for the report.")] = Path("proof.md"),
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before money is spent.")] = False,
) -> None:
    """Prove that everything works on your account: deploy throwaway environments, use them, and remove them.

    The command creates the smallest domain, then a collection, in the region of the shell or its profile. For each one
    it runs the preflight, deploys, loads documents, asks questions, deploys again and destroys it. For the domain it
    also finds out facts that only AWS can show. It first shows the costs, and asks for confirmation. Everything is
    removed at the end, also after a failure or Ctrl-C. The report, in Markdown, has no account, address or key; you can
    paste it into an issue. The exit code is 0 when every step succeeded and nothing is left, otherwise 1.
    """
    import boto3

    from osml.place import place, require_checkout
    from osml.prove import prove as proof
    from osml.prove.trial import ANSWER, KINDS
    from osml.region import chosen, missing, settle
    from osml.remote.identity import required

    console = Console(stderr=True)
    if only not in (None, *KINDS):
        raise Failure(f"--only is {only!r}; write domain or collection.")
    require_checkout()
    instance = place(None, sandbox=True).instance if sandbox else None
    region = chosen(None, "the environment's file")
    if region is None:
        raise missing(None)
    settle(region)
    caller = required(boto3.Session(region_name=region.name), "of the proof", None)
    trials = proof.trials([only] if only else KINDS, instance, caller, region.name, answer or ANSWER)
    where = "the local cloud" if instance else f"the account {caller.account}, region {region.name} ({region.source})"
    _print(console, f"The proof creates {' and '.join(trial.name for trial in trials)} in {where}, and removes them.")
    _print(console, f"It costs at most {sum(map(proof.estimate, trials)):.2f} USD, and takes up to two hours.")
    if not instance and not yes:
        agreement.require("Go on?")
    reports = []
    for trial in trials:
        _print(console, f"[bold]{trial.name}[/]")
        done = proof.run(trial, caller, region.name, lambda seen: _print(console, _line(seen)))
        reports.append(done)
        report.write_text("\n".join(proven.markdown() for proven in reports))
        if left := proof.remains(trial):
            _print(console, f"[red]✗[/] Some resources of {trial.name} may be left. Remove them with `{shown(left)}`.")
        if any(step.answer == "interrupted" for step in done.steps):
            break
    _print(console, f"The report is in {shown(str(report))}.")
    if len(reports) < len(trials) or not all(proven.good for proven in reports):
        raise typer.Exit(FAILED)


def _line(seen: "Seen") -> str:
    from osml.prove.report import SIGNS

    return f"{SIGNS[seen.good]} {shown(seen.what)} ({seen.seconds:.1f} s): {shown(seen.answer)}"


def _print(console: Console, text: str) -> None:
    console.print(text, highlight=False, soft_wrap=True)
