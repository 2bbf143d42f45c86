"""How files become documents on AWS."""

from __future__ import annotations

from typing import Literal

from settings import Group

Scans = Literal["textract"]


class FileReading(Group):
    """How files are read that the page, the API, the drop and sources load.

    With `scans: textract`, Amazon Textract recognises the text of scanned pages and of pictures, in the region of the
    environment. It bills each page. Without it, such pages are named and left out.
    """

    scans: Scans | None = None
