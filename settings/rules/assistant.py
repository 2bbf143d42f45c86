"""Rules between the assistant and the rest of its environment."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from settings.price_list import token_usd
from settings.serverless import Serverless

if TYPE_CHECKING:
    from settings import Environment

# A REST API streams for at most 15 minutes, which is also the maximum for a function.
LONGEST_CALL = 900
# Amazon refuses a sign-in domain with one of these words in its name.
RESERVED = re.compile(r"aws|amazon|cognito")


def signs_in_by_its_name(environment: Environment) -> Iterator[str]:
    """The environment's name is part of the sign-in domain, so it must not contain a reserved word."""
    assistant, reserved = environment.assistant, RESERVED.search(environment.name)
    if assistant and assistant.sign_in == "cognito" and reserved:
        yield (
            f"the environment is called {environment.name!r}, but Amazon takes no sign-in domain with {reserved[0]!r} "
            "in its name; rename its file, or set assistant.sign_in to api-key"
        )


def answers_in_time(environment: Environment) -> Iterator[str]:
    """An answer must not take longer than API Gateway waits."""
    seconds = environment.timeouts.waits["api"]
    if environment.assistant and seconds > LONGEST_CALL:
        yield (
            f"timeouts.api is {seconds}, but API Gateway ends a response after {LONGEST_CALL} seconds; "
            f"set timeouts.api to {LONGEST_CALL} or less, and timeouts.answer to {LONGEST_CALL - 10} or less"
        )


def streams_by_itself(environment: Environment) -> Iterator[str]:
    """Answers stream only from a model that the assistant can call; on a collection only the assistant can call one."""
    assistant, answer = environment.assistant, environment.answer
    wanted = assistant.streaming if assistant else None
    if wanted is None:
        return
    if answer is None:
        yield f"assistant.streaming is {str(wanted).lower()}, but no model answers; leave it out"
    elif wanted and answer.caller is None:
        yield (
            f"assistant.streaming is true, but answer.provider is {answer.provider!r}, a connector of ml-commons, "
            "which the engine alone can call, in one piece; leave assistant.streaming out"
        )
    elif not wanted and isinstance(environment.search, Serverless):
        yield "assistant.streaming is false, but a collection has no pipeline that answers; leave it out"


def rates_stored_answers(environment: Environment) -> Iterator[str]:
    """People can rate only turns that the assistant has stored."""
    feedback = environment.assistant.feedback if environment.assistant else None
    if feedback and environment.answer and not environment.streams and not isinstance(environment.search, Serverless):
        yield (
            "assistant.feedback is set, but the engine's pipeline answers and keeps the turns in the engine's memory, "
            "where nobody can rate them; set assistant.streaming to true, or leave assistant.feedback out"
        )


def tells_somebody_of_its_budget(environment: Environment) -> Iterator[str]:
    """A budget needs a topic or an address, because AWS refuses a budget that notifies nobody."""
    if environment.budget and not environment.alarms:
        yield "budget is set without alarms, whose topic it notifies; add alarms: {topic: …}, or leave budget out"


def measures_what_alarms_limit(environment: Environment) -> Iterator[str]:
    """Only the assistant measures what alarms limit, and it measures costs only for a model with a known price."""
    alarms, answer = environment.alarms, environment.answer
    for name in alarms.limits if alarms else ():
        if not environment.assistant:
            yield f"alarms.{name} is set, but only the assistant measures it; add assistant, or leave alarms.{name} out"
        elif name == "usd_per_day" and (answer is None or token_usd(answer.shown, 0, 0) is None):
            model = answer.shown if answer else "no model"
            yield (
                f"alarms.usd_per_day is set, but {model!r} has no price in settings/price_list.py; leave it out, and "
                "limit the account at the model's provider"
            )


def shares_conversations_of_people(environment: Environment) -> Iterator[str]:
    """People can share only conversations that the assistant has stored for one person."""
    assistant = environment.assistant
    if not assistant or not assistant.sharing:
        return
    if assistant.sign_in == "api-key":
        yield (
            "assistant.sharing is set, but sign_in is 'api-key', and several people may use one key; set sign_in to "
            "cognito, or leave assistant.sharing out"
        )
    if environment.answer and not environment.streams and not isinstance(environment.search, Serverless):
        yield (
            "assistant.sharing is set, but the engine's pipeline answers and keeps the turns in the engine's memory, "
            "where nobody can share them; set assistant.streaming to true, or leave assistant.sharing out"
        )


def gives_answers_again(environment: Environment) -> Iterator[str]:
    """The cache needs an answer model that the assistant calls, because the engine stores its pipeline's answers."""
    if not environment.assistant or not environment.assistant.cache:
        return
    if environment.answer is None:
        yield "assistant.cache is set, but no model answers; leave it out"
    elif not environment.streams:
        yield (
            "assistant.cache is set, but the engine's pipeline answers, and its answers are not kept; set "
            "assistant.streaming to true, or leave assistant.cache out"
        )


def keeps_no_masked_originals(environment: Environment) -> Iterator[str]:
    """Original files contain the personal data that is masked in documents."""
    if environment.assistant and environment.assistant.originals and environment.index.mask:
        yield (
            "assistant.originals keeps files as they are, with the personal data that index.mask masks in documents; "
            "leave one of them out"
        )


def keeps_conversations(environment: Environment) -> Iterator[str]:
    """Only conversations on a collection, which are in a table, expire."""
    assistant = environment.assistant
    chosen = assistant is not None and "conversation_days" in assistant.model_fields_set
    if chosen and not isinstance(environment.search, Serverless):
        yield ("assistant.conversation_days is set, but a domain keeps conversations without a limit; leave it out")
