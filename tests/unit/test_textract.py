"""Text recognition by Amazon Textract: its answers, its refusals, and what is tried again later."""

import io
import json
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError
from PIL import Image

import aws.textract
import sandbox.models.textract
from aws.textract import LEAST, MOST_SCANS, reading, recognized
from corpus.document import Document, Unreadable
from corpus.formats import Reading
from corpus.formats.scans import MOST_BYTES
from corpus.recognition import Recognized, Unrecognized
from rag import files
from rag.caller import OPERATOR
from sandbox.models.exchange import Call
from sandbox.models.textract import PATH, TextractApi
from tests.unit.pdf_files import pdf
from tests.unit.reading import entries
from tests.unit.scanned_files import page, saved
from tests.unit.test_assistant_files import Index, parts, sent
from tests.unit.test_source_s3 import Amazon, of
from tests.waiting import PATIENCE


def line(text: str, confidence: float = 99.0) -> dict[str, Any]:
    return {"BlockType": "LINE", "Text": text, "Confidence": confidence}


@dataclass
class Textract:
    """Answers or raises by the picture; eight pictures are answered only when all of them have arrived."""

    answers: dict[bytes, Any]
    _all_here: threading.Barrier = field(default_factory=lambda: threading.Barrier(8))

    def detect_document_text(self, Document: dict[str, bytes]) -> dict[str, Any]:
        answer = self.answers[Document["Bytes"]]
        if len(self.answers) == 8:
            self._all_here.wait(PATIENCE)
        if isinstance(answer, Exception):
            raise answer
        return {"Blocks": [{"BlockType": "PAGE"}, *answer, {"BlockType": "WORD", "Text": "word", "Confidence": 1.0}]}


def refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "secret words"}}, "DetectDocumentText")


def answered(answer: Any, left: float = 100.0) -> Recognized:
    (recognised,) = recognized([b"a"], lambda: left, Textract({b"a": answer}))
    return recognised


def test_lines_are_the_text_of_each_picture_in_the_order_of_the_pictures_at_once() -> None:
    pictures = [bytes([number]) for number in range(8)]
    textract = Textract({picture: [line(f"Page {picture[0]}"), line("end")] for picture in pictures})
    recognised = recognized(pictures, lambda: 100.0, textract)
    assert [picture.lines for picture in recognised] == [[f"Page {number}", "end"] for number in range(8)]


def test_a_picture_without_lines_has_no_text() -> None:
    assert answered([]) == Recognized([])


def test_text_of_low_certainty_is_left_out_by_the_lengths_of_the_lines() -> None:
    recognised = answered([line("x" * 90, 85.0), line("y" * 10, 100.0)])
    assert (recognised.lines, recognised.reason) == (
        (),
        "has text with a recognition confidence of only 86%, so it is left out",
    )
    assert answered([line("x" * 90, 91.0), line("y" * 10, 85.0)]).reason == ""


@pytest.mark.parametrize("code", sorted(aws.textract.OF_THE_PICTURE))
def test_a_picture_that_textract_refuses_is_named(code: str) -> None:
    assert answered(refused(code)).reason == f"cannot be read by Amazon Textract ({code})"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (refused("ProvisionedThroughputExceededException"), "ProvisionedThroughputExceededException"),
        (refused("AccessDeniedException"), "AccessDeniedException"),
        (ConnectTimeoutError(endpoint_url="https://textract.example"), "ConnectTimeoutError"),
    ],
)
def test_what_may_be_answered_later_is_no_result(error: Exception, said: str) -> None:
    with pytest.raises(Unrecognized) as raised:
        answered(error)
    assert said in str(raised.value)
    assert "secret" not in str(raised.value)


def test_no_page_is_begun_when_the_time_is_nearly_over() -> None:
    with pytest.raises(Unrecognized, match="time of the call ended"):
        answered([line("a")], LEAST - 1)


def test_the_setting_decides_whether_text_is_recognised() -> None:
    assert reading("text", None, lambda: 9.0) == Reading("text")
    as_set = reading("text", "textract", lambda: 9.0)
    assert as_set.recognize
    assert as_set.most_scans == MOST_SCANS


