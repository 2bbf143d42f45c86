"""Text recognition by the engine that `make ocr` installs."""

from corpus.formats import Reading
from corpus.recognition import Recognize
from tests.unit.reading import entries
from tests.unit.scanned_files import page, saved
from tests.unit.test_corpus_scans import LEAVE, placed

URLAUB = "Der Urlaub muss im laufenden Jahr\ngenommen werden, sonst ist er fort."


def test_scans_in_several_positions_are_read(recognition: Recognize) -> None:
    scan = saved([page(LEAVE), page(URLAUB, turned=90)], "PDF")
    (document,) = entries(scan, "scan.pdf", reading=Reading("text", recognize=recognition))
    assert placed(document) == [(LEAVE, 1), (URLAUB, 2)]
