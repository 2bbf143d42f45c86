"""The doctor without an engine: names have sections, messages have causes, and the first cause is the last line."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from graphlib import CycleError
from pathlib import Path

import pytest

from mlcommons.recognition import TEXTS
from osml import main as command_line
from osml.doctor import doctor, finding
from osml.doctor.checks import CHECKS, ordered
from osml.doctor.checks.check import Check
from osml.doctor.checks.complaints import FIXES, complaint
from osml.doctor.checks.context import Context
from osml.doctor.checks.trust import is_private
from osml.doctor.checks.verdict import Noted, Skipped
from osml.failure import Failure
from osml.place import Place

ROOT = Path(__file__).resolve().parents[2]
PLACE = Place("dev", None)
SECTIONS = re.findall(r"^### (.+)$", (ROOT / finding.PAGE).read_text(), re.MULTILINE)


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No credentials, no region, no access to AWS."""
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "OSML_ENVIRONMENTS"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL", "AWS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))


def test_every_name_has_its_section_and_every_section_its_name() -> None:
    assert sorted(SECTIONS) == sorted(FIXES)


def test_a_check_stands_behind_those_that_it_relies_on() -> None:
    titles = [check.title for check in CHECKS]
    assert titles[0] == "credentials"
    assert titles[-1] == "a question"
    assert all(check.after is None or check.after in titles[:at] for at, check in enumerate(CHECKS))


def test_checks_after_the_same_one_are_ordered_by_title() -> None:
    chosen = [Check(title, _skips, after=after) for title, after in [("d", "b"), ("c", "a"), ("b", "a"), ("a", None)]]
    assert [check.title for check in ordered(chosen)] == ["a", "b", "c", "d"]


def test_an_order_that_is_impossible_is_refused() -> None:
    with pytest.raises(KeyError, match="stakcs"):
        ordered([Check("a", _skips, after="stakcs")])
    with pytest.raises(CycleError):
        ordered([Check("a", _skips, after="b"), Check("b", _skips, after="a")])


def test_every_cause_of_a_foreign_text_has_a_fix() -> None:
    assert {cause for cause, _ in TEXTS} <= set(FIXES)


def test_every_name_in_a_check_has_a_fix() -> None:
    text = "".join(file.read_text() for file in (ROOT / "osml" / "doctor" / "checks").glob("*.py"))
    called = set(re.findall(r'complaint\(\s*context\.place,\s*"([a-z-]+)"', text))
    assert called <= set(FIXES)
    assert "model-missing" in called


def test_a_fix_names_the_environment() -> None:
    for name in FIXES:
        fix = complaint(PLACE, name, "It broke.").fix
        assert "{" not in fix.replace("{model", ""), name
        assert fix.endswith((".", "?")), name
        assert "osml deploy" not in fix or re.search("`osml deploy --env dev( --repair)?`", fix), name


def test_a_long_cause_is_cut_and_on_one_line() -> None:
    cause = complaint(PLACE, "request-body-broken", "Invalid payload:\n" + "passage " * 500).cause
    assert len(cause) == 601
    assert "\n" not in cause


def _fails(name: str) -> Callable[[Context], str]:
    def look(context: Context) -> str:
        raise complaint(context.place, name, "It is gone.")

    return look


def _skips(_: Context) -> str:
    raise Skipped("nobody knows")


def _breaks(_: Context) -> str:
    raise Failure("GET / got no answer: refused", "engine-unreachable")


def test_it_stops_at_the_first_cause() -> None:
    checks = [
        Check("a", lambda _: "fine"),
        Check("b", _skips),
        Check("c", _fails("model-missing")),
        Check("d", lambda _: pytest.fail("it went on")),
    ]
    examined = list(doctor.examine(PLACE, checks))
    assert [(finding.check, finding.state) for finding in examined] == [("a", "ok"), ("b", "skipped"), ("c", "failed")]
    assert examined[-1].complaint == "model-missing"
    assert examined[-1].see == "docs/troubleshooting.md#model-missing"


def test_a_note_has_its_fix_and_stops_nothing() -> None:
    def look(context: Context) -> str:
        raise Noted(complaint(context.place, "deploy-failed", "The last deploy was rolled back."))

    findings = list(doctor.examine(PLACE, [Check("a", look), Check("b", lambda _: "fine")]))
    assert [(finding.state, finding.complaint) for finding in findings] == [("noted", "deploy-failed"), ("ok", None)]


def test_a_failed_check_is_a_cause() -> None:
    findings = list(doctor.examine(PLACE, [Check("a", _breaks)]))
    assert findings[-1].complaint == "engine-unreachable"
    assert "refused" in findings[-1].seen


def test_missing_credentials_have_a_fix(capsys: pytest.CaptureFixture[str]) -> None:
    assert not doctor.show(PLACE, as_json=False)
    said = capsys.readouterr().out
    assert "✗ credentials: no-credentials" in said
    assert "aws sso login" in said
    assert "Traceback" not in said


def test_a_missing_network_is_reported(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    assert not doctor.show(PLACE, as_json=True)
    body = json.loads(capsys.readouterr().out)
    assert not body["healthy"]
    assert body["checks"] == [
        {"check": "credentials", "state": "failed", "complaint": "no-network", **_words(body["checks"][0])}
    ]


def _words(finding: dict[str, str]) -> dict[str, str]:
    return {name: finding[name] for name in ("seen", "fix", "see")}


def test_a_missing_region_has_a_fix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dev = (ROOT / "environments" / "sandbox.yaml").read_text()
    (tmp_path / "dev.yaml").write_text(dev)
    monkeypatch.setenv("OSML_ENVIRONMENTS", str(tmp_path))
    findings = list(doctor.examine(PLACE, [check for check in CHECKS if check.title == "region"]))
    assert findings[-1].complaint == "no-region"
    assert "environments/dev.yaml" in (findings[-1].fix or "")


@pytest.mark.parametrize(
    ("host", "private"), [("10.0.0.5", True), ("127.0.0.1", True), ("8.8.8.8", False), ("api.deepseek.com", False)]
)
def test_an_address_is_private_or_not(host: str, *, private: bool) -> None:
    assert is_private(host) == private


@pytest.mark.parametrize("command", ["doctor", "status"])
@pytest.mark.parametrize("profile", ["", "nobody"])
def test_the_commands_fail_with_a_sentence(
    command: str, profile: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without credentials and a region, and with a profile that does not exist."""
    if profile:
        monkeypatch.setenv("AWS_PROFILE", profile)
    monkeypatch.setattr("sys.argv", ["osml", command, "--env", "dev"])
    with pytest.raises(SystemExit) as ended:
        command_line.main()
    said = "".join(capsys.readouterr())
    assert ended.value.code == 1
    assert "✗" in said
    assert "Traceback" not in said
