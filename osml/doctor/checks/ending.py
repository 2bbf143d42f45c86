"""Ends of life: of models, containers, the engine's version and the runtime that the environment uses."""

from osml.doctor.checks.check import Check
from osml.doctor.checks.complaints import complaint
from osml.doctor.checks.context import Context
from osml.doctor.checks.verdict import Noted
from settings.ending import endings


def end_of_life(context: Context) -> str:
    """The next end of life; a note if it is near or past."""
    ends = endings(context.settings)
    near = [ending.sentence for ending in ends if ending.end.told_from <= context.today]
    if near:
        raise Noted(complaint(context.place, "end-of-life", "; ".join(near)))
    return f"nothing reaches its end of life before {ends[0].end.on}" if ends else "no end of life is known"


CHECK = Check("end of life", end_of_life, after="model names")
