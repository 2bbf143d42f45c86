"""Rerank models on Bedrock: their requests and answers, with scores from MiniLM and from the passages' words.

It is not a cross-encoder. The score of a passage is the mean of two values that a vector of the whole passage does not
show. The first is the cosine of its nearest sentence with the query. The second is the share of the query's words that
it contains, each weighted by its rarity among the documents of the call. Both values are between 0 and 1.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from sandbox.models.embedding import MiniLM
from sandbox.models.exchange import is_strings, is_whole
from sandbox.models.sentence import content_words, split
from sandbox.models.titan import MalformedTitan, check_keys, json_type

COHERE, AMAZON = "cohere.rerank-v3-5:0", "amazon.rerank-v1:0"
MODELS = (COHERE, AMAZON)
MOST_DOCUMENTS = 1000


def rerank(body: Any, model: MiniLM, name: str) -> dict[str, Any]:
    """Return `{"results": [{"index", "relevance_score"}]}` of the model `name`, best first; raises `MalformedTitan`."""
    check_keys(body, {"query", "documents", *({"api_version"} if name == COHERE else ())}, {"top_n"})
    query, documents = body["query"], body["documents"]
    if not isinstance(query, str) or not query:
        raise MalformedTitan(f"#/query: expected type: String of one letter or more, found: {json_type(query)}")
    if not is_strings(documents) or not documents:
        raise MalformedTitan(f"#/documents: expected type: JSONArray of String, found: {json_type(documents)}")
    if len(documents) > MOST_DOCUMENTS:
        raise MalformedTitan(f"#/documents: expected maximum size: [{MOST_DOCUMENTS}], found: {len(documents)}")
    if name == COHERE and body["api_version"] != 2:
        raise MalformedTitan("#/api_version: only 2 is answered here")
    most = body.get("top_n", len(documents))
    if not is_whole(most) or most < 1:
        raise MalformedTitan("#/top_n: expected an integer of 1 or more")
    scores = relevance(query, documents, model)
    best = sorted(range(len(documents)), key=lambda index: -scores[index])[:most]
    return {"results": [{"index": index, "relevance_score": scores[index]} for index in best]}


def relevance(query: str, documents: Sequence[str], model: MiniLM) -> list[float]:
    """The score of each document, between 0 and 1, in the order of `documents`."""
    parts = [[part.text for part in split(document, 1)] or [document] for document in documents]
    vectors = model.embed([query, *(part for those in parts for part in those)])
    near = vectors[1:] @ vectors[0]
    ends = np.cumsum([len(those) for those in parts])
    nearest = [float(max(0.0, part.max())) for part in np.split(near, ends[:-1])]
    shared = _shared(query, documents)
    return [round(min(1.0, (a + b) / 2), 6) for a, b in zip(nearest, shared, strict=True)]


def _shared(query: str, documents: Sequence[str]) -> list[float]:
    wanted = content_words(query)
    held = [content_words(document) & wanted for document in documents]
    weight = {word: math.log(1 + len(documents) / (0.5 + sum(word in words for words in held))) for word in wanted}
    whole = sum(weight.values()) or 1.0
    return [sum(weight[word] for word in words) / whole for words in held]
