"""Questions with several steps or conditions about 1,000 short documents. All names are invented, always the same."""

import itertools
import json
import random
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DOCUMENTS = 1000
# The fields of documents about pumps, for `index.fields`.
FIELDS = {"series": "keyword", "depth": "number", "made": "date"}
_CHAINS, _CONDITIONS = 100, 50
_SERIES = ("Korvel", "Brixol", "Tandor", "Melvin", "Fjolar")
_MOST_NEEDED = 2
_SYLLABLES = ("bra", "kor", "vel", "tus", "min", "dra", "fen", "gol", "ris", "hul", "pam", "zet")


@dataclass(frozen=True)
class SteppedQuestion:
    """A question of a `kind`, and the ids of the documents that are needed to answer it."""

    kind: str
    text: str
    needed: frozenset[str]


def write(file: Path) -> list[SteppedQuestion]:
    """Write the documents to `file`, for `osml ingest`, and return the questions about them.

    The values of a pump's fields are in no text.
    """
    chosen = random.Random(7)  # noqa: S311 - names of documents
    names = ["".join(parts).capitalize() for parts in itertools.product(_SYLLABLES, repeat=3)]
    chosen.shuffle(names)
    products, makers, towns, others = (names[start : start + _CHAINS] for start in range(0, 4 * _CHAINS, _CHAINS))
    texts: dict[str, str] = {}
    for product, maker, town in zip(products, makers, towns, strict=True):
        texts[f"product-{product}"] = f"The {product} pump is made by {maker}. It lifts water from deep wells."
        texts[f"maker-{maker}"] = f"{maker} has its seat in {town}. It employs three hundred people."
        texts[f"town-{town}"] = f"{town} is a town on the river. It has a market, a school and a station."
    kinds = itertools.cycle(
        (
            "The town of {} has a maker of pumps, and the seat of the district is in the town.",
            "In {} the maker of a pump opened a second workshop in the old mill.",
            "The seat of the water board of {} is a house with a pump in its yard.",
        )
    )
    spare = itertools.product(others, names[4 * _CHAINS :])
    while len(texts) < DOCUMENTS:
        first, second = next(spare)
        texts.setdefault(f"other-{second}", next(kinds).format(f"{first} {second}"))
    pumps = {f"product-{product}": _fields(chosen) for product in products}
    lines = [json.dumps({"id": id, "text": text, **pumps.get(id, {})}) for id, text in texts.items()]
    chosen.shuffle(lines)
    file.write_text("\n".join(lines) + "\n")
    return [*_questions(products, makers), *_conditions(chosen, pumps)]


def _fields(chosen: random.Random) -> dict[str, Any]:
    return {"series": chosen.choice(_SERIES), "depth": chosen.randint(20, 400), "made": _day(chosen)}


def _day(chosen: random.Random) -> str:
    return f"{chosen.randint(2005, 2025)}-{chosen.randint(1, 12):02}-{chosen.randint(1, 28):02}"


def _conditions(chosen: random.Random, pumps: Mapping[str, Mapping[str, Any]]) -> list[SteppedQuestion]:
    """Questions with conditions that one or two pumps meet."""
    questions: dict[str, SteppedQuestion] = {}
    while len(questions) < _CONDITIONS:
        series, least, day = chosen.choice(_SERIES), chosen.randint(20, 400), _day(chosen)
        most = least + chosen.randint(10, 200)
        deep = {id for id, pump in pumps.items() if pump["depth"] >= least}
        early = {id for id, pump in pumps.items() if pump["made"] < day and pump["depth"] <= most} & deep
        late = {id for id, pump in pumps.items() if pump["made"] > day}
        title, those = (
            (f"series {series} have a depth of at least {least}?", deep),
            (f"series {series} were made after {day}?", late),
            (f"series {series}, made before {day}, have a depth between {least} and {most}?", early),
        )[len(questions) % 3]
        needed = frozenset(id for id in those if pumps[id]["series"] == series)
        if 1 <= len(needed) <= _MOST_NEEDED:
            questions[title] = SteppedQuestion("conditions", f"Which pumps of the {title}", needed)
    return list(questions.values())


def _questions(products: list[str], makers: list[str]) -> list[SteppedQuestion]:
    two_steps = [
        SteppedQuestion(
            "two steps",
            f"In which town is the seat of the maker of the {product} pump?",
            frozenset({f"product-{product}", f"maker-{maker}"}),
        )
        for product, maker in zip(products[:50], makers[:50], strict=True)
    ]
    two_parts = [
        SteppedQuestion(
            "two parts",
            f"Who makes the {first} pump? And where is the seat of {other}?",
            frozenset({f"product-{first}", f"maker-{other}"}),
        )
        for first, other in zip(products[50:75], makers[75:], strict=True)
    ]
    one_step = [
        SteppedQuestion("one step", f"By whom is the {product} pump made?", frozenset({f"product-{product}"}))
        for product in products[75:]
    ]
    return [*two_steps, *two_parts, *one_step]
