"""Every finding of cfn-lint, cdk-nag, checkov and CloudFormation Guard in any template is accepted for a reason."""

from __future__ import annotations

import json
import platform
import re
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "template-findings.md"
# `make checkers` makes this environment: checkov pins its own version of boto3.
PYTHON = ROOT / ".venv-checkers" / "bin" / "python"
# Environments whose data is all encrypted with a key that their files name by its ARN.
KEYED = ("keyed/", "keyed-aoss/")
Templates = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Finding:
    """A rule that a resource of a template breaks."""

    template: str
    rule: str
    id: str

    @property
    def name(self) -> str:
        """The logical id without its hash."""
        return re.sub(r"[0-9A-F]{8}$", "", self.id)


@dataclass(frozen=True)
class Accepted:
    """A rule that resources of these names may break; with `keyless`, only where no key encrypts them."""

    rule: str
    names: str
    keyless: bool

    def covers(self, finding: Finding) -> bool:
        return (
            finding.rule == self.rule
            and fnmatchcase(finding.name, self.names)
            and not (self.keyless and finding.template.startswith(KEYED))
        )


def accepted() -> Iterator[Accepted]:
    """The rows of the page's tables."""
    _, always, keyless = re.split(r"^## ", PAGE.read_text(), flags=re.MULTILINE)
    for text in (always, keyless):
        for rules, names, reason in re.findall(r"^\| (\w[^|]*) \| (`[^|]*) \| ([^|]*) \|$", text, re.MULTILINE):
            assert len(reason) > 20
            for rule in rules.split(", "):
                for name in re.findall(r"`([^`]+)`", names):
                    yield Accepted(rule, name, text is keyless)


@pytest.fixture(scope="module")
def findings(every: Templates, tmp_path_factory: pytest.TempPathFactory) -> list[Finding]:
    """The findings of checkov and Guard, which run in parallel, each as one process for all templates."""
    if not PYTHON.exists():
        pytest.fail(f"{PYTHON.parent.parent.name} is missing; run `make checkers`")
    shown = tmp_path_factory.mktemp("shown")
    names = {}
    for number, (name, template) in enumerate(every.items()):
        names[str(number)] = name
        (shown / f"{number}.json").write_text(json.dumps(template))
    running = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for command in (_checkov(shown), _guard(shown, tmp_path_factory.mktemp("guard"), every))
    ]
    said = [item.communicate() for item in running]
    # Guard exits with 19 when a rule is broken.
    assert [item.returncode for item in running] == [0, 19], said
    findings = [Finding(names[number], rule, id) for number, rule, _, id in json.loads(said[0][0])]
    for report in json.loads(said[1][0]):
        name = names[Path(report["name"]).stem]
        for broken in report["not_compliant"]:
            ids = set(re.findall(r'"/Resources/([^/"]+)', json.dumps(broken)))
            assert ids, broken["Rule"]["name"]
            findings += [Finding(name, broken["Rule"]["name"], id) for id in sorted(ids)]
    return findings


def _checkov(shown: Path) -> list[str]:
    return [str(PYTHON), str(Path(__file__).parent / "checkov_findings.py"), str(shown)]


def _guard(shown: Path, folder: Path, every: Templates) -> list[str]:
    """Run Guard with the rules of AWS Control Tower for the types in these templates.

    Both are part of a construct library, which itself would start a process for each file of rules.
    """
    (packed,) = (PYTHON.parents[1] / "lib").glob("python*/site-packages/cdklabs/cdk_validator_cfnguard/_jsii/*.tgz")
    with tarfile.open(packed) as archive:
        archive.extractall(folder, filter="data")
    types = {resource["Type"] for template in every.values() for resource in template["Resources"].values()}
    rules = folder / "rules"
    rules.mkdir()
    for file in (folder / "package" / "rules").rglob("*.guard"):
        text = re.sub(r"^\s*#.*$", "", file.read_text(), flags=re.MULTILINE)
        if types & set(re.findall(r"AWS::\w+::\w+", text)):
            file.rename(rules / file.name)
    system = {"linux": "ubuntu", "darwin": "macos"}[sys.platform]
    machine = {"arm64": "aarch64"}.get(platform.machine(), platform.machine())
    program = folder / "package" / "bin" / system / machine / "cfn-guard"
    return [
        *(str(program), "validate", "--rules", str(rules), "--data", str(shown)),
        *("--output-format", "json", "--structured", "--show-summary", "none"),
    ]


def test_checkov_and_guard_find_nothing_but_what_is_accepted(findings: list[Finding]) -> None:
    known = list(accepted())
    assert [finding for finding in findings if not any(line.covers(finding) for line in known)] == []


def test_every_accepted_finding_is_one(findings: list[Finding]) -> None:
    assert [line for line in accepted() if not any(line.covers(finding) for finding in findings)] == []


def test_checkov_and_guard_have_seen_every_type(every: Templates, findings: list[Finding]) -> None:
    assert {finding.rule[:4] == "CKV_" for finding in findings} == {True, False}
    assert {finding.template for finding in findings} <= set(every)


def test_cfn_lint_finds_nothing(whole: Templates, cfn_lint: Callable[..., str]) -> None:
    # test_delivery.py has the pipeline's own test.
    shown = [{name.partition("/")[2]: value} for name, value in whole.items() if not name.startswith("delivery/")]
    assert cfn_lint(shown) == ""


def test_every_acknowledged_finding_of_cdk_nag_is_one(needless: list[str]) -> None:
    assert needless == []
