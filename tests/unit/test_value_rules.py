"""Values that look right but do not exist: ports, ranges, hours, time zones, actions, names, secrets."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from osml.place import CHECKOUT
from settings import SettingError, load
from settings.amazon_versions import AMAZON
from settings.iam_action import action_fault

WHOLE = CHECKOUT / "tests" / "unit" / "files" / "whole"
SCALING = "stop: cron(0 20 ? * MON-FRI *)"
NOVA = "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0"


def said(directory: Path, name: str, before: str, after: str) -> str:
    """The sentence, empty when the settings are valid."""
    text = (WHOLE / f"{name}.yaml").read_text()
    assert before in text
    (directory / "other.yaml").write_text(text.replace(before, after, 1))
    return loaded(directory)


def loaded(directory: Path) -> str:
    """The sentence for `other.yaml`."""
    try:
        load("other", directory)
    except SettingError as error:
        return str(error).removeprefix(f"{directory.name}/other.yaml: ")
    return ""


@pytest.mark.parametrize(
    "hours", ["0 20 ? * MON-FRI *", "0/15 8-18 L * ? *", "5,35 0 ? * 2#1 2026-2030", "0 0 15W JAN ? *"]
)
def test_a_schedule_with_valid_hours_is_accepted(tmp_path: Path, hours: str) -> None:
    assert said(tmp_path, "sagemaker", SCALING, f"stop: cron({hours})") == ""


@pytest.mark.parametrize(
    ("hours", "part"),
    [
        (
            "99 99 ? * MON-FRI *",
            "the minutes of 'cron(99 99 ? * MON-FRI *)' is '99', but can be 0 to 59; write minutes",
        ),
        ("0 24 ? * * *", "the hours of"),
        ("0 20 32 * ? *", "the day of the month of"),
        ("0 20 0 * ? *", "the day of the month of"),
        ("0 20 ? 13 * *", "the month of"),
        ("0 20 ? JANUARY * *", "the month of"),
        ("0 20 ? * FOO *", "the day of the week of"),
        ("0 20 ? * 8 *", "the day of the week of"),
        ("0 20 ? * 2#6 *", "the day of the week of"),
        ("0 20 ? * * 1900", "the year of"),
        ("0/0 20 ? * * *", "the minutes of"),
        ("0- 20 ? * * *", "the minutes of"),
        ("0 20 * * * *", "must have ? for either the day of the month or the day of the week"),
        ("0 20 ? * ? *", "must have ? for either the day of the month or the day of the week"),
        ("0 20 ? * *", "must look like cron(0 20 ? * MON-FRI *)"),
        ("٠ 20 ? * * *", "the minutes of"),
    ],
)
def test_a_schedule_with_wrong_hours_is_refused(tmp_path: Path, hours: str, part: str) -> None:
    sentence = said(tmp_path, "sagemaker", SCALING, f"stop: cron({hours})")
    assert sentence.startswith("answer.scaling.stop")
    assert part in sentence


@pytest.mark.parametrize("zone", ["Mars/Olympus", "Europe", "europe/Berlin/", "../etc/passwd", "Etc/UTC+25"])
def test_an_unknown_time_zone_is_refused(tmp_path: Path, zone: str) -> None:
    assert said(tmp_path, "sagemaker", "Europe/Berlin", zone).startswith("answer.scaling.timezone")


@pytest.mark.parametrize("zone", ["America/Argentina/Buenos_Aires", "Etc/GMT+5", "UTC"])
def test_a_known_time_zone_is_accepted(tmp_path: Path, zone: str) -> None:
    assert said(tmp_path, "sagemaker", "Europe/Berlin", zone) == ""


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("self-managed", "example.com:9200", "example.com:65536"),
        ("self-managed", "example.com:9200", "example.com:0"),
        ("self-managed", "https://api.example.com/v1", "https://api.example.com:70000/v1"),
        ("existing", "es.amazonaws.com", "es.amazonaws.com:99999"),
        ("domain", "help.example.com", "help.example.com:65536"),
    ],
)
def test_an_impossible_port_is_refused(tmp_path: Path, name: str, before: str, after: str) -> None:
    sentence = said(tmp_path, name, before, after)
    assert (
        "has a port that does not exist; use one from 1 to 65535" in sentence or "is not an https address" in sentence
    )


@pytest.mark.parametrize(
    ("cidr", "part"),
    [
        ("999.0.0.0/16", "is not a range of addresses; write one such as 10.0.0.0/16"),
        ("10.0.0.1/16", "'10.0.0.1/16' is an address within the range 10.0.0.0/16; write that"),
    ],
)
def test_a_wrong_range_of_addresses_is_refused(tmp_path: Path, cidr: str, part: str) -> None:
    assert part in said(tmp_path, "domain", "10.0.0.0/16", cidr)
    assert part in said(tmp_path, "domain", "203.0.113.0/24", cidr)


def test_a_firewall_for_every_address_is_refused(tmp_path: Path) -> None:
    assert "0.0.0.0/0 contains every address" in said(tmp_path, "domain", "203.0.113.0/24", "0.0.0.0/0")


@pytest.mark.parametrize(
    "version", ["1.3", "2.12", "2.14", "2.16", "2.18", "2.20", "3.0", "3.2", "3.4", "3.6", "9.9", "3.05", "03.5"]
)
def test_a_version_that_amazon_never_had(tmp_path: Path, version: str) -> None:
    sentence = said(tmp_path, "domain", "OpenSearch_3.5", f"OpenSearch_{version}")
    assert sentence.startswith("search.engine_version")
    assert version not in sentence.partition("; ")[2].split(", ")


def test_every_version_that_a_message_recommends_is_one_of_amazons(tmp_path: Path) -> None:
    known, suggested = {f"OpenSearch_{item}" for item in AMAZON}, set()
    changes = ("quantization: disk", "quantization: fp16", "hybrid: {normalization: z_score}", "rerank: {}")
    for version in AMAZON:
        for change in changes:
            text = (
                (CHECKOUT / "environments" / "dev.yaml").read_text().replace("OpenSearch_3.5", f"OpenSearch_{version}")
            )
            (tmp_path / "other.yaml").write_text(f"{text}retrieval: {{{change}}}\n")
            sentence = loaded(tmp_path)
            suggested |= set(re.findall(r"OpenSearch_[0-9.]*[0-9]", sentence.partition("; ")[2]))
    assert suggested
    assert suggested <= known


@pytest.mark.parametrize("word", ["Create", "CREATE"])
def test_a_word_that_is_nearly_create(tmp_path: Path, word: str) -> None:
    for name, before in (("r1", "endpoint: create"), ("sagemaker", "endpoint: create")):
        assert "; write create." in said(tmp_path, name, before, f"endpoint: {word}")
    assert "name an existing one" in said(tmp_path, "domain", "endpoint: neural-sparse", f"endpoint: {word}")


def test_a_domain_of_bursting_nodes_is_small(tmp_path: Path) -> None:
    nodes = "{instance_type: r7g.large.search, count: 1}"
    few = "data_nodes.count is 20, but a domain has 10 nodes of t3.small.search at most; set 10 or less"
    assert few in said(tmp_path, "r1", nodes, "{instance_type: t3.small.search, count: 20}")
    assert said(tmp_path, "r1", nodes, "{instance_type: t3.small.search, count: 10}") == ""


def test_a_secret_is_made_once(tmp_path: Path) -> None:
    text = (WHOLE / "existing.yaml").read_text()
    secret = "secret: {name: osml/other}"
    for more, sentence in (
        ("", ""),
        (
            ", create: true",
            "embedding.secret and answer.secret have the same name and create: true, but a secret can be created only ",
        ),
    ):
        (tmp_path / "other.yaml").write_text(text.replace(secret, f"secret: {{name: osml/other{more}}}"))
        if not sentence:
            load("other", tmp_path)
            continue
        with pytest.raises(SettingError, match=sentence):
            load("other", tmp_path)


@pytest.mark.parametrize(
    "action", ["bedrock:InvokeModel", "bedrock:invokemodel", "sagemaker:InvokeEndpoint*", "comprehend:Detect?entiment"]
)
def test_an_action_that_iam_has(action: str) -> None:
    assert action_fault(action) is None


@pytest.mark.parametrize(
    ("action", "sentence"),
    [
        ("bedrock:InvokeModle", "is an action that IAM does not have; the nearest one is bedrock:InvokeModel"),
        ("bedrok:InvokeModel", "is of bedrok, which IAM does not know; write bedrock"),
        ("bedrock:Foo*", "is an action that IAM does not have"),
        ("iam:PassRole", "grants rights over other rights, which no model needs; remove it"),
        ("*", "is not an IAM action; write service:Action, for example bedrock:InvokeModel"),
        ("InvokeModel", "is not an IAM action"),
        (f"bedrock:{'x' * 5000}", "is not an IAM action"),
    ],
)
def test_an_action_that_iam_has_not(action: str, sentence: str) -> None:
    fault = action_fault(action)
    assert fault is not None
    assert sentence in fault


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        (f'{{actions: ["bedrock:InvokeModel"], resources: ["{NOVA}"]}}', ""),
        ('{actions: ["comprehend:DetectSentiment"], resources: ["*"], wildcards: It knows no resources.}', ""),
        (f'{{actions: ["bedrock:Invoke*"], resources: ["{NOVA}"]}}', "'bedrock:Invoke*' has a wildcard; name what"),
        (f'{{actions: ["bedrock:InvokeModel"], resources: ["{NOVA}*"]}}', "has a wildcard; name what is meant, or set"),
        ('{actions: ["bedrock:InvokeModel"], resources: ["*"]}', "every resource must be an ARN"),
        ('{actions: ["bedrock:InvokeModel"], resources: ["arn:aws:x"]}', "every resource must be an ARN"),
        (
            f'{{actions: ["bedrock:InvokeModel"], resources: ["{NOVA}"], wildcards: There are none.}}',
            "wildcards is the reason for one, but there is none; leave it out",
        ),
    ],
)
def test_a_wildcard_has_a_reason(tmp_path: Path, statement: str, sentence: str) -> None:
    text = (WHOLE / "self-managed.yaml").read_text()
    before, _, rest = text.partition("    - actions:")
    after = rest.partition("  trusted_endpoints:")[2]
    (tmp_path / "other.yaml").write_text(f"{before}    - {statement}\n  trusted_endpoints:{after}")
    if not sentence:
        load("other", tmp_path)
        return
    with pytest.raises(SettingError) as caught:
        load("other", tmp_path)
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        ("{Authorization:", "[{Authorization:", " is not YAML"),
        ('{Authorization: "Bearer ${credential.secretArn.api_key}"}', "[a]", "headers must be a group of texts"),
        ('"Bearer ${credential.secretArn.api_key}"', "5", "headers must be a group of texts"),
        ("method: POST", "method: FETCH", "method is 'FETCH', but must be POST or GET"),
        ("method: POST", "method: 5", "method is missing; add it, as text"),
        ("{max: 5}", "[5]", "parameters must be a group of settings"),
        ("{max: 5}", "{max: 2026-01-31}", "which YAML reads as a date; put it in quotes"),
        ("protocol: http", "protocol: {}", "protocol is {}, but must be http or aws_sigv4"),
        (
            "{max: 5}",
            "{key: sk-0123456789abcdef0123}",
            "connector contains text that looks like a key, which everybody could read",
        ),
        ('{"q": "${parameters.inputs}"}', "[" * 3000 + '"${parameters.inputs}"', "request_body is not JSON once its"),
    ],
)
def test_a_wrong_connector_is_refused(tmp_path: Path, before: str, after: str, sentence: str) -> None:
    sentences = said(tmp_path, "self-managed", before, after)
    assert sentence in sentences
    assert "sk-0123" not in sentences
