"""Packages that a function's asset contains in an archive; the function unpacks it when it reads its first file.

Lambda unpacks the asset at every start of a function. Parsers are two thirds of the asset of `documents`, but few
starts read a file.
"""

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path
from zipfile import ZipFile

# The archive is next to the libraries in the asset; a checkout has none.
ARCHIVE = "parsers.zip"
_ROOT = Path(__file__).resolve().parents[1]


@cache
def unpacked() -> list[str]:
    """The folder with the unpacked packages, which exists until the process ends; an empty list without an archive."""
    if not (_ROOT / ARCHIVE).is_file():
        return []
    folder = tempfile.mkdtemp(prefix="parsers-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    with ZipFile(_ROOT / ARCHIVE) as archive:
        archive.extractall(folder)
    return [folder]
