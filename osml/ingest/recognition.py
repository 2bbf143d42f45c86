"""Text recognition on this machine, by RapidOCR, which the extra `ocr` of the distribution installs."""

import functools
import io
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

from corpus.recognition import Recognize, Recognized

ADVICE = "install text recognition with `pip install 'osml[ocr]'`, or from the repository with `make ocr`"
# The least mean certainty of a text. On rendered pages it is 0.98 to 1; with a script that the models lack, or on a
# page that lies on its side, it is 0.61 to 0.88 (docs/decisions/0020-reading-files.md).
CERTAIN = 0.9


def installed() -> Recognize | None:
    """The recognition of this machine; None if it is not installed."""
    return recognized if find_spec("rapidocr") and find_spec("onnxruntime") else None


def recognized(pictures: Sequence[bytes]) -> list[Recognized]:
    """The text of each picture, one after the other: each uses all processors."""
    return [_one(picture) for picture in pictures]


def _one(picture: bytes) -> Recognized:
    import numpy
    from PIL import Image

    dots = numpy.asarray(Image.open(io.BytesIO(picture)).convert("RGB"))[:, :, ::-1]
    lines, certainty, is_upright = _read(dots)
    if not lines:
        return Recognized()
    # Lines of a page that lies on its side are higher than they are wide.
    for turns in (2, 1, 3) if is_upright else (1, 3, 2):
        if certainty >= CERTAIN:
            break
        others, more, _ = _read(numpy.ascontiguousarray(numpy.rot90(dots, turns)))
        if more > certainty:
            lines, certainty = others, more
    if certainty < CERTAIN:
        return Recognized(
            reason=f"has text that is recognised with a certainty of {certainty:.0%} only, so it is left out"
        )
    return Recognized(lines)


def _read(dots: Any) -> tuple[list[str], float, bool]:
    """The lines, their mean certainty, and whether most of them are wider than high."""
    result = _engine()(dots)
    if not result.txts:
        return [], 0.0, True
    letters = sum(map(len, result.txts))
    certainty = sum(len(line) * float(score) for line, score in zip(result.txts, result.scores, strict=True)) / letters
    wide = sum(abs(box[1][0] - box[0][0]) > abs(box[3][1] - box[0][1]) for box in result.boxes)
    return list(result.txts), certainty, 2 * wide >= len(result.txts)


@functools.cache
def _engine() -> Any:
    from rapidocr import RapidOCR

    # The classifier of single lines turns some that are upright; pages are turned as a whole instead.
    return RapidOCR(params={"Global.use_cls": False, "Global.log_level": "critical"})
