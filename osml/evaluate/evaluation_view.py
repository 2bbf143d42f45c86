"""Prints an evaluation, as a table or as JSON."""

import json
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from osml.evaluate.evaluate import Quality
from osml.evaluate.refusal import RefusalMeasure, percentiles
from osml.evaluate.significance import p_value
from osml.table import put

BAR = 20


def show(qualities: Sequence[Quality]) -> None:
    """Prints a table with a bar for nDCG, the best way first, and how much each differs from the deployed one."""
    marking = any(quality.marks for quality in qualities)
    marks = ("marked", "of the text") if marking else ()
    table = Table(
        "way",
        "nDCG@10",
        "",
        "difference",
        "p",
        "recall@10",
        "recall@100",
        "MRR@10",
        *marks,
        "p50",
        "p99",
        box=None,
        header_style="bold",
    )
    for quality in sorted(qualities, key=lambda quality: -quality.ndcg):
        figures = [f"{quality.recall:.3f}", f"{quality.far:.3f}", f"{quality.reciprocal_rank:.3f}"]
        if marking:
            figures += ["" if share is None else f"{share:.0%}" for share in (quality.marked, quality.marked_text)]
        times = [f"{quality.latency(50):.0f} ms", f"{quality.latency(99):.0f} ms"]
        against = (
            []
            if quality is qualities[0]
            else [f"{quality.ndcg - qualities[0].ndcg:+.3f}", shown_p(quality, qualities[0])]
        )
        table.add_row(
            quality.way,
            f"{quality.ndcg:.3f}",
            "█" * round(quality.ndcg * BAR),
            *(against or ["", ""]),
            *figures,
            *times,
        )
    put(Console(), table)


def shown_p(quality: Quality, other: Quality) -> str:
    """The p-value of two ways as text: how often chance alone would make them differ as much."""
    p = p_value(quality.gains, other.gains)
    return "<0.001" if p < 0.001 else f"{p:.3f}"


def print_json(qualities: Sequence[Quality]) -> None:
    """Prints the ways on one line of JSON.

    `[{"way", "ndcg", "recall", "recall_100", "reciprocal_rank", "p50_ms", "p99_ms", "questions",
    "difference", "p"}]`

    `difference` and `p` compare the nDCG with that of the first way.
    If passages are marked, also "marked" and "marked_text", both shares.
    """
    print(
        json.dumps(
            [
                {
                    "way": quality.way,
                    "ndcg": round(quality.ndcg, 4),
                    "recall": round(quality.recall, 4),
                    "recall_100": round(quality.far, 4),
                    "reciprocal_rank": round(quality.reciprocal_rank, 4),
                    "p50_ms": round(quality.latency(50), 1),
                    "p99_ms": round(quality.latency(99), 1),
                    "questions": len(quality.milliseconds),
                    "difference": round(quality.ndcg - qualities[0].ndcg, 4),
                    "p": round(p_value(quality.gains, qualities[0].gains), 4),
                    **_marks(quality),
                }
                for quality in qualities
            ]
        )
    )


def _marks(quality: Quality) -> dict[str, float]:
    shares = {"marked": quality.marked, "marked_text": quality.marked_text}
    return {name: round(share, 4) for name, share in shares.items() if share is not None}


def show_refusal(refusal: RefusalMeasure) -> None:
    """Prints the distribution of both kinds of questions, and how many are on the wrong side of the least score."""
    table = Table("questions", "count", "5%", "median", "95%", "wrong", box=None, header_style="bold")
    kinds = (
        ("answered by a document", refusal.related, refusal.false_refusals, "refused"),
        ("about something else", refusal.unrelated, refusal.false_answers, "answered"),
    )
    for name, similarities, share, wrong in kinds:
        cuts = [f"{cut:.3f}" for cut in percentiles(similarities)]
        table.add_row(name, str(len(similarities)), *cuts, f"{share:.1%} {wrong}")
    console = Console()
    console.print(
        f"\nSimilarity of the nearest passage; the least to answer (assistant.min_score) is {refusal.least:g}:",
        soft_wrap=True,
    )
    put(console, table)
    other = RefusalMeasure(refusal.related, refusal.unrelated, refusal.best)
    console.print(
        f"With {other.least:.3f}, {other.false_refusals:.1%} would be refused and {other.false_answers:.1%} answered.",
        highlight=False,
        soft_wrap=True,
    )


def print_refusal_json(refusal: RefusalMeasure) -> None:
    """Prints the same as `show_refusal`, on one line of JSON.

    `{"min_score", "false_refusals", "false_answers", "best", "related": [5%, median, 95%], "unrelated": […]}`
    """
    shares = {"false_refusals": refusal.false_refusals, "false_answers": refusal.false_answers}
    kinds = {"related": refusal.related, "unrelated": refusal.unrelated}
    print(
        json.dumps(
            {
                "min_score": refusal.least,
                **{name: round(share, 4) for name, share in shares.items()},
                "best": round(refusal.best, 4),
                **{name: [round(cut, 4) for cut in percentiles(those)] for name, those in kinds.items()},
            }
        )
    )
