"""The command `osml evaluate`."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from calls.count_of import count_of
from osml.commands.options import Env, Sandbox
from osml.exit_code import FAILED
from osml.place import Place, place

PANEL = "Documents and questions"

Least = typer.Option(help="With --answers: exit with 1 if the share is below this value.", min=0.0, max=1.0)


class Normalization(StrEnum):
    """What makes scores of words and of meaning comparable."""

    MIN_MAX = "min_max"
    L2 = "l2"
    Z_SCORE = "z_score"


def evaluate(
    questions: Annotated[
        Path,
        typer.Argument(
            help="NDJSON file of labelled questions, as in samples/evaluation, or a folder in BEIR's layout; with "
            "--generate the new file."
        ),
    ],
    env: Env = None,
    sandbox: Sandbox = False,
    words: Annotated[
        list[float] | None,
        typer.Option(help="Also try hybrid search with this weight for words. Repeatable.", min=0.0, max=1.0),
    ] = None,
    normalization: Annotated[
        list[Normalization] | None, typer.Option(help="How --words makes the two scores comparable. Repeatable.")
    ] = None,
    ranks: Annotated[bool, typer.Option("--ranks", help="Also try hybrid search by ranks instead of scores.")] = False,
    compare: Annotated[
        str | None, typer.Option(help="Also measure this deployed environment with the same questions.")
    ] = None,
    report: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Also write the results, with plots, to this HTML file.")
    ] = None,
    unrelated: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="NDJSON file of questions that no document answers: measure wrong answers to these, and refusals of "
            "the others.",
        ),
    ] = None,
    generate: Annotated[
        int | None,
        typer.Option(
            help="Let the answer model propose this many questions from the documents, and write them to the file; "
            "on a terminal you keep, drop or rewrite each.",
            min=1,
            max=1000,
        ),
    ] = None,
    answers: Annotated[
        bool, typer.Option("--answers", help="Measure answers instead of the search; each question is asked once.")
    ] = False,
    judge: Annotated[
        bool,
        typer.Option(
            "--judge",
            help="With --answers: let the answer model decide whether a passage supports a sentence, instead of the "
            "words in common; one to five calls for each sentence.",
        ),
    ] = False,
    least_faithfulness: Annotated[float | None, Least] = None,
    least_citation_precision: Annotated[float | None, Least] = None,
    least_citation_recall: Annotated[float | None, Least] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the results as JSON.")] = False,
) -> None:
    """Measure how well search finds the documents that answer labelled questions: nDCG, recall, MRR, latency."""
    chosen = place(env, sandbox)
    if generate:
        _generate(chosen, questions, generate)
        return
    if not questions.exists():
        raise typer.BadParameter(f"Path '{questions}' does not exist.", param_hint="QUESTIONS")
    if answers:
        least = (least_faithfulness, least_citation_precision, least_citation_recall)
        if not measure_answers(chosen, questions, least, judge=judge, json=json):
            raise typer.Exit(FAILED)
        return
    from osml.evaluate import evaluate as evaluating
    from osml.evaluate import evaluation_view

    evaluation = evaluating.evaluate(
        chosen,
        questions,
        words or [],
        [technique.value for technique in normalization or [Normalization.MIN_MAX]],
        ranks=ranks,
        compared=place(compare, sandbox) if compare else None,
    )
    if json:
        evaluation_view.print_json(evaluation)
    else:
        evaluation_view.show(evaluation)
    refusal = evaluating.refusal(chosen, evaluation[0], unrelated) if unrelated else None
    if refusal and json:
        evaluation_view.print_refusal_json(refusal)
    elif refusal:
        evaluation_view.show_refusal(refusal)
    if report:
        from osml.evaluate.report import write

        write(report, chosen.env, questions, evaluation, refusal)


def _generate(chosen: Place, file: Path, number: int) -> None:
    from osml.evaluate.judging import judge
    from osml.evaluate.proposals import proposals, write

    proposed = proposals(chosen, number)
    kept = write(file, proposed, judge) if sys.stdin.isatty() else write(file, proposed)
    if kept:
        typer.echo(f"{file} has {count_of(kept, 'question')}. Measure with `osml evaluate {file}`.")
    else:
        typer.echo("No question was kept, so no file was written.")


def measure_answers(
    chosen: Place, file: Path, least: tuple[float | None, float | None, float | None], *, judge: bool, json: bool
) -> bool:
    """Show the figures, and return whether none is below its least."""
    from osml.evaluate.answers import FAITHFULNESS, PRECISION, RECALL, below, faithfulness
    from osml.evaluate.answers_view import show
    from osml.evaluate.beir import read_folder
    from osml.evaluate.evaluation import read
    from osml.evaluate.model_judge import ModelJudge
    from osml.evaluate.passage_reader import reader

    labelled = read_folder(file) if file.is_dir() else read(file)
    measured = faithfulness(chosen, labelled, ModelJudge(reader(chosen)) if judge else None)
    faults = below(measured.figures, dict(zip((FAITHFULNESS, PRECISION, RECALL), least, strict=True)))
    show(measured, faults, json=json)
    return not faults
