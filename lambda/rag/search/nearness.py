"""The sentences of passages that are nearest in meaning to the question, by the index's embedding model."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from urllib.parse import quote

from calls.count_of import count_of
from corpus.sentences import sentences
from rag.search.cosine import cosine
from rag.send import Send

Range = tuple[int, int]
# The most sentences that are compared for a question. It limits the calls of a model that takes one text per call.
MOST_SENTENCES = 128


class Nearness:
    """Compares the vectors of the question and of each sentence, from one prediction for all of them."""

    def __init__(self, send: Send, models: dict[str, str]) -> None:
        """`models` keeps the embedding model of each index, by the index's name."""
        self._send, self._models = send, models

    def nearest(self, question: str, texts: Sequence[str], most: int, index: str) -> list[list[Range]]:
        """At most `most` sentences of each text, as ranges `[start, end)` in text order.

        Only the first texts are compared, up to 128 sentences in total; the others have none. Raises the errors of
        `send`, and ValueError for an answer in an unexpected form.
        """
        ranges_of, left = list[list[Range]](), MOST_SENTENCES
        for text in texts:
            ranges = sentences(text)
            left -= len(ranges)
            ranges_of.append(ranges if left >= 0 else [])
        flat = [text[start:end] for text, ranges in zip(texts, ranges_of, strict=True) for start, end in ranges]
        if not flat:
            return ranges_of
        with _legible(index):
            vector_asked, *vectors = self._vectors([question, *flat], index)
            scores = iter([cosine(vector_asked, vector) for vector in vectors])
        return [_best([(next(scores), span) for span in ranges], most) for ranges in ranges_of]

    def vectors(self, texts: Sequence[str], index: str) -> list[list[float]]:
        """The vector of each text. Raises the errors of `send`, and ValueError for an answer in an unexpected form."""
        with _legible(index):
            return self._vectors(texts, index)

    def _vectors(self, texts: Sequence[str], index: str) -> list[list[float]]:
        path = f"/_plugins/_ml/_predict/text_embedding/{quote(self._model(index), safe='')}"
        body = {"text_docs": [*texts], "return_number": True, "target_response": ["sentence_embedding"]}
        try:
            answer = self._send("POST", path, body)
        except Exception:
            self._models.pop(index)  # it may have been deleted, and another model embeds now
            raise
        vectors = [tensor.get("data") for part in answer["inference_results"] for tensor in part["output"]]
        if len(vectors) != len(texts) or not all(vectors):
            raise ValueError(f"{count_of(len(texts), 'text')} got {count_of(len(vectors), 'vector')}")
        return vectors

    def _model(self, index: str) -> str:
        """The model with which the index's search pipeline embeds questions."""
        if index not in self._models:
            key = "index.search.default_pipeline"
            path = f"/{quote(index, safe='')}/_settings/{key}?flat_settings=true"
            (described,) = self._send("GET", path, None).values()
            pipeline = described["settings"][key]
            (body,) = self._send("GET", f"/_search/pipeline/{quote(pipeline, safe='')}", None).values()
            enrichers = [
                processor["neural_query_enricher"]
                for processor in body["request_processors"]
                if "neural_query_enricher" in processor
            ]
            self._models[index] = enrichers[0]["default_model_id"]
        return self._models[index]


@contextmanager
def _legible(index: str) -> Iterator[None]:
    try:
        yield
    except (AttributeError, LookupError, TypeError) as error:
        raise ValueError(f"the engine's answer about the model of {index} has an unexpected form: {error}") from error


def _best(scored: list[tuple[float, Range]], most: int) -> list[Range]:
    best = sorted(scored, key=lambda pair: -pair[0])[:most]
    return sorted(place for _, place in best)
