"""The proof without an account: what its report hides, what it makes, and that it removes everything."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from osml.failure import Failure
from osml.place import Place
from osml.prove import calls, prove
from osml.prove.facts import FACTS
from osml.prove.life import Life, interrupt
from osml.prove.report import ProofReport, Seen, hidden
from osml.prove.trial import KINDS, Trial
from osml.remote.identity import Identity
from sandbox.instance import Instance
from sandbox.models.json_handler import JsonHandler, serving
from settings import load

CALLER = Identity("111122223333", "arn:aws:sts::111122223333:assumed-role/Admin/ada@example.com")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("the account 111122223333 said", "the account <account> said"),
        ("arn:aws:iam::111122223333:role/Admin may", "<ARN of iam> may"),
        ("arn:aws-cn:es:cn-north-1:111122223333:domain/x, y", "<ARN of es>, y"),
        ("https://abc123.execute-api.us-east-1.amazonaws.com/dev/rag is", "<address> is"),
        ("host search-osml-x.us-east-1.es.amazonaws.com: no", "host <host>: no"),
        ("x7.aoss.eu-west-1.on.aws", "<host>"),
        ("by ada@example.com", "by <person>"),
        ("AKIAIOSFODNN7EXAMPLE", "<key>"),
        ("from 10.0.0.7:443 on", "from <address> on"),
        ("file /home/ada/osml/cdk.out is", "file <path> is"),
        ("the key sesame-123 failed", "the key <secret> failed"),
        ("a | b\nc", "a \\| b c"),
        ("18,823,000 people, 429 and 12 s", "18,823,000 people, 429 and 12 s"),
    ],
)
def test_a_report_hides_who_and_where(text: str, shown: str) -> None:
    assert hidden(text, ["sesame-123"]) == shown


def test_a_report_has_every_step_and_every_answer() -> None:
    report = ProofReport("domain", "OpenSearch_3.5", "us-east-1", False, "Expected to cost at most 0.19 USD")
    assert not report.good
    report.steps = [Seen("preflight", True, 1, "ok"), Seen("deploy", False, 2, "no")]
    report.facts = [Seen("Does it?", None, 3, "yes")]
    assert not report.good
    text = report.markdown()
    assert "## Proof of a domain on AWS, us-east-1: FAILED" in text
    assert "| deploy | ✗ | 2.0 | no |" in text
    assert "| Does it? | – | 3.0 | yes |" in text


@pytest.fixture
def trials(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Trial]]:
    monkeypatch.setenv("OSML_ENVIRONMENTS", "restored afterwards")
    made = prove.trials(KINDS, None, CALLER, "us-east-1", "us.amazon.nova-micro-v1:0")
    yield made
    for path in made[0].folder.glob("*"):
        path.unlink()


def test_its_environments_are_valid_and_are_thrown_away(trials: list[Trial]) -> None:
    for trial in trials:
        settings = load(trial.name, trial.folder)
        assert settings.search.removal == "destroy"
        assert settings.secrets == {}
        assert prove.estimate(trial) < 1
        assert os.environ["OSML_ENVIRONMENTS"] == str(trial.folder)
    domain, collection = trials
    assert (domain.kind, collection.kind) == KINDS
    search: Any = load(domain.name, domain.folder).search
    assert search.admins == [f"arn:aws:iam::111122223333:role/{domain.administrator}"]
    assert domain.name != collection.name


@pytest.mark.parametrize("how", ["fails", "is interrupted", "breaks"])
def test_everything_is_removed_however_it_ends(how: str, trials: list[Trial], monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[str] = []

    def live(self: Life) -> None:
        def step() -> str:
            if how == "is interrupted":
                os.kill(os.getpid(), signal.SIGTERM)
            if how == "breaks":
                raise ZeroDivisionError
            raise Failure("no")

        self.step("deploy", step)

    def end(self: Life) -> None:
        # A second Ctrl-C does not stop the removal.
        os.kill(os.getpid(), signal.SIGINT)
        ended.append("destroyed")

    monkeypatch.setattr(Life, "live", live)
    monkeypatch.setattr(Life, "end", end)
    reports: list[Seen] = []
    if how == "breaks":
        with pytest.raises(ZeroDivisionError):
            prove.run(trials[0], CALLER, "us-east-1", reports.append)
    else:
        report = prove.run(trials[0], CALLER, "us-east-1", reports.append)
        assert not report.good
        assert reports[0].answer == ("interrupted" if how == "is interrupted" else "no")
    assert ended == ["destroyed"]
    assert prove.remains(trials[0]) is None


def test_what_could_not_be_removed_is_said(trials: list[Trial], monkeypatch: pytest.MonkeyPatch) -> None:
    def end(_: Life) -> None:
        raise Failure("still there")

    monkeypatch.setattr(Life, "live", lambda _: None)
    monkeypatch.setattr(Life, "end", end)
    prove.run(trials[0], CALLER, "us-east-1", lambda _: None)
    assert prove.remains(trials[0]) == f"OSML_ENVIRONMENTS={trials[0].folder} osml destroy --env {trials[0].name}"


def test_a_command_that_runs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("osml.prove.life.PAUSE", 0.5)
    # It ignores Ctrl-C, like a process that was started in the background.
    sleeping = (
        "import signal, subprocess, sys; signal.signal(signal.SIGINT, signal.SIG_IGN); "
        "subprocess.run([sys.executable, '-c', 'import time; time.sleep(60)'])"
    )
    running = subprocess.Popen([sys.executable, "-c", sleeping], start_new_session=True, text=True)
    interrupt(running)
    assert running.poll() is not None


def test_each_question_has_a_file() -> None:
    questions = [fact.QUESTION for fact in FACTS]
    assert len(questions) == len(set(questions)) == 5
    assert all(question.endswith("?") for question in questions)


def test_nothing_is_made_without_a_yes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    from osml import main as command_line

    runs: list[Any] = []
    monkeypatch.setattr("osml.remote.identity.identity", lambda *_: CALLER)
    monkeypatch.setattr("osml.prove.prove.run", lambda *_: runs.append(_))
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("OSML_ENVIRONMENTS", str(tmp_path))
    monkeypatch.setattr("sys.stdin", open(os.devnull))  # noqa: SIM115
    monkeypatch.setattr("sys.argv", ["osml", "prove", "--report", str(tmp_path / "proof.md")])
    with pytest.raises(SystemExit) as ended:
        command_line.main()
    said = capsys.readouterr().err
    assert ended.value.code == 1
    assert runs == []
    assert "costs at most" in said
    assert "the account 111122223333, region us-east-1" in said


STAGE, WORDS, MORE = (
    b'event: stage\ndata: {"stage": "answering"}\n\n',
    b'event: text\ndata: {"text": "The "}\n\n',
    b'event: text\ndata: {"text": "town."}\n\n',
)
ENDED, BROKEN = b'event: answer\ndata: {"answer": "The town."}\n\n', b'event: failed\ndata: {"message": "no"}\n\n'
CUT = b"cut"
LONG = b": waiting\n\n" * 4000
# The pieces of a response, and what the proof says about it, or None if it passes.
STREAMS: dict[str, tuple[list[bytes], str | None]] = {
    "streamed": ([STAGE, WORDS, MORE, ENDED], None),
    "streamed, with events that are split": ([STAGE + WORDS[:9], WORDS[9:], MORE[:-1], MORE[-1:] + ENDED], None),
    "in one piece": ([STAGE + WORDS + MORE + ENDED], "not streamed"),
    "in one long piece": ([LONG + STAGE + WORDS + LONG + MORE + ENDED], "not streamed"),
    "in one piece after its first stage": ([STAGE, WORDS + MORE + ENDED], "not streamed"),
    "failed": ([STAGE, WORDS, BROKEN], "stage, text, failed"),
    "broken off": ([STAGE, WORDS, MORE], "stage, text, text"),
    "without words": ([STAGE, ENDED], "stage, answer"),
    "cut": ([STAGE, WORDS, CUT], "The stream broke off"),
    "empty": ([], "none"),
}


def _speaking(pieces: list[bytes]) -> type[JsonHandler]:
    """An assistant whose answer arrives in these pieces."""

    class Assistant(JsonHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.body()
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for piece in [*pieces, b""]:
                if piece == CUT:
                    self.close_connection = True
                    return
                self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))

    return Assistant


@pytest.mark.parametrize("local", [False, True], ids=["on AWS", "on this machine"])
@pytest.mark.parametrize("case", STREAMS)
def test_only_an_answer_whose_words_arrive_before_its_end_is_streamed(
    case: str, local: bool, trials: list[Trial], monkeypatch: pytest.MonkeyPatch
) -> None:
    pieces, complaint = STREAMS[case]
    # The pieces are sent at once. The test after this one is about times.
    monkeypatch.setattr(calls, "APART", 0)
    trial = replace(trials[0], place=Place(trials[0].name, Instance.named("proof") if local else None))
    with serving(_speaking(pieces)) as url:
        monkeypatch.setattr(calls, "assistant", lambda _: SimpleNamespace(url=url))
        if complaint is None:
            assert "first words" in calls.stream(trial, "key")
        else:
            with pytest.raises(Failure, match=complaint):
                calls.stream(trial, "key")


def test_pieces_that_arrive_at_once_on_aws_are_no_stream(trials: list[Trial], monkeypatch: pytest.MonkeyPatch) -> None:
    # A busy machine does not take so long for four pieces.
    monkeypatch.setattr(calls, "APART", 30)
    with serving(_speaking([STAGE, WORDS, MORE, ENDED])) as url:
        monkeypatch.setattr(calls, "assistant", lambda _: SimpleNamespace(url=url))
        with pytest.raises(Failure, match="not streamed"):
            calls.stream(trials[0], "key")
