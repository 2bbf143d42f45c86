import socket
from pathlib import Path

import pytest

from sandbox.certificates import Certificates
from sandbox.engine.errors import NotReady
from sandbox.engine.readiness import ready


@pytest.fixture
def certificates(tmp_path: Path) -> Certificates:
    made = Certificates(tmp_path / "tls")
    made.make()
    return made


@pytest.fixture
def nobody() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"https://127.0.0.1:{free.getsockname()[1]}"


def test_a_stopped_engine_is_reported_at_once_with_the_end_of_its_log(
    certificates: Certificates, nobody: str, tmp_path: Path
) -> None:
    log = tmp_path / "engine.log"
    frames = "\tat org.example.Start.main(Start.java:1)\n" * 20 + "\t... 3 more\n"
    log.write_text("".join(f"line {number}\n" for number in range(1, 41)) + frames)
    with pytest.raises(NotReady, match="ended before it was ready") as raised:
        ready(
            nobody,
            certificates.ca,
            certificates.certificate("admin"),
            certificates.key("admin"),
            log=log,
            alive=lambda: False,
        )
    message = str(raised.value).splitlines()
    assert message[-1] == "line 40"
    assert "line 1" not in message


def test_time_runs_out_in_a_sentence(certificates: Certificates, nobody: str) -> None:
    with pytest.raises(NotReady, match=r"not ready within 0 s: no answer .* It wrote no log"):
        ready(nobody, certificates.ca, certificates.certificate("admin"), certificates.key("admin"), within=0)
