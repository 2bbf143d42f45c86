"""Puts the packages that an installed wheel has in `osml/_library` before all others; a checkout has no such folder."""

import sys
from pathlib import Path

FOLDER = Path(__file__).with_name("_library")
if FOLDER.is_dir():
    sys.path.insert(0, str(FOLDER))
