"""`osml usage`: how much each caller has used today and this month."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
import yaml
from botocore.stub import Stubber

from osml import main as command_line
from osml.place import CHECKOUT

TABLE = "osml-dev-assistant-Quota-1"
# The test and the command see the same day.
NOW = datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)
SANDBOX = yaml.safe_load((CHECKOUT / "environments" / "sandbox.yaml").read_text())
Run = Callable[..., tuple[int, str, str]]


def item(period: str, caller: str, used: int) -> dict[str, Any]:
    return {"id": {"S": f"{period} {caller}"}, "used": {"N": str(used)}, "expires": {"N": "1"}}


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    """botocore's stubbed client of the table."""
    keys = {"ApiKeyId": "k-others", "ApiKeys": json.dumps({"loader": "k-loader"}), "QuotaTableName": TABLE}
    for name, value in {"AskFunctionName": "a", "DocumentsFunctionName": "d", **keys}.items():
        monkeypatch.setenv(f"OSML_OUTPUT_{name}", value)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    client = boto3.client("dynamodb", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
    monkeypatch.setattr(boto3, "client", lambda service, region_name: {"dynamodb": client}[service])
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run `osml usage … --env dev` with these settings of the assistant."""
    monkeypatch.setenv("OSML_ENVIRONMENTS", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr("osml.deploy.usage.datetime", SimpleNamespace(now=lambda _: NOW))

    def osml(*arguments: str, **assistant: Any) -> tuple[int, str, str]:
        settings = {"sign_in": "api-key", "access": {"editors": ["loader"]}, **assistant}
        (tmp_path / "dev.yaml").write_text(yaml.safe_dump({**SANDBOX, "assistant": settings}))
        monkeypatch.setattr("sys.argv", ["osml", "usage", *arguments, "--env", "dev"])
        with pytest.raises(SystemExit) as ended:
            command_line.main()
        output = capsys.readouterr()
        return int(ended.value.code or 0), output.out, output.err

    return osml


def pages(counted: Stubber) -> None:
    """Two pages of the table, with a caller of another day and one of another month."""
    today, month = f"{NOW:%Y-%m-%d}", f"{NOW:%Y-%m}"
    request = {"TableName": TABLE, "ConsistentRead": True}
    first = [item(today, "k-loader", 3), item(month, "k-loader", 1200), item("2001-01-01", "k-gone", 9)]
    second = [item(month, "k-others", 34_000), item("2001-01", "k-gone", 9)]
    last = {"id": {"S": f"{month} k-loader"}}
    counted.add_response("scan", {"Items": first, "LastEvaluatedKey": last}, request)
    counted.add_response("scan", {"Items": second}, {**request, "ExclusiveStartKey": last})


def test_callers_are_named_and_the_largest_comes_first(counted: Stubber, run: Run) -> None:
    pages(counted)
    code, out, _ = run(quota={"questions_per_day": 50})
    assert code == 0
    head, *rows = out.strip().splitlines()
    assert head.split("  ")[0] == "caller"
    assert "questions today (of 50)" in head
    assert [row.split() for row in rows] == [["others", "0", "34,000"], ["loader", "3", "1,200"]]


def test_callers_as_json(counted: Stubber, run: Run) -> None:
    pages(counted)
    body = json.loads(run("--json", quota={"tokens_per_month": 50_000})[1])
    assert body["quota"] == {"questions_per_day": None, "tokens_per_month": 50_000}
    assert body["callers"][1] == {"caller": "loader", "questions": 3, "tokens": 1200}


def test_without_a_quota_the_command_says_what_to_set(counted: Stubber, run: Run) -> None:
    code, _, stderr = run()
    assert code == 1
    assert "Add assistant.quota to environments/dev.yaml" in stderr


def test_a_table_that_cannot_be_read_is_named(counted: Stubber, run: Run) -> None:
    counted.add_client_error("scan", "AccessDeniedException", "You may not.")
    code, _, stderr = run(quota={"questions_per_day": 50})
    assert code == 1
    assert f"Reading the table {TABLE} failed" in stderr


def test_a_quota_that_limits_nothing_is_refused(counted: Stubber, run: Run) -> None:
    assert "quota limits nothing" in run(quota={})[2]
