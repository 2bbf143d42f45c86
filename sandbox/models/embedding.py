"""all-MiniLM-L6-v2 in numpy: BERT forward pass, mean pooling, L2 normalisation."""

import os
import threading
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors.numpy import load_file
from tokenizers import Tokenizer

Vectors = npt.NDArray[np.float32]

DIMENSION = 384
MAX_TOKENS = 256
_HEADS = 12
_HEAD = DIMENSION // _HEADS
_LAYERS = 6
_CLS, _SEP = 101, 102
_TOKENS_PER_PASS = 512
_CORES = min(2, os.cpu_count() or 1)
_ROWS_IN_CACHE = 64


class MiniLM:
    """Sentence embeddings of 384 dimensions; texts are cut at 256 tokens. Safe to call from many threads."""

    def __init__(self, directory: Path) -> None:
        """Read `model.safetensors` and `tokenizer.json` from `directory`."""
        self._tokenizer: Tokenizer = Tokenizer.from_file(str(directory / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        weights = load_file(directory / "model.safetensors")
        self._words: Vectors = weights["embeddings.word_embeddings.weight"]
        self._lengths: Vectors = np.linalg.norm(self._words, axis=1)
        self._related: dict[int, list[tuple[str, float]]] = {}
        self._positions: Vectors = (
            weights["embeddings.position_embeddings.weight"] + weights["embeddings.token_type_embeddings.weight"][0]
        )
        self._first_norm = _Norm(weights, "embeddings.LayerNorm")
        self._layers = [_Layer(weights, f"encoder.layer.{number}") for number in range(_LAYERS)]
        self._mutex = threading.Lock()
        self._turn = threading.Lock()
        self._waiting: list[_Job] = []
        self._cores = ThreadPoolExecutor(_CORES, thread_name_prefix="embedding")

    def embed(self, texts: Sequence[str], *, normalize: bool = True) -> Vectors:
        """Return one row per text, shape (n, 384), float32; unit length unless `normalize` is false."""
        if not texts:
            return np.zeros((0, DIMENSION), dtype=np.float32)
        pooled = self._pooled([self._ids(text) for text in texts])
        return unit(pooled) if normalize else pooled

    def count_tokens(self, text: str) -> int:
        """Return the number of word pieces in `text`, uncut and without the special tokens."""
        return len(self._tokenizer.encode(_clean(text), add_special_tokens=False).ids)

    def cut(self, text: str, max_tokens: int) -> tuple[str, bool]:
        """Return `text` shortened to `max_tokens` word pieces, and whether something was cut off."""
        encoded = self._tokenizer.encode(_clean(text), add_special_tokens=False)
        if len(encoded.ids) <= max_tokens:
            return text, False
        return _clean(text)[: encoded.offsets[max_tokens - 1][1]], True

    @property
    def vocabulary(self) -> int:
        """How many word pieces there are."""
        return len(self._words)

    def pieces(self, text: str) -> list[tuple[int, str]]:
        """The word pieces of `text` with their numbers, uncut and without the special tokens."""
        encoded = self._tokenizer.encode(_clean(text), add_special_tokens=False)
        return list(zip(encoded.ids, encoded.tokens, strict=True))

    def related(self, pieces: Collection[int], count: int) -> dict[int, list[tuple[str, float]]]:
        """For each piece the `count` nearest to it in the table of word vectors, with their cosines, nearest first."""
        unknown = [piece for piece in set(pieces) if piece not in self._related]
        for start in range(0, len(unknown), _ROWS_IN_CACHE):
            batch = unknown[start : start + _ROWS_IN_CACHE]
            cosines = unit(self._words[batch]) @ self._words.T / self._lengths
            cosines[np.arange(len(batch)), batch] = -1
            nearest = np.argpartition(-cosines, count, axis=1)[:, :count]
            for piece, row, found in zip(batch, cosines, nearest, strict=True):
                order = found[np.argsort(-row[found])]
                self._related[piece] = [(str(self._tokenizer.id_to_token(int(one))), float(row[one])) for one in order]
        return {piece: self._related[piece] for piece in pieces}

    def _ids(self, text: str) -> list[int]:
        ids: list[int] = self._tokenizer.encode(_clean(text), add_special_tokens=False).ids
        return [_CLS, *ids[: MAX_TOKENS - 2], _SEP]

    def _pooled(self, sequences: list[list[int]]) -> Vectors:
        """One forward pass runs at a time, and it takes along whatever callers have queued meanwhile."""
        job = _Job(sequences)
        with self._mutex:
            self._waiting.append(job)
        with self._turn:
            if job.rows is None and job.failure is None:
                with self._mutex:
                    jobs, self._waiting = self._waiting, []
                self._run(jobs)
        if job.rows is None:
            raise RuntimeError("The embedding of a batch failed.") from job.failure
        return job.rows

    def _run(self, jobs: list["_Job"]) -> None:
        try:
            rows = self._all([sequence for job in jobs for sequence in job.sequences])
        except Exception as failure:  # noqa: BLE001 - handed to each caller that waits for this pass
            for job in jobs:
                job.failure = failure
            return
        start = 0
        for job in jobs:
            job.rows = rows[start : start + len(job.sequences)]
            start += len(job.sequences)

    def _all(self, sequences: list[list[int]]) -> Vectors:
        out = np.empty((len(sequences), DIMENSION), dtype=np.float32)
        groups = _groups([len(sequence) for sequence in sequences])

        def embed(group: list[int]) -> None:
            out[group] = self._forward([sequences[index] for index in group])

        if len(groups) == 1:
            embed(groups[0])
        else:
            list(self._cores.map(embed, groups))
        return out

    def _forward(self, sequences: list[list[int]]) -> Vectors:
        lengths = np.array([len(sequence) for sequence in sequences])
        size, width = len(sequences), int(lengths.max())
        ids = np.zeros((size, width), dtype=np.int64)
        for row, sequence in enumerate(sequences):
            ids[row, : len(sequence)] = sequence
        present = np.arange(width)[None, :] < lengths[:, None]
        hidden = (self._words[ids] + self._positions[:width]).reshape(size * width, DIMENSION)
        hidden = self._first_norm(hidden)
        mask = np.where(present, 0.0, -1e9).astype(np.float32)[:, None, None, :] if not present.all() else None
        for layer in self._layers:
            hidden = layer(hidden, size, width, mask)
        tokens = hidden.reshape(size, width, DIMENSION) * present[:, :, None].astype(np.float32)
        pooled: Vectors = (tokens.sum(axis=1) / lengths[:, None]).astype(np.float32)
        return pooled


class _Job:
    def __init__(self, sequences: list[list[int]]) -> None:
        self.sequences = sequences
        self.rows: Vectors | None = None
        self.failure: Exception | None = None


class _Norm:
    def __init__(self, weights: dict[str, Vectors], name: str) -> None:
        self._scale, self._shift = weights[f"{name}.weight"], weights[f"{name}.bias"]

    def __call__(self, rows: Vectors) -> Vectors:
        rows -= rows.mean(axis=1, keepdims=True)
        variance = np.einsum("ij,ij->i", rows, rows)[:, None] / np.float32(rows.shape[1])
        rows /= np.sqrt(variance + np.float32(1e-12))
        rows *= self._scale
        rows += self._shift
        return rows


class _Layer:
    def __init__(self, weights: dict[str, Vectors], name: str) -> None:
        parts = [f"{name}.attention.self.{part}" for part in ("query", "key", "value")]
        self._qkv = np.ascontiguousarray(np.concatenate([weights[f"{part}.weight"] for part in parts]).T)
        self._qkv_bias = np.concatenate([weights[f"{part}.bias"] for part in parts])
        self._out, self._out_bias = _linear(weights, f"{name}.attention.output.dense")
        self._up, self._up_bias = _linear(weights, f"{name}.intermediate.dense")
        self._down, self._down_bias = _linear(weights, f"{name}.output.dense")
        self._attention_norm = _Norm(weights, f"{name}.attention.output.LayerNorm")
        self._norm = _Norm(weights, f"{name}.output.LayerNorm")

    def __call__(self, hidden: Vectors, size: int, width: int, mask: Vectors | None) -> Vectors:
        projected = (hidden @ self._qkv + self._qkv_bias).reshape(size, width, 3, _HEADS, _HEAD)
        query, key, value = np.ascontiguousarray(projected.transpose(2, 0, 3, 1, 4))
        scores = query @ key.transpose(0, 1, 3, 2)
        scores *= np.float32(_HEAD**-0.5)
        if mask is not None:
            scores += mask
        scores -= scores.max(axis=-1, keepdims=True)
        np.exp(scores, out=scores)
        scores /= scores.sum(axis=-1, keepdims=True)
        mixed = (scores @ value).transpose(0, 2, 1, 3).reshape(size * width, DIMENSION)
        attended = mixed @ self._out
        attended += self._out_bias
        attended += hidden
        hidden = self._attention_norm(attended)
        inner = hidden @ self._up
        inner += self._up_bias
        for start in range(0, len(inner), _ROWS_IN_CACHE):
            _gelu(inner[start : start + _ROWS_IN_CACHE])
        outer = np.matmul(inner, self._down, dtype=np.float32)
        outer += self._down_bias
        outer += hidden
        return self._norm(outer)


def unit(rows: Vectors) -> Vectors:
    """Return the rows scaled to length 1; a row of zeros stays."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    scaled: Vectors = (rows / np.maximum(lengths, 1e-12)).astype(np.float32)
    return scaled


def _groups(lengths: list[int]) -> list[list[int]]:
    """Indices of texts of like length, so that little is padded; longest first, so that no core waits at the end."""
    groups: list[list[int]] = []
    for index in sorted(range(len(lengths)), key=lambda index: -lengths[index]):
        if groups and (len(groups[-1]) + 1) * lengths[groups[-1][0]] <= _TOKENS_PER_PASS:
            groups[-1].append(index)
        else:
            groups.append([index])
    return groups


def _linear(weights: dict[str, Vectors], name: str) -> tuple[Vectors, Vectors]:
    return np.ascontiguousarray(weights[f"{name}.weight"].T), weights[f"{name}.bias"]


def _gelu(rows: Vectors) -> None:
    """In place x·Φ(x). numpy has no erf: Abramowitz and Stegun 7.1.26, off by at most 1.5e-7."""
    scaled = np.abs(rows)
    scaled *= np.float32(0.5**0.5)
    step = 1 / (1 + np.float32(0.3275911) * scaled)
    series = np.float32(1.061405429) * step
    for term in (-1.453152027, 1.421413741, -0.284496736, 0.254829592):
        series += np.float32(term)
        series *= step
    np.multiply(scaled, -scaled, out=scaled)
    np.exp(scaled, out=scaled)
    series *= scaled
    positive = rows > 0
    series *= np.float32(0.5)
    np.subtract(1, series, out=series, where=positive)
    rows *= series


def _clean(text: str) -> str:
    """Lone surrogates, legal in JSON escapes, cannot be encoded as UTF-8."""
    return text.encode("utf-8", "replace").decode("utf-8")
