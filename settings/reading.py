"""The settings of reading: how files become documents on AWS."""

from __future__ import annotations

from typing import Literal

from settings import Group

Scans = Literal["textract"]


class FileReading(Group):
    """How files from the page, the API, the drop and sources are read.

    With `scans: textract`, Amazon Textract recognises the text of scanned pages and of pictures, in the region of the
    environment. It bills each page. Without it, such pages are reported and left out.
    """

    scans: Scans | None = None
