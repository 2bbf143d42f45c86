"""The table of word vectors in all-MiniLM-L6-v2, the input of its layers: it shows which word pieces are related."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from sandbox.models.embedding import Vectors, unit

_TABLE = "embeddings.word_embeddings.weight"
_ROWS_IN_CACHE = 64


class WordVectors:
    """One vector for each word piece of the vocabulary."""

    def __init__(self, graph: Path) -> None:
        """Read the table from an ONNX file; raises KeyError if the file has no such table."""
        self._words = _table(graph)
        self._lengths: Vectors = np.linalg.norm(self._words, axis=1)
        self._related: dict[int, list[tuple[int, float]]] = {}

    def __len__(self) -> int:
        return len(self._words)

    def related(self, pieces: Collection[int], count: int) -> dict[int, list[tuple[int, float]]]:
        """For each piece, the `count` nearest other pieces with their cosines, nearest first. Pieces are ids."""
        unknown = [piece for piece in set(pieces) if piece not in self._related]
        for start in range(0, len(unknown), _ROWS_IN_CACHE):
            batch = unknown[start : start + _ROWS_IN_CACHE]
            cosines = unit(self._words[batch]) @ self._words.T / self._lengths
            cosines[np.arange(len(batch)), batch] = -1
            nearest = np.argpartition(-cosines, count, axis=1)[:, :count]
            for piece, row, near in zip(batch, cosines, nearest, strict=True):
                order = near[np.argsort(-row[near])]
                self._related[piece] = [(int(place), float(row[place])) for place in order]
        return {piece: self._related[piece] for piece in pieces}


def _table(graph: Path) -> Vectors:
    tensors = _model().FromString(graph.read_bytes()).graph.initializer
    kernel = next((tensor for tensor in tensors if tensor.name == _TABLE), None)
    if kernel is None:
        raise KeyError(f"{graph} holds no {_TABLE}.")
    table: Vectors = np.frombuffer(kernel.raw_data, dtype="<f4").reshape(kernel.dims)
    return table


def _model() -> Any:
    """The message type ModelProto of ONNX, with only the fields for a table; their numbers are from onnx.proto."""
    field = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="onnx-table.proto", package="onnx", syntax="proto2")
    tensor = file.message_type.add(name="TensorProto")
    tensor.field.add(name="dims", number=1, label=field.LABEL_REPEATED, type=field.TYPE_INT64)
    tensor.field.add(name="name", number=8, label=field.LABEL_OPTIONAL, type=field.TYPE_STRING)
    tensor.field.add(name="raw_data", number=9, label=field.LABEL_OPTIONAL, type=field.TYPE_BYTES)
    held = {"type": field.TYPE_MESSAGE}
    graph = file.message_type.add(name="GraphProto")
    graph.field.add(name="initializer", number=5, label=field.LABEL_REPEATED, type_name=".onnx.TensorProto", **held)
    model = file.message_type.add(name="ModelProto")
    model.field.add(name="graph", number=7, label=field.LABEL_OPTIONAL, type_name=".onnx.GraphProto", **held)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("onnx.ModelProto"))
