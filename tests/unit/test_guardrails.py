"""What a guardrail passes, masks and blocks in questions and answers, by patterns and by Bedrock."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from corpus.personal_data import masked
from rag.budget import Budget
from rag.events import Answered, Sources, Text
from rag.failures import AssistantRefused, Throttled
from rag.guardrails import Guard, Struck, guard
from rag.parts import Parts
from sandbox.models.guardrail import BLOCKED, ID, WORD
from settings.guardrails import Guardrails
from tests.unit import assistant_models
from tests.unit.assistant_models import Models
from tests.unit.test_assistant_answering import Generation, answered, events, parts, stored

served, models = assistant_models.served, assistant_models.models
ALL = ["email", "phone", "card", "iban", "ip"]
PASSAGES = ["The shop opens at nine and closes at six."]


def guarded(settings: dict[str, Any]) -> Guard:
    return guard(Guardrails.model_validate(settings), 10, 5)


def bedrock(**more: Any) -> Guard:
    return guarded({"bedrock": {"id": ID, "version": "1", "region": "us-east-1", **more}})


def assistant(settings: dict[str, Any], *pieces: str) -> Parts:
    return replace(parts(list(pieces)), guard=guarded(settings))


def through(guard: Guard, *pieces: str) -> list[str]:
    return list(guard.answer(iter(pieces), "When does the shop open?", PASSAGES, Budget(20)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Write to ada.l+x@mail.example.com.", "Write to [email]."),
        ("Call +49 (30) 123-45678 or 030 1234567, please", "Call [phone] or [phone], please"),
        ("Card 4111 1111 1111 1111, not 4111 1111 1111 1112.", "Card [card], not 4111 1111 1111 1112."),
        ("IBAN DE89 3704 0044 0532 0130 00 is right", "IBAN [iban] is right"),
        ("IBAN DE88 3704 0044 0532 0130 00 is wrong", "IBAN DE88 3704 0044 0532 0130 00 is wrong"),
        ("Host 192.168.0.17 and 2001:db8::1 and 999.1.1.1", "Host [ip] and [ip] and 999.1.1.1"),
        ("Section 1.2.1.2.1.2 and 10.0.0.1.", "Section 1.2.1.2.1.2 and [ip]."),
        ("On 2023-11-29 at 10:15 we sold 4,327,000 units of 03.11.2024.", None),
        ("Section 4.2.1 of version 3.5.0 costs 1 200 000 USD; order 20231129-0012.", None),
        ("", None),
        # As people read them: full-width and mathematical forms, other digits, other spaces and hyphens, unseen signs.
        ("ada＠example．com、ａｄａ＠ｅｘａｍｐｌｅ．ｃｏｍ です", "[email]、[email] です"),
        ("Card ４１１１　１１１１ １１１１ １１１１！", "Card [card]！"),
        ("IBAN DE89\u00a03704\u202f0044\u00a00532\u00a00130\u00a000.", "IBAN [iban]."),
        ("\u0663\u0660 +49\u202f30\u2011123\u201345678, ٠٣٠ ١٢٣٤٥٦٧", "\u0663\u0660 [phone], [phone]"),
        ("𝟏𝟗𝟐.𝟏𝟔𝟖.𝟎.𝟏𝟕", "[ip]"),
        ("ﬁt: ada@exa\u200bmple.c\u00adom, ﬁt", "ﬁt: [email], ﬁt"),
        ("e\u0301 jose\u0301@example.com e\u0301", "e\u0301 [email] e\u0301"),
        ("邮箱：ada@example.com请，电话030 1234567号", "邮箱：[email]请，电话[phone]号"),
        ("Ｔｈｅ １０² of ½ and 10–12 Uhr 2019–2020, 01–02–2024, ㏂ １２３⑫", None),
    ],
)
def test_personal_data_is_masked_and_figures_are_not(text: str, expected: str | None) -> None:
    assert masked(text, ALL) == (text if expected is None else expected)


def test_only_the_kinds_that_are_named_are_masked() -> None:
    assert masked("a@example.com, 192.168.0.17", ["ip"]) == "a@example.com, [ip]"


@given(st.text(st.sampled_from("a1@.:-+ (/")))
def test_masking_takes_any_text(text: str) -> None:
    assert isinstance(masked(text, ALL), str)


@pytest.mark.thorough
def test_masking_takes_time_in_proportion() -> None:
    for piece in ("1" * 50, "a@", "1.2.", "::", "+49 ", "a.b-c+d", "１＠．", "e\u0301", "\u200b1", "㏂"):
        assert masked(piece * 20_000, ALL).endswith(piece * 1000)


def test_a_denied_question_is_not_searched_for_and_its_message_is_the_answer() -> None:
    denied = [{"pattern": "salar(y|ies)", "message": "Ask the payroll office."}]
    made = assistant({"denied": denied}, "It is high.")
    *heard, last = events(made, "What is the SALARY of Ada?")
    answer = answered(last).answer
    assert heard[-2:] == [Sources([]), Text("Ask the payroll office.")]
    assert (answer.answer, answer.blocked, answer.grounded, answer.sources, answer.model) == (
        "Ask the payroll office.", "question", False, [], None,
    )  # fmt: skip
    assert made.search.requested == []  # type: ignore[attr-defined]
    assert stored(made) == []


@pytest.mark.parametrize(
    "text",
    [
        "salary of ada",
        "SALARY  OF Ada",
        "salary\u00a0of Ada",
        "salary\nof Ada",
        "sal\u00adary of Ada",
        "sal\u200bary of Ada",
        "ｓａｌａｒｙ　ｏｆ Ada",
        "sa\u20ddlary of Ada",
        "sala\u3164ry of Ada",
        "𝐬𝐚𝐥𝐚𝐫𝐲 of Ada",
    ],
)
def test_a_denied_topic_is_seen_however_it_is_written(text: str) -> None:
    made = guarded({"denied": [{"pattern": "salar(y|ies) of"}]})
    for begin in ("", "At nine. What is the "):
        with pytest.raises(Struck):
            made.question(begin + text, Budget(20))
        with pytest.raises(Struck):
            through(made, begin, text[:4], text[4:])
    assert made.question("The salaried staff of Ada", Budget(20)) == "The salaried staff of Ada"
    # What is not denied stays as it is written.
    assert made.question("Ｗｈｅｎ\u00a0 is it?", Budget(20)) == "Ｗｈｅｎ\u00a0 is it?"


def test_a_denied_answer_ends_there_and_its_message_is_the_answer() -> None:
    made = assistant({"denied": [{"pattern": "hunter2"}]}, "At nine. ", "The password is hun", "ter2. ", "More.")
    *heard, last = events(made)
    shown = "".join(event.text for event in heard if isinstance(event, Text))
    answer = answered(last).answer
    assert shown.strip() == "At nine."
    assert (answer.answer, answer.blocked, answer.sources) == ("This is not answered here.", "answer", [])
    assert stored(made) == []


def test_a_topic_across_sentences_is_seen() -> None:
    with pytest.raises(Struck):
        through(guarded({"denied": [{"pattern": r"alpha\W+beta"}]}), "It is alpha. ", "Beta is next. ")


def test_a_question_is_masked_before_anything_reads_it() -> None:
    made = assistant({"personal_data": ["email"]}, "At nine, ada@", "example.com.")
    last = events(made, "Does ada@example.com open the shop?")[-1]
    assert made.search.requested == [(["Does [email] open the shop?"], 4)]  # type: ignore[attr-defined]
    assert answered(last).answer.answer == "At nine, [email]."
    assert answered(last).answer.blocked is None
    assert [(turn.question, turn.answer) for turn in stored(made)] == [
        ("Does [email] open the shop?", "At nine, [email].")
    ]


def test_a_question_that_is_too_long_here_is_refused_in_a_sentence() -> None:
    last = events(assistant({"longest_question": 20}, "Nine."), "When does the shop open today?")[-1]
    assert answered(last).answer.answer == "A question has at most 20 characters here. Ask in fewer words."


@given(st.lists(st.text(st.sampled_from("ab. \n?"), max_size=20), max_size=20))
def test_without_a_strike_all_of_an_answer_arrives(pieces: list[str]) -> None:
    assert "".join(through(guarded({"denied": [{"pattern": "never"}]}), *pieces)) == "".join(pieces)


def test_without_guardrails_each_piece_goes_as_it_comes() -> None:
    def pieces() -> Iterator[str]:
        yield "a"
        raise AssertionError("the first piece is held back")

    assert next(guard(None, 1, 1).answer(pieces(), "q", [], Budget(5))) == "a"


def test_with_patterns_an_answer_goes_sentence_by_sentence() -> None:
    assert through(guarded({}), "At ni", "ne. At", " six. Bye") == ["At nine. ", "At six. ", "Bye"]


def test_bedrock_blocks_masks_and_lets_through(models: Models) -> None:
    check = bedrock()
    assert check.question("When does the shop open?", Budget(20)) == "When does the shop open?"
    assert check.question("Is it ada@example.com?", Budget(20)) == "Is it {EMAIL}?"
    with pytest.raises(Struck, match=BLOCKED):
        check.question(f"What is {WORD}?", Budget(20))
    assert through(check, "The shop ", "opens at nine. ") == ["The shop opens at nine. "]


def test_bedrock_blocks_an_answer_that_the_passages_do_not_bear_out(models: Models) -> None:
    with pytest.raises(Struck, match=BLOCKED):
        through(bedrock(), "Penguins dance merrily around volcanoes.")


def test_bedrock_sees_a_long_answer_in_parts(models: Models) -> None:
    sentence = "The shop opens at nine and closes at six. "
    shown = through(bedrock(), *[sentence] * 60)
    assert "".join(shown) == sentence * 60
    assert [len(part) >= 1000 for part in shown] == [True, True, False]


def test_a_guardrail_that_is_not_there_is_a_sentence_for_the_administrator(models: Models) -> None:
    with pytest.raises(AssistantRefused, match=r"^The guardrail refused the assistant's request with status 404"):
        bedrock(id="nowhere").question("When?", Budget(20))


def test_a_busy_guardrail_is_tried_again_later(models: Models) -> None:
    models.server.control.set("bedrock", {"throttle": 1})
    with pytest.raises(Throttled):
        bedrock().question("When?", Budget(20))


def test_a_guardrail_that_fails_lets_nothing_through(models: Models) -> None:
    models.server.control.set("bedrock", {"fail": 1, "fail_status": 400})
    made = replace(parts(["At nine."]), guard=bedrock())
    with pytest.raises(Exception, match="The guardrail"):
        events(made)
    assert isinstance(made.generation, Generation)
    assert made.generation.conversations == []


@pytest.mark.parametrize(
    "wrong", [{"bedrock": {"id": "UPPER"}}, {"denied": [{"pattern": "("}]}, {"personal_data": ["name"]}]
)
def test_a_wrong_setting_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Guardrails.model_validate(wrong)


def test_an_answer_says_whether_it_was_blocked() -> None:
    last = events(assistant({"denied": [{"pattern": "shop"}]}, "x"))[-1]
    assert isinstance(last, Answered)
    assert json.loads(last.answer.model_dump_json())["blocked"] == "question"
