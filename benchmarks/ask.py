"""How much time `osml ask` adds to the raw call that does the same: p50 and p99, in one process, in alternating calls.

One answer model answers at once, so it hides no part of the difference. Another takes 300 ms, which is still quick.
Takes about five minutes.
"""

import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from benchmarks.deployment import QUESTION, deployed
from opensearch_ml.resources.search_pipeline import Mixture
from osml.ask import question
from osml.remote.domain import Domain
from osml.remote.stack import Knowledge, knowledge
from rag.search.query import nearest
from sandbox.models.control import struck
from settings.index import IndexNames
from trials.report import publish

ROUNDS, CALLS, SLOW_MS = 5, 100, 300
COLUMNS = ("what", "raw p50", "ask p50", "ratio", "spread", "raw p99", "ask p99", "ratio", "spread")
Ways = Mapping[str, Callable[[], object]]


def main() -> None:
    """Measure and publish."""
    with deployed("sandbox") as stack:
        settings = knowledge(stack.place)
        domain = Domain(settings)
        finds = settings.model_copy(update={"answer_model_id": None})
        passages = {"raw": _raw(domain, _search(finds)), "ask": lambda: question.ask(domain, finds, QUESTION)}
        answer = {
            "raw": _raw(domain, _search(settings) | _generation(settings)),
            "ask": lambda: question.ask(domain, settings, QUESTION),
        }
        rows = [["passages", *_figures(passages, CALLS)], ["an answer, at once", *_figures(answer, CALLS)]]
        with struck(stack.models_url, "deepseek", delay_ms=SLOW_MS):
            rows.append([f"an answer, after {SLOW_MS} ms", *_figures(answer, CALLS // 3)])
    publish("ask", COLUMNS, rows)


def _raw(domain: Domain, body: dict[str, Any]) -> Callable[[], object]:
    """The signed search of the alias, on the same kind of session."""

    def call() -> object:
        answer = domain.request("POST", "/passages/_search", json=body)
        answer.raise_for_status()
        return answer.json()["hits"]["hits"][0]

    return call


def _search(settings: Knowledge) -> dict[str, Any]:
    index = IndexNames(name=settings.index, text_field=settings.text_field, embedding_field=settings.embedding_field)
    return {**nearest(QUESTION, 4, index, settings.retrieval), "_source": [settings.text_field]}


def _generation(settings: Knowledge) -> dict[str, Any]:
    """The body of one call that searches and answers, with a pipeline that embeds and answers."""
    rag = {
        "model_id": settings.answer_model_id,
        "context_field_list": [settings.text_field],
        "system_prompt": "Answer.",
    }
    pipeline = {
        "request_processors": [{"neural_query_enricher": {"default_model_id": settings.embedding_model_id}}],
        "phase_results_processors": _mixing(settings),
        "response_processors": [{"retrieval_augmented_generation": rag}],
    }
    generation = {
        "llm_model": settings.llm_model,
        "llm_question": QUESTION,
        "context_size": 4,
        "timeout": settings.rag_seconds,
    }
    return {"search_pipeline": pipeline, "ext": {"generative_qa_parameters": generation}}


def _mixing(settings: Knowledge) -> list[dict[str, object]]:
    """The processors of the environment's own pipeline that combine the search for words and for meaning."""
    hybrid = settings.retrieval.hybrid
    if hybrid is None:
        return []
    return [Mixture((hybrid.words, 1 - hybrid.words), hybrid.normalization, hybrid.combination).processor]


def _round(ways: Ways, calls: int) -> dict[str, list[float]]:
    """Milliseconds of each call by each way; the ways take turns."""
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(calls):
        for name, call in ways.items():
            began = time.perf_counter()
            call()
            taken[name].append((time.perf_counter() - began) * 1000)
    return taken


def _figures(ways: Ways, calls: int) -> list[str]:
    """Measure in rounds, of which the first only warms the engine up and does not count."""
    rounds = [_round(ways, calls) for _ in range(ROUNDS)]
    cells: list[str] = []
    for share in (0.5, 0.99):
        raw, ours = ([float(np.quantile(figures[name], share)) for figures in rounds[1:]] for name in ("raw", "ask"))
        ratios = [over / under for under, over in zip(raw, ours, strict=True)]
        cells += [f"{statistics.median(times):.1f} ms" for times in (raw, ours)]
        cells += [f"{statistics.median(ratios):.2f}", f"{min(ratios):.2f}-{max(ratios):.2f}"]
    return cells


if __name__ == "__main__":
    main()
