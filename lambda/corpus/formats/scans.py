"""Sends scanned pages and pictures to text recognition: as files of a readable size, a few at a time."""

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING

from corpus.recognition import Recognize, Recognized

if TYPE_CHECKING:
    from PIL import Image

# With half of this resolution, small print is not recognised.
DOTS_PER_INCH = 200
# The longest side, in dots.
LONGEST_SIDE = 4000
# Pages that are recognised at the same time.
TOGETHER = 8
# The limit of a picture in bytes: the documentation of Amazon Textract has 5 MB in one place and 10 MB in another.
# https://docs.aws.amazon.com/textract/latest/dg/limits-document.html
MOST_BYTES = 5_000_000
_SMALLER = 0.7


def recognized(pictures: Iterator[tuple[int, "Image.Image"]], recognize: Recognize) -> Iterator[tuple[int, Recognized]]:
    """The recognised text of each page, with its number."""
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
    """The picture as PNG, or as JPEG if that is too large, as for colour photographs; scaled down if necessary."""
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    # With this level, a page has about a megabyte, and takes a fifth of the time of the default level.
    made = _saved(picture, "PNG", compress_level=1)
    while len(made) > MOST_BYTES:
        made = _saved(picture, "JPEG", quality=90)
        picture.thumbnail((int(picture.width * _SMALLER), int(picture.height * _SMALLER)))
    return made


def _saved(picture: "Image.Image", format: str, **options: int) -> bytes:
    file = io.BytesIO()
    picture.save(file, format, **options)
    return file.getvalue()
