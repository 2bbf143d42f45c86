"""Pictures, decoded by Pillow: their text is recognised, page by page."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO

from corpus.formats import Reading, Row
from corpus.formats.outline import Outline
from corpus.formats.plain import document_row
from corpus.formats.scans import recognized
from corpus.recognition import Recognized

if TYPE_CHECKING:
    from PIL import Image

# The limit of dots; a scan of A3 with 600 dots per inch has fewer.
MOST_DOTS = 80_000_000


def rows(file: BinaryIO, name: str, reading: Reading) -> Iterator[Row]:
    """One row for all pages, and one for each page whose text cannot be recognised."""
    if reading.recognize is None:
        yield Row(name, reason=f"is a picture; {reading.advice}")
        return
    from PIL import Image, UnidentifiedImageError

    Image.MAX_IMAGE_PIXELS = None
    try:
        with Image.open(file) as opened:
            # In formats other than TIFF, further frames are an animation.
            count = getattr(opened, "n_frames", 1) if opened.format == "TIFF" else 1
            if opened.width * opened.height > MOST_DOTS:
                yield Row(name, reason=f"is larger than {MOST_DOTS // 10**6} million dots")
                return
            frames = _frames(opened, min(count, reading.most_scans))
            yield from _rows(name, reading, list(recognized(frames, reading.recognize)))
            if count > reading.most_scans:
                beyond = f"{name}, pages {reading.most_scans + 1} to {count}"
                yield Row(beyond, reason=f"are beyond the limit of {reading.most_scans:,} pages per file")
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError) as error:
        yield Row(name, reason=f"is not a readable picture ({error})")


def _frames(opened: "Image.Image", count: int) -> Iterator[tuple[int, "Image.Image"]]:
    from PIL import Image, ImageOps

    for number in range(count):
        opened.seek(number)
        if opened.width * opened.height > MOST_DOTS:
            raise OSError(f"page {number + 1} has more than {MOST_DOTS // 10**6} million dots")
        upright = ImageOps.exif_transpose(opened)
        if upright.mode in ("1", "L"):
            yield number + 1, upright.convert("L")
            continue
        # Transparent areas become white.
        solid = upright.convert("RGBA")
        yield number + 1, Image.alpha_composite(Image.new("RGBA", solid.size, "white"), solid).convert("RGB")


def _rows(name: str, reading: Reading, pages: list[tuple[int, Recognized]]) -> Iterator[Row]:
    outline = Outline()
    for number, page in pages:
        if len(pages) > 1:
            outline.at(page=number)
        outline.block("\n".join(page.lines))
    if len(outline):
        yield document_row(name, reading, outline)
    elif not any(page.reason for _, page in pages):
        yield Row(name, reason="shows no text")
    for number, page in pages:
        if page.reason:
            yield Row(f"{name}, page {number}" if len(pages) > 1 else name, reason=page.reason)
