"""The report of an evaluation: one HTML page with tables and plots, which loads no other file."""

import html
from collections.abc import Sequence
from pathlib import Path

from calls.count_of import count_of
from osml.evaluate.evaluate import Quality
from osml.evaluate.evaluation_view import shown_p
from osml.evaluate.refusal import RefusalMeasure
from osml.failure import Failure

WIDTH, BAR, GAP, LABEL = 720, 18, 8, 230
BINS = 40
STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse}td,th{padding:.2rem .8rem .2rem 0;text-align:left}"
    "svg{max-width:100%;height:auto}text{font:13px system-ui,sans-serif}"
)


def write(
    file: Path, environment: str, questions: Path, ways: Sequence[Quality], refusal: RefusalMeasure | None
) -> None:
    """Write the page. Raises Failure when the file cannot be written."""
    count = len(ways[0].gains)
    parts = [
        f"<h1>Evaluation of {html.escape(environment)}</h1>",
        f"<p>{count_of(count, 'question')} of {html.escape(questions.name)}. p says how often chance alone would make "
        f"a way differ as much from &ldquo;{html.escape(ways[0].way)}&rdquo; (paired randomization test).</p>",
        _table(ways),
        "<h2>nDCG@10</h2>",
        _bars(ways),
        *(_refusal(refusal) if refusal else ()),
    ]
    page = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Evaluation</title><style>{STYLE}</style>'
    try:
        file.write_text(page + "\n".join(parts) + "</html>\n", encoding="utf-8")
    except OSError as error:
        raise Failure(
            f"The report {file} cannot be written ({error.strerror}): name a file that you may write."
        ) from None


def _table(ways: Sequence[Quality]) -> str:
    head = ("way", "nDCG@10", "difference", "p", "recall@10", "recall@100", "MRR@10", "p50", "p99")
    rows = []
    for way in sorted(ways, key=lambda way: -way.ndcg):
        against = ["", ""] if way is ways[0] else [f"{way.ndcg - ways[0].ndcg:+.3f}", shown_p(way, ways[0])]
        figures = [f"{part:.3f}" for part in (way.recall, way.far, way.reciprocal_rank)]
        times = [f"{way.latency(percent):.0f} ms" for percent in (50, 99)]
        rows.append([way.way, f"{way.ndcg:.3f}", *against, *figures, *times])
    cells = "".join(f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><tr>{''.join(f'<th>{name}</th>' for name in head)}</tr>{cells}</table>"


def _bars(ways: Sequence[Quality]) -> str:
    drawn, at = [], 0
    for way in sorted(ways, key=lambda way: -way.ndcg):
        length = round(way.ndcg * (WIDTH - LABEL - 60))
        drawn.append(
            f'<text x="0" y="{at + 14}">{html.escape(way.way)}</text>'
            f'<rect x="{LABEL}" y="{at}" width="{length}" height="{BAR}" fill="#3f6fb5"/>'
            f'<text x="{LABEL + length + 6}" y="{at + 14}">{way.ndcg:.3f}</text>'
        )
        at += BAR + GAP
    return f'<svg viewBox="0 0 {WIDTH} {at}" role="img" aria-label="nDCG of each way">{"".join(drawn)}</svg>'


def _refusal(refusal: RefusalMeasure) -> list[str]:
    """How similar the nearest passages are to both kinds of questions, as shares of each kind."""
    lowest, highest = (
        min(*refusal.related, *refusal.unrelated),
        max(*refusal.related, *refusal.unrelated, refusal.least),
    )
    width, height = (highest - lowest) / BINS or 1.0, 160
    drawn = []
    for values, color in ((refusal.unrelated, "#b5533f"), (refusal.related, "#3f6fb5")):
        shares = [0.0] * BINS
        for value in values:
            shares[min(BINS - 1, int((value - lowest) / width))] += 1 / len(values)
        for place, share in enumerate(shares):
            tall = round(min(share / 0.25, 1) * height)
            drawn.append(
                f'<rect x="{place * WIDTH / BINS:.1f}" y="{height - tall}" width="{WIDTH / BINS:.1f}" '
                f'height="{tall}" fill="{color}" fill-opacity="0.6"/>'
            )
    at = (refusal.least - lowest) / (BINS * width) * WIDTH
    drawn.append(f'<line x1="{at:.1f}" x2="{at:.1f}" y1="0" y2="{height}" stroke="#222" stroke-dasharray="4"/>')
    drawn.append(f'<text x="0" y="{height + 18}">{lowest:.3f}</text>')
    drawn.append(f'<text x="{WIDTH}" y="{height + 18}" text-anchor="end">{highest:.3f}</text>')
    return [
        "<h2>Questions without an answer</h2>",
        f"<p>With assistant.min_score {refusal.least:g} (the dashed line), {refusal.false_refusals:.1%} of "
        f"the labelled questions (blue) are refused and {refusal.false_answers:.1%} of the unrelated ones "
        "(red) are answered.</p>",
        f'<svg viewBox="0 0 {WIDTH} {height + 24}" role="img" aria-label="Similarity of the nearest passage">'
        f"{''.join(drawn)}</svg>",
    ]
