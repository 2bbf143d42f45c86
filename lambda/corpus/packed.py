"""Packages that a function's asset carries in an archive, and that it unpacks when it reads its first file.

Every start of a function unpacks its asset. Parsers are two thirds of that of `documents`, and few starts read a file.
"""

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path
from zipfile import ZipFile

# Beside the libraries, in the asset; a folder of a checkout has none.
ARCHIVE = "parsers.zip"
_ROOT = Path(__file__).resolve().parents[1]


@cache
def unpacked() -> list[str]:
    """The folder with the packages of the archive, for as long as the process runs; none without an archive."""
    if not (_ROOT / ARCHIVE).is_file():
        return []
    folder = tempfile.mkdtemp(prefix="parsers-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    with ZipFile(_ROOT / ARCHIVE) as archive:
        archive.extractall(folder)
    return [folder]
