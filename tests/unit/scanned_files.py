"""Pictures of text, and PDF files of such pictures."""

import io
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont


def page(text: str, turned: int = 0) -> Image.Image:
    """A picture of an A5 page with 150 dots per inch, `turned` by that many degrees."""
    made = Image.new("L", (874, 1240), 255)
    font = ImageFont.load_default(24)
    for line, words in enumerate(text.splitlines()):
        ImageDraw.Draw(made).text((70, 80 + 40 * line), words, font=font, fill=20)
    return made.rotate(turned, expand=True, fillcolor=255)


def saved(pages: Sequence[Image.Image], format: str) -> bytes:
    """A file with these pages: PDF and TIFF can have any number of them, other formats one."""
    made = io.BytesIO()
    first, *others = pages
    more = {"save_all": True, "append_images": others} if others else {}
    first.save(made, format, **more)
    return made.getvalue()
