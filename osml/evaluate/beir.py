"""Reads a folder in the layout of the BEIR benchmark: `corpus.jsonl`, `queries.jsonl` and `qrels/`."""

import json
from pathlib import Path

from osml.evaluate.evaluation import Labelled
from osml.failure import Failure

QUERIES, QRELS = "queries.jsonl", "qrels"
_FIRST_CHOICE = "test.tsv"


def read_folder(folder: Path) -> list[Labelled]:
    """The questions with judgements in `qrels/test.tsv`, or in the only file of `qrels/`.

    A judgement is `query-id`, `corpus-id` and `score`, separated by tabs. A score below 1 means that the document does
    not answer the question. Raises Failure with the missing file, or with the line that cannot be read.
    """
    relevant: dict[str, dict[str, int]] = {}
    file = _judgements(folder)
    for number, line in enumerate(_lines(file), start=1):
        parts = line.rstrip("\n").split("\t")
        if number == 1 and not parts[-1].strip().lstrip("-").isdigit():
            continue  # the header, which some sets lack
        try:
            query, document, grade = parts[0], parts[-2], int(parts[-1])
        except (IndexError, ValueError):
            raise Failure(
                f"{file}:{number} is not a judgement. A judgement has a query, a document and a grade, separated by "
                f"tabs."
            ) from None
        if grade > 0:
            relevant.setdefault(query, {})[document] = grade
    questions = []
    for number, line in enumerate(_lines(folder / QUERIES), start=1):
        try:
            record = json.loads(line)
            id, text = str(record["_id"]), record["text"]
            if not (isinstance(text, str) and text.strip()):
                raise ValueError
        except (KeyError, TypeError, ValueError):
            raise Failure(
                f'{folder / QUERIES}:{number} is not a query. A query looks like {{"_id": "1", "text": "…"}}.'
            ) from None
        if id in relevant:
            questions.append(Labelled(text, relevant[id]))
    if not questions:
        raise Failure(
            f"{file} has no judgement for a query of {folder / QUERIES}: check that both belong to one data set."
        )
    return questions


def _judgements(folder: Path) -> Path:
    files = sorted((folder / QRELS).glob("*.tsv"))
    chosen = [file for file in files if file.name == _FIRST_CHOICE] or files
    if len(chosen) != 1:
        there = f"holds {', '.join(file.name for file in files)}" if files else "holds no judgements"
        raise Failure(f"{folder / QRELS} {there}. Keep exactly one .tsv file there, or name one {_FIRST_CHOICE}.")
    return chosen[0]


def _lines(file: Path) -> list[str]:
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").split("\n")
    except FileNotFoundError:
        raise Failure(
            f"{file} does not exist: a folder of questions must have {QUERIES} and {QRELS}/, as in BEIR."
        ) from None
    return [line for line in lines if line.strip()]
