"""Text recognition on this machine, by RapidOCR, which the extra `ocr` of the distribution installs."""

import functools
import io
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

from corpus.recognition import CERTAIN, Recognize, Recognized, certain, certainty_of

ADVICE = "install text recognition with `pip install 'osml[ocr]'`, or from the repository with `make ocr`"


def installed() -> Recognize | None:
    """The recognition of this machine; None if it is not installed."""
    return recognized if find_spec("rapidocr") and find_spec("onnxruntime") else None


def recognized(pictures: Sequence[bytes]) -> list[Recognized]:
    """The text of each picture. They are read one after the other, because each uses all processors."""
    return [_recognized_picture(picture) for picture in pictures]


def _recognized_picture(picture: bytes) -> Recognized:
    import numpy
    from PIL import Image

    dots = numpy.asarray(Image.open(io.BytesIO(picture)).convert("RGB"))[:, :, ::-1]
    lines, is_upright = _read(dots)
    # Lines of a page that lies on its side are higher than they are wide.
    for turns in (2, 1, 3) if is_upright else (1, 3, 2):
        if not lines or certainty_of(lines) >= CERTAIN:
            break
        others, _ = _read(numpy.ascontiguousarray(numpy.rot90(dots, turns)))
        lines = max(lines, others, key=certainty_of)
    return certain(lines)


def _read(dots: Any) -> tuple[list[tuple[str, float]], bool]:
    """The lines with their certainty, and whether most of them are wider than high."""
    result = _engine()(dots)
    if not result.txts:
        return [], True
    wide = sum(abs(box[1][0] - box[0][0]) > abs(box[3][1] - box[0][1]) for box in result.boxes)
    lines = [(line, float(score)) for line, score in zip(result.txts, result.scores, strict=True)]
    return lines, 2 * wide >= len(lines)


@functools.cache
def _engine() -> Any:
    from rapidocr import RapidOCR

    # The classifier of single lines also turns some upright lines, so whole pages are turned instead.
    return RapidOCR(params={"Global.use_cls": False, "Global.log_level": "critical"})
