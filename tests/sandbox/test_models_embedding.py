"""all-MiniLM-L6-v2 by ONNX Runtime, with the real weights."""

import threading
from pathlib import Path

import numpy as np
import pytest

from sandbox.cache import cache_directory
from sandbox.engine.repository import RepositorySources
from sandbox.models.embedding import MiniLM, Vectors
from sandbox.models.weights import ARCHIVE, WeightsMissing, checked, weights_directory


@pytest.fixture(scope="module")
def model() -> MiniLM:
    return MiniLM(weights_directory(cache_directory()))


def test_known_values(model: MiniLM) -> None:
    """The values that OpenSearch's documentation shows for this model."""
    rows = model.embed(["hello world", "how are you"])
    assert rows.shape == (2, 384)
    assert rows[0, :3] == pytest.approx([-0.034477264, 0.031023195, 0.0067349933], abs=1e-6)
    assert rows[1, :3] == pytest.approx([-0.031369038, 0.037830487, 0.07630822], abs=1e-6)


def test_known_similarities(model: MiniLM) -> None:
    """The cosines that Sentence Transformers' quickstart shows for this model (sbert.net/docs/quickstart.html)."""
    rows = model.embed(["The weather is lovely today.", "It's so sunny outside!", "He drove to the stadium."])
    published = [[1.0, 0.6660, 0.1046], [0.6660, 1.0, 0.1411], [0.1046, 0.1411, 1.0]]
    assert rows @ rows.T == pytest.approx(np.array(published), abs=1e-4)


def test_neighbours_and_padding_do_not_matter(model: MiniLM) -> None:
    texts = ["short", "a somewhat longer sentence about padding", "word " * 120, "", "😀 مرحبا \ud800 \x00"]
    together = model.embed(texts)
    alone = np.concatenate([model.embed([text]) for text in texts])
    assert np.abs(together - alone).max() < 1e-5
    assert np.linalg.norm(together, axis=1) == pytest.approx(np.ones(len(texts)), abs=1e-5)


def test_long_texts_are_cut_at_256_tokens(model: MiniLM) -> None:
    rows = model.embed(["word " * 254, "word " * 254 + "and then something else entirely"])
    assert np.abs(rows[0] - rows[1]).max() < 1e-5
    assert model.count_tokens("word " * 300) == 300


def test_pooled_vector_keeps_its_length(model: MiniLM) -> None:
    raw, unit = model.embed(["hello world"], normalize=False)[0], model.embed(["hello world"])[0]
    assert np.linalg.norm(raw) != pytest.approx(1, abs=0.01)
    assert raw / np.linalg.norm(raw) == pytest.approx(unit, abs=1e-6)


def test_concurrent_callers_get_their_own_rows(model: MiniLM) -> None:
    texts = [f"text number {number} of many" for number in range(24)]
    expected = model.embed(texts)
    rows: dict[int, Vectors] = {}

    def ask(number: int) -> None:
        rows[number] = model.embed([texts[number]])

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(len(texts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(rows) == len(texts)
    assert max(np.abs(rows[number][0] - expected[number]).max() for number in rows) < 1e-5


def test_no_text_gives_no_row(model: MiniLM) -> None:
    assert model.embed([]).shape == (0, 384)


def test_cut_keeps_whole_pieces(model: MiniLM) -> None:
    assert model.cut("one two three", 2) == ("one two", True)
    assert model.cut("one two three", 3) == ("one two three", False)


def test_folder_without_weights_is_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsMissing, match=r"holds no all-minilm-l6-v2\.onnx"):
        checked(tmp_path)


def test_what_no_repository_serves_is_named_and_leaves_nothing(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    places = RepositorySources((tmp_path / "mine",), cache / "maven", tmp_path / "m2", ())
    with pytest.raises(WeightsMissing, match=rf"{ARCHIVE.coordinates}.* not served by any of {tmp_path}/mine\."):
        weights_directory(cache, places=places)
    assert not list(cache.glob("weights/*"))
