"""all-MiniLM-L6-v2 with ONNX Runtime: the mean of the word pieces' vectors, with L2 normalisation."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime
from tokenizers import Tokenizer

from sandbox.models.weights import GRAPH, TOKENIZER

Vectors = npt.NDArray[np.float32]

DIMENSION = 384
MAX_TOKENS = 256
_CLS, _SEP = 101, 102
_CORES = min(2, os.cpu_count() or 1)


@cache
def _graph(file: Path) -> onnxruntime.InferenceSession:
    """The graph, which is read once. Many threads may run it."""
    options = onnxruntime.SessionOptions()
    # The engine uses the same cores, so each text gets one thread, and `_CORES` texts run at the same time.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])


class MiniLM:
    """Sentence embeddings with 384 dimensions. Texts are cut at 256 tokens. Many threads may call it."""

    def __init__(self, directory: Path) -> None:
        """Read the graph and the tokenizer from `directory`."""
        self._tokenizer: Tokenizer = Tokenizer.from_file(str(directory / TOKENIZER))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._session = _graph(directory / GRAPH)
        self._cores = ThreadPoolExecutor(_CORES, thread_name_prefix="embedding")

    def embed(self, texts: Sequence[str], *, normalize: bool = True) -> Vectors:
        """Return one row per text, shape (n, 384), float32; unit length unless `normalize` is false."""
        if not texts:
            return np.zeros((0, DIMENSION), dtype=np.float32)
        # One text per run: on a CPU a batch is not faster, and its shorter texts are padded to the longest one.
        pooled = np.stack(list(self._cores.map(self.pooled_text, texts)))
        return unit(pooled) if normalize else pooled

    def count_tokens(self, text: str) -> int:
        """Return the number of word pieces in the whole `text`, without the special tokens."""
        return len(self._tokenizer.encode(_clean(text), add_special_tokens=False).ids)

    def cut(self, text: str, max_tokens: int) -> tuple[str, bool]:
        """Return `text` shortened to `max_tokens` word pieces, and whether something was cut off."""
        encoded = self._tokenizer.encode(_clean(text), add_special_tokens=False)
        if len(encoded.ids) <= max_tokens:
            return text, False
        return _clean(text)[: encoded.offsets[max_tokens - 1][1]], True

    def pieces(self, text: str) -> list[tuple[int, str]]:
        """The ids and the word pieces of the whole `text`, without the special tokens."""
        encoded = self._tokenizer.encode(_clean(text), add_special_tokens=False)
        return list(zip(encoded.ids, encoded.tokens, strict=True))

    def word_piece(self, number: int) -> str:
        """The word piece with the id `number`."""
        return str(self._tokenizer.id_to_token(number))

    def pooled_text(self, text: str) -> Vectors:
        pieces = self._tokenizer.encode(_clean(text), add_special_tokens=False).ids
        ids = np.array([[_CLS, *pieces[: MAX_TOKENS - 2], _SEP]], dtype=np.int64)
        given = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        (tokens,) = self._session.run(["last_hidden_state"], given)
        pooled: Vectors = tokens[0].mean(axis=0, dtype=np.float32)
        return pooled


def unit(rows: Vectors) -> Vectors:
    """Return the rows scaled to the length 1. A row of zeros is unchanged."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    scaled: Vectors = (rows / np.maximum(lengths, 1e-12)).astype(np.float32)
    return scaled


def _clean(text: str) -> str:
    """The text without lone surrogates: JSON escapes may contain them, but UTF-8 cannot encode them."""
    return text.encode("utf-8", "replace").decode("utf-8")
