"""The sentences of passages that are nearest in meaning to the question, by the model that embeds for the index."""

import math
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote

from assistant.sentences import sentences

Range = tuple[int, int]
# A request to the engine: method, path, JSON body or None; its JSON answer. What it raises is passed on.
Send = Callable[[str, str, Any], Any]
# A model that takes one text a call is called so often for a question.
MOST_SENTENCES = 128


class Nearness:
    """Compares vectors of the question and of each sentence: one prediction, of all of them."""

    def __init__(self, send: Send, models: dict[str, str]) -> None:
        """`models` keeps what is known: the embedding model of an index, by the index's name."""
        self._send, self._models = send, models

    def nearest(self, question: str, texts: Sequence[str], most: int, index: str) -> list[list[Range]]:
        """Of each text up to `most` sentences, as ranges `[start, end)` in its order.

        The first texts are looked at, up to 128 sentences in all; of the others none are given. Raises what `send`
        raises, and ValueError when an answer has not the shape that the engine gives it.
        """
        found, left = list[list[Range]](), MOST_SENTENCES
        for text in texts:
            ranges = sentences(text)
            left -= len(ranges)
            found.append(ranges if left >= 0 else [])
        flat = [text[start:end] for text, ranges in zip(texts, found, strict=True) for start, end in ranges]
        if not flat:
            return found
        try:
            asked, *vectors = self._vectors([question, *flat], index)
            scores = iter([_cosine(asked, vector) for vector in vectors])
        except (AttributeError, LookupError, TypeError) as error:
            raise ValueError(f"an answer about the model of {index} is not as the engine gives it: {error}") from error
        return [_best([(next(scores), one) for one in ranges], most) for ranges in found]

    def _vectors(self, texts: list[str], index: str) -> list[list[float]]:
        path = f"/_plugins/_ml/_predict/text_embedding/{quote(self._model(index), safe='')}"
        body = {"text_docs": texts, "return_number": True, "target_response": ["sentence_embedding"]}
        try:
            answer = self._send("POST", path, body)
        except Exception:
            self._models.pop(index)  # it may have gone, and another embeds by now
            raise
        vectors = [one.get("data") for part in answer["inference_results"] for one in part["output"]]
        if len(vectors) != len(texts) or not all(vectors):
            raise ValueError(f"{len(texts)} texts were answered with {len(vectors)} vectors")
        return vectors

    def _model(self, index: str) -> str:
        """The model that the search pipeline of the index embeds questions with."""
        if index not in self._models:
            key = "index.search.default_pipeline"
            path = f"/{quote(index, safe='')}/_settings/{key}?flat_settings=true"
            (found,) = self._send("GET", path, None).values()
            pipeline = found["settings"][key]
            (body,) = self._send("GET", f"/_search/pipeline/{quote(pipeline, safe='')}", None).values()
            enrichers = [
                one["neural_query_enricher"] for one in body["request_processors"] if "neural_query_enricher" in one
            ]
            self._models[index] = enrichers[0]["default_model_id"]
        return self._models[index]


def _cosine(one: Sequence[float], other: Sequence[float]) -> float:
    lengths = math.sqrt(_product(one, one) * _product(other, other))
    return _product(one, other) / lengths if lengths else 0.0


def _product(one: Sequence[float], other: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


def _best(scored: list[tuple[float, Range]], most: int) -> list[Range]:
    best = sorted(scored, key=lambda one: -one[0])[:most]
    return sorted(place for _, place in best)
