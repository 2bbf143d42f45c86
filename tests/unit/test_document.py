"""The text of a settings file: what YAML reads in it, and the sentence for forbidden content."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from osml.place import CHECKOUT
from settings import SettingError, load
from settings.delivery import load_delivery
from settings.document import DEEPEST, MOST_VALUES

SANDBOX = (CHECKOUT / "environments" / "sandbox.yaml").read_text()
DELIVERY = (CHECKOUT / "delivery.yaml").read_text()
CONNECTION = "arn:aws-cn:codeconnections:us-east-1:111122223333:connection/01234567-89ab-cdef-0123-456789abcdef"
NO_NAME = "and not as a name; put it in quotes, or remove the line."
NO_NUMBER = "put it in quotes if it is a text, or write the number itself."
INDENT = "indent it like the lines of the same group, or put a text with a colon in quotes."


def bomb() -> str:
    """Nine lists, each nine times as long as the one before."""
    lists = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    for before, name in pairwise("abcdefghi"):
        lists.append(f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]")
    return "\n".join(lists)


def refused(directory: Path, content: str | bytes) -> str:
    """The sentence for the text as an environment and, when the file begins differently, as a delivery."""
    content = content.encode() if isinstance(content, str) else content
    (directory / "other.yaml").write_bytes(content)
    with pytest.raises(SettingError) as caught:
        load("other", directory)
    sentence = str(caught.value)
    assert sentence.startswith(f"{directory.name}/other.yaml")
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence.removeprefix(f"{directory.name}/other.yaml").removeprefix(": ")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "holds no settings; start with the line 'recipe: deepseek-api'."),
        ("# nothing yet\n", "holds no settings; start with the line 'recipe: deepseek-api'."),
        ("[a, b]\n", "holds no settings; start with the line 'recipe: deepseek-api'."),
        ("{}\n", "holds no settings; start with the line 'recipe: deepseek-api'."),
        (SANDBOX.encode("utf-16"), "is UTF-16; save it as UTF-8."),
        (b"recipe: caf\xe9\n", "is not UTF-8 from byte 11 on; save it as UTF-8."),
        (
            "a: 1\n---\nb: 2\n",
            " is not YAML in line 2: but found another document; a second document begins there; keep one.",
        ),
        (
            "a:\n\tb: 1\n",
            " is not YAML in line 2: found character '\\t' that cannot start any token; "
            "indent with spaces, not with tabs.",
        ),
        ("a: \x01\n", " is not YAML in line 1: it contains the character U+0001; write it as plain text."),
        ('a: "\\0"\n', "a in line 1 contains the character U+0000, which is not allowed; remove it."),
        ('a: "\\uD800"\n', "a in line 1 contains the character U+D800, which is not allowed; remove it."),
        ('"\\e": 1\n', "a name in line 1 contains the character U+001B, which is not allowed; remove it."),
        ('Yes.: ["\\0"]\n', "'Yes.'.0 in line 1 contains the character U+0000, which is not allowed; remove it."),
        ("on: {}\n", f"line 1 begins with on, which YAML reads as true or false {NO_NAME}"),
        ("a: {1: 1}\n", f"line 1 in a begins with 1, which YAML reads as a number {NO_NAME}"),
        ("~: 1\n", f"line 1 begins with '~', which YAML reads as nothing {NO_NAME}"),
        ("2026-01-31: 1\n", f"line 1 begins with 2026-01-31, which YAML reads as a date {NO_NAME}"),
        ("? [a]\n: 1\n", " is not YAML in line 1: a setting's name is not a text; correct that line."),
        (
            "a: &b {c: 1}\nd: {<<: *b}\n",
            "line 2 in d has a merge key (<<), which is not supported; write out the settings.",
        ),
        ("a: 1:30\n", f"a in line 1 is 1:30, which YAML reads as the number 90; {NO_NUMBER}"),
        ("a: 010\n", f"a in line 1 is 010, which YAML reads as the number 8; {NO_NUMBER}"),
        ("a: .inf\n", "a in line 1 is .inf, which is not an ordinary number; write an ordinary one."),
        ("a: [-.inf]\n", "a.0 in line 1 is -.inf, which is not an ordinary number; write an ordinary one."),
        ("a: .nan\n", "a in line 1 is .nan, which is not an ordinary number; write an ordinary one."),
        ("a: 1.0e+999\n", "a in line 1 is 1.0e+999, which is not an ordinary number; write an ordinary one."),
        (f"a: {'9' * 5000}\n", "a in line 1 is a number of more than 19 digits; write a smaller one, or quote it."),
        ("a: 2026-01-31\n", "a in line 1 is '2026-01-31', which YAML reads as a date; put it in quotes."),
        ("a: =\n", "a in line 1 is '=', which YAML reads as something other than a text; put it in quotes."),
        ("a: !!binary aGk=\n", "a in line 1 has the tag !!binary, which does not fit it; remove the tag."),
        ("a: !!set {b}\n", "a in line 1 has the tag !!set, which does not fit it; remove the tag."),
        ("a: !!int abc\n", "a in line 1 has the tag !!int, which does not fit it; remove the tag."),
        ("a: !!bool maybe\n", "a in line 1 has the tag !!bool, which does not fit it; remove the tag."),
        (
            "a: !!python/name:os.system x\n",
            "a in line 1 has the tag '!!python/name:os.system', which does not fit it; remove the tag.",
        ),
        ("a: &b [*b]\n", "a.0 repeats itself by aliases (*) too many times; write it out."),
        (bomb(), "e.1 repeats itself by aliases (*) too many times; write it out."),
        (f"a: {'[' * 3000}\n", f"line 1 is {DEEPEST} groups deep; no setting is."),
        ("a: *b\n", " is not YAML in line 1: found undefined alias 'b'; correct that line."),
        ("a\nb: 1\n", f" is not YAML in line 2: mapping values are not allowed here; {INDENT}"),
    ],
)
def test_what_a_text_must_not_hold(tmp_path: Path, content: str | bytes, sentence: str) -> None:
    assert refused(tmp_path, content) == sentence


def test_a_list_may_be_long(tmp_path: Path) -> None:
    origins = ", ".join(["https://help.example.com"] * (MOST_VALUES // 10))
    (tmp_path / "other.yaml").write_text(SANDBOX.replace("assistant: {}", f"assistant: {{origins: [{origins}]}}"))
    assistant = load("other", tmp_path).assistant
    assert assistant
    assert len(assistant.origins) == MOST_VALUES // 10


@pytest.mark.parametrize("change", ["\ufeff{}", "%YAML 1.1\n---\n{}", "{}\n...\n", "{}# the end"])
def test_a_mark_or_an_end_changes_nothing(tmp_path: Path, change: str) -> None:
    (tmp_path / "other.yaml").write_text(change.replace("{}", SANDBOX), encoding="utf-8")
    assert load("other", tmp_path).recipe == "deepseek-api"


def test_an_alias_stands_for_what_it_names(tmp_path: Path) -> None:
    text = SANDBOX.replace("vector_engine: lucene", "vector_engine: &engine lucene") + "prompt: {system: *engine}\n"
    (tmp_path / "other.yaml").write_text(text)
    assert load("other", tmp_path).prompt.system == "lucene"


GROUPS = (
    *(
        "search",
        "search.vpc",
        "search.dedicated_masters",
        "search.ultrawarm",
        "search.volume",
        "search.custom_endpoint",
    ),
    *("embedding", "answer", "index", "index.fields", "retrieval", "retrieval.hybrid.sparse"),
    *("retrieval.rerank", "retrieval.highlight", "prompt", "timeouts", "assistant", "assistant.throttle", "drop"),
    *("ingestion", "answer.secret", "search.admins", "account", "region", "answer.temperature", "search.name"),
)


@pytest.mark.parametrize("empty", ["", " ", " null", " ~", " # id: vpc-1"])
def test_what_is_left_empty_is_refused_by_name(tmp_path: Path, empty: str) -> None:
    """This holds at every level: a group whose lines are commented out must not switch anything off."""
    for path in GROUPS:
        text = "recipe: deepseek-api\n"
        for depth, name in enumerate(parts := path.split(".")):
            text += f"{'  ' * depth}{name}:{empty if depth == len(parts) - 1 else ''}\n"
        said = f"{path} in line {len(parts) + 1} is left empty (null); write a value, or remove the line."
        assert refused(tmp_path, text) == said


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("keeper:\n", "write `keeper: off` for none, or remove the line for the default."),
        (
            "retrieval:\n  hybrid:\n",
            "write `hybrid: off` for vectors only, or remove the line for words and vectors.",
        ),
    ],
)
def test_what_is_there_by_default_is_switched_off_by_a_word(tmp_path: Path, lines: str, said: str) -> None:
    assert refused(tmp_path, SANDBOX + lines).endswith(f"is left empty (null); {said}")


def test_a_delivery_is_read_the_same_way(tmp_path: Path) -> None:
    file = tmp_path / "delivery.yaml"
    (tmp_path / "samples").mkdir()
    (tmp_path / "samples" / "metro-areas.ndjson").touch()
    file.write_text(DELIVERY)
    load_delivery(file)
    for before, after, said in (
        ("smoke:\n", "region:\nsmoke:\n", "region in line 3 is left empty (null)"),
        ("approval: true", "approval: !!set {a}", "stages.2.approval in line 10 has the tag !!set"),
        (DELIVERY, "", "holds no settings; start with the line 'source: {codecommit: osml}'."),
        ("smoke:\n", "region: us-east-9\nsmoke:\n", "region is 'us-east-9', a region that AWS does not have; set one"),
        (
            "smoke:\n",
            "region: ca-west-1\nsmoke:\n",
            "region is 'ca-west-1', which has no CodeBuild; set it to one that",
        ),
        ("{codecommit: osml, branch: main}", f"{{connection: '{CONNECTION}', repository: a/b}}", "is not in it; make"),
        ("branch: main", 'branch: "a\\u0007"', "source.branch in line 2 contains the character U+0007"),
        (
            "[samples/metro-areas.ndjson]",
            "[/etc/passwd]",
            "smoke.documents names '/etc/passwd', which is not a path within",
        ),
        (
            "[samples/metro-areas.ndjson]",
            "[../../etc/passwd]",
            "smoke.documents names '../../etc/passwd', which is not a path",
        ),
        ("[samples/metro-areas.ndjson]", f"[{tmp_path}/samples/metro-areas.ndjson]", "which is not a path within"),
        ("[samples/metro-areas.ndjson]", "[samples]", "smoke.documents names 'samples', which is not there"),
        ("[samples/metro-areas.ndjson]", f"[{'x' * 5000}]", "smoke.documents names 'xxx"),
    ):
        file.write_text(DELIVERY.replace(before, after, 1))
        with pytest.raises(SettingError) as caught:
            load_delivery(file)
        assert said in str(caught.value)


def test_a_delivery_stays_in_one_part_of_aws(tmp_path: Path) -> None:
    file = tmp_path / "delivery.yaml"
    file.write_text(
        "account: '111122223333'\nregion: us-east-1\nsource: {codecommit: a}\nsmoke: {question: Who is it}\n"
        "stages: [{environment: other}]\n"
    )
    text = SANDBOX.replace("recipe:", "region: us-gov-west-1\nrecipe:", 1)
    (tmp_path / "other.yaml").write_text(text)
    with pytest.raises(SettingError, match="the delivery runs in us-east-1, another partition of AWS"):
        load_delivery(file).environments(tmp_path)


def test_a_link_out_of_the_repository_is_no_document(tmp_path: Path) -> None:
    (tmp_path / "secret").touch()
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "link").symlink_to(tmp_path / "secret")
    file = tmp_path / "here" / "delivery.yaml"
    file.write_text(DELIVERY.replace("samples/metro-areas.ndjson", "link"))
    with pytest.raises(SettingError, match="is not a path within this repository"):
        load_delivery(file)


def test_a_folder_in_the_place_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "other.yaml").mkdir()
    with pytest.raises(SettingError, match="does not exist"):
        load("other", tmp_path)
