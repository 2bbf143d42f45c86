"""Scanned pages and pictures: they go to text recognition as PNG files of a readable size, a few at a time."""

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING

from corpus.recognition import Recognize, Recognized

if TYPE_CHECKING:
    from PIL import Image

# Points are 1/72 of an inch. With half of these dots, small print is not recognised.
DOTS_PER_INCH = 200
# The longest side, in dots.
LONGEST_SIDE = 4000
# Pages that are recognised at the same time, and pages of one file.
TOGETHER, MOST_PAGES = 8, 1000


def recognized(pictures: Iterator[tuple[int, "Image.Image"]], recognize: Recognize) -> Iterator[tuple[int, Recognized]]:
    """The text of each numbered page."""
    numbers, files = list[int](), list[bytes]()
    for number, picture in pictures:
        numbers.append(number)
        files.append(_png(picture))
        if len(files) == TOGETHER:
            yield from zip(numbers, recognize(files), strict=True)
            numbers, files = [], []
    if files:
        yield from zip(numbers, recognize(files), strict=True)


def _png(picture: "Image.Image") -> bytes:
    if max(picture.size) > LONGEST_SIDE:
        picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    made = io.BytesIO()
    # A picture is a megabyte with this level, and it takes a fifth of the default level's time.
    picture.save(made, "PNG", compress_level=1)
    return made.getvalue()