def test_pages_beyond_the_most_of_one_file_are_named() -> None:
    """Each page costs money, and one call of a function must recognise all of them."""

    def recognize(pictures: Sequence[bytes]) -> list[Recognized]:
        return [Recognized(["Scan"])] * len(pictures)

    few = Reading("text", recognize=recognize, most_scans=2)
    read, beyond = entries(pdf(None, None, None, None), "scan.pdf", reading=few)
    assert isinstance(read, Document)
    assert read.source["text"] == "Scan\n\nScan"
    assert isinstance(beyond, Unreadable)
    assert (beyond.where, beyond.reason) == (
        "scan.pdf, pages 3 to 4",
        "is beyond the limit of 2 scanned pages per file",
    )
    fax = saved([page("a"), page("b"), page("c")], "TIFF")
    _, beyond = entries(fax, "fax.tiff", reading=few)
    assert isinstance(beyond, Unreadable)
    assert (beyond.where, beyond.reason) == ("fax.tiff, pages 3 to 3", "are beyond the limit of 2 pages per file")


@pytest.mark.thorough
def test_a_picture_of_many_colours_is_sent_within_the_limit_of_bytes() -> None:
    sent_sizes: list[tuple[str | None, int, int]] = []

    def recognize(pictures: Sequence[bytes]) -> list[Recognized]:
        for picture in pictures:
            opened = Image.open(io.BytesIO(picture))
            sent_sizes.append((opened.format, len(picture), max(opened.size)))
        return [Recognized(["Noise"])] * len(pictures)

    noise = Image.frombytes("RGB", (4000, 3000), os.urandom(4000 * 3000 * 3))
    entries(saved([noise], "BMP"), "noise.bmp", reading=Reading("text", recognize=recognize))
    entries(saved([page("Few colours")], "PNG"), "page.png", reading=Reading("text", recognize=recognize))
    (photograph, drawn) = sent_sizes
    assert photograph[0] == "JPEG"
    assert photograph[1] <= MOST_BYTES
    assert photograph[2] >= 1500, "it is still readable"
    assert drawn[0] == "PNG"


def test_the_local_cloud_refuses_without_an_engine_and_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox.models.textract, "find_spec", lambda _: None)
    answer = TextractApi().answer(Call("textract.us-east-1.amazonaws.com", PATH, {}, b"{}"))
    assert isinstance(answer.body, bytes)
    assert (answer.status, json.loads(answer.body)["__type"]) == (400, "SubscriptionRequiredException")
    assert "make ocr" in answer.body.decode()


@pytest.fixture
def throttled(monkeypatch: pytest.MonkeyPatch) -> list[Exception]:
    """A Textract that throttles while there are exceptions left."""
    left: list[Exception] = [refused("ThrottlingException")]

    class Client:
        def detect_document_text(self, Document: dict[str, bytes]) -> dict[str, Any]:
            if left:
                raise left.pop()
            return {"Blocks": [line("Thirty working days")]}

    monkeypatch.setattr(aws.textract, "textract", Client)
    return left


@pytest.mark.thorough
def test_an_upload_waits_for_textract_and_what_came_before_is_stored(throttled: list[Exception]) -> None:
    index = Index()
    usual = parts(index)
    set_up = replace(usual, settings=usual.settings.model_copy(update={"scans": "textract"}))
    stored = files.store(sent("scan.pdf", pdf(None)), 60, set_up, OPERATOR)
    assert not stored.ended
    assert "ThrottlingException" in stored.later
    assert (stored.settled, index.stored) == (0, [])
    stored = files.store(sent("scan.pdf", pdf(None)), 60, set_up, OPERATOR)
    assert stored.ended
    assert index.stored[0]["text"] == "Thirty working days"


@pytest.mark.thorough
def test_a_source_keeps_what_textract_did_not_read_for_the_next_run(throttled: list[Exception]) -> None:
    stored = of(Amazon({"scan.pdf": pdf(None), "plain.txt": b"Plain."}), prefix="")
    stored.reading = reading("text", "textract", lambda: 100.0)
    run = stored.run()
    assert stored.ids == ["plain.txt"]
    assert run.kept == 1
    run = stored.run()
    assert stored.ids == ["plain.txt", "scan.pdf"]
    assert (run.kept, run.unchanged) == (0, 1)


def test_a_source_lists_pictures_only_where_their_text_is_recognised() -> None:
    for pictures, left_out in ((True, {}), (False, {".png": 1})):
        listed = of(Amazon({"leave.png": saved([page("Leave")], "PNG"), "plain.txt": b"Plain."}), prefix="")
        listed.tools = replace(listed.tools, pictures=pictures)
        assert listed.run(dry=True).left_out == left_out
