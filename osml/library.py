"""Puts `osml/_library`, the packages in an installed wheel, before all others. A checkout has no such folder."""

import sys
from pathlib import Path

FOLDER = Path(__file__).with_name("_library")
if FOLDER.is_dir():
    sys.path.insert(0, str(FOLDER))
