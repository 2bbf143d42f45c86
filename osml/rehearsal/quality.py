"""Searches for labelled questions are as good as before."""

from calls.count_of import count_of
from osml.doctor.checks.context import Context
from osml.evaluate.evaluate import DEPLOYED, Quality, evaluate
from osml.rehearsal.subject import SAME, SKIPPED, WORSE, Comparison, RehearsalQuestions

# Scores of another Lucene differ in their last digits, so that two passages may swap ranks.
TOLERANCE = 0.01


def look(context: Context, chosen: RehearsalQuestions) -> list[Quality] | None:
    """The evaluation of each way of searching, as in `osml evaluate`; None without labelled questions."""
    return evaluate(context.place, chosen.questions) if chosen.questions else None


def compare(before: list[Quality] | None, after: list[Quality] | None) -> Comparison:
    """Compares nDCG of the first ten for every way of searching."""
    if before is None or after is None:
        return Comparison(SKIPPED, "there are no labelled questions about these documents; name some with --questions")
    are = {quality.way: quality for quality in after}
    faults, seen = [], []
    for was in before:
        now = are[was.way]
        seen.append(f"{was.way} {was.ndcg:.3f} → {now.ndcg:.3f}")
        if now.ndcg < was.ndcg - TOLERANCE:
            faults.append(f"Searching {_said(was.way)} has an nDCG@10 of {now.ndcg:.3f}; it was {was.ndcg:.3f} before.")
    sentence = f"nDCG@10 of {count_of(len(after[0].milliseconds), 'question')}: {', '.join(seen)}"
    return Comparison(WORSE if faults else SAME, sentence, tuple(faults))


def _said(way: str) -> str:
    return way if way == DEPLOYED else f"by {way}"
