"""Scanned pages and pictures: they go to text recognition as files of a readable size, a few at a time."""

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
# Pages that are recognised at the same time.
TOGETHER = 8
# The limit of a picture in bytes: Amazon Textract says 5 MB in one place of its documentation and 10 MB in another.
# https://docs.aws.amazon.com/textract/latest/dg/limits-document.html
MOST_BYTES = 5_000_000
_SMALLER = 0.7


def recognized(pictures: Iterator[tuple[int, "Image.Image"]], recognize: Recognize) -> Iterator[tuple[int, Recognized]]:
    """The text of each numbered page."""
    numbers, files = list[int](), list[bytes]()
    for number, picture in pictures:
        numbers.append(number)
        files.append(_encoded(picture))
        if len(files) == TOGETHER:
            yield from zip(numbers, recognize(files), strict=True)
            numbers, files = [], []
    if files:
        yield from zip(numbers, recognize(files), strict=True)


def _encoded(picture: "Image.Image") -> bytes:
    """The picture as PNG; as JPEG if that is too large, as coloured photographs are, and smaller if need be."""
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    # A page is a megabyte with this level, and it takes a fifth of the default level's time.
    made = _saved(picture, "PNG", compress_level=1)
    while len(made) > MOST_BYTES:
        made = _saved(picture, "JPEG", quality=90)
        picture.thumbnail((int(picture.width * _SMALLER), int(picture.height * _SMALLER)))
    return made


def _saved(picture: "Image.Image", format: str, **options: int) -> bytes:
    file = io.BytesIO()
    picture.save(file, format, **options)
    return file.getvalue()
