"""Anybody who may invoke the writer of the page can write its event: it obeys only stacks of its own account."""

from types import SimpleNamespace
from typing import Any

import pytest

import page
from aws.invitation import Uninvited

FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:writer"
EVENT = {
    "RequestType": "Delete",
    "RequestId": "1",
    "StackId": "arn:aws:cloudformation:us-east-1:000000000000:stack/osml-dev-assistant/0a1b",
    "LogicalResourceId": "Page",
    "ResponseURL": "https://cloudformation-custom-resource-response-useast1.s3.amazonaws.com/x",
    "ResourceProperties": {"Settings": '{"environment": "mallory"}'},
}


@pytest.mark.parametrize(
    "changed",
    [
        {"StackId": EVENT["StackId"].replace("000000000000", "111122223333")},  # type: ignore[attr-defined]
        {"StackId": ""},
        {"ResponseURL": "https://mallory.example.com/x"},
    ],
)
def test_the_writer_of_the_page_obeys_no_other_stack(monkeypatch: pytest.MonkeyPatch, changed: dict[str, str]) -> None:
    called: list[Any] = []
    monkeypatch.setattr(page, "helper", lambda *event: called.append(event))
    context = SimpleNamespace(invoked_function_arn=FUNCTION)
    page.handler(dict(EVENT), context)
    with pytest.raises(Uninvited):
        page.handler({**EVENT, **changed}, context)
    assert len(called) == 1
