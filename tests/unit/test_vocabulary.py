"""The vocabulary of BERT comes from a package, byte for byte, and from nowhere else."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from osml.deploy import vocabulary


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(vocabulary, "FILE", tmp_path / "vocabulary.txt")
    return tmp_path / "vocabulary.txt"


def test_the_file_of_this_installation_is_whole() -> None:
    assert vocabulary.is_whole(vocabulary.FILE)


def test_what_is_whole_is_left_alone(file: Path) -> None:
    file.write_bytes(vocabulary.ROOT.joinpath("lambda/corpus/vocabulary.txt").read_bytes())
    os.utime(file, (1, 1))
    vocabulary.main()
    assert file.stat().st_mtime == 1


@pytest.mark.thorough
def test_without_the_package_index_a_sentence_says_what_to_check(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    file.write_text("[PAD]\n")
    with pytest.raises(SystemExit, match=r"could not be installed from requirements-vocabulary\.txt: .*; check that"):
        vocabulary.main()
    assert file.read_text() == "[PAD]\n"


def test_a_package_with_another_file_is_refused(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "run", lambda command, **_: subprocess.CompletedProcess(command, 0))
    with pytest.raises(SystemExit, match=r"has no fastbert/files/google_uncased_en_vocab\.txt with the SHA-256"):
        vocabulary.main()
    assert not file.exists()


@pytest.mark.thorough
def test_a_function_without_the_vocabulary_is_not_bundled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from opensearch_ml.engine import function_bundle

    monkeypatch.setattr(function_bundle, "source_of", lambda name, checkout: tmp_path / name)
    with pytest.raises(RuntimeError, match=r"vocabulary\.txt is missing, and functions count tokens with it"):
        function_bundle.libraries("corpus", "calls")


@pytest.mark.thorough
def test_the_count_without_the_vocabulary_names_the_remedy() -> None:
    code = "import pathlib; from corpus import tokens; tokens.__file__ = '/nowhere/tokens.py'; tokens.count('words')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "Run `make install`, which writes it: '/nowhere/vocabulary.txt'" in done.stderr
