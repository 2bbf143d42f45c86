"""Rules across the groups of an environment's settings: one table of functions, Environment → messages.

People see only the first message, so the rules are in the order in which a file is best corrected.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from settings.rules.adopted import adopts_from_an_engine
from settings.rules.assistant import (
    answers_in_time,
    gives_answers_again,
    keeps_conversations,
    keeps_no_masked_originals,
    measures_what_alarms_limit,
    rates_stored_answers,
    shares_conversations_of_people,
    signs_in_by_its_name,
    streams_by_itself,
    tells_somebody_of_its_budget,
)
from settings.rules.backup import (
    backups_are_of_a_domain,
    backups_are_taken_by_the_keeper,
    backups_of_others_are_restored,
)
from settings.rules.collection import collection_decides, collection_has_no_connector
from settings.rules.encryption import key_has_an_arn, key_is_here
from settings.rules.engine import batches, converses, milliseconds, shard_copies, space
from settings.rules.ingestion import (
    drop_has_a_pipeline,
    ingestion_has_its_jobs,
    scans_have_a_reader,
)
from settings.rules.models import owners_change_the_prompt, readers_choose
from settings.rules.place import search_is_here, secrets_are_here, secrets_are_made_once
from settings.rules.recipe import answer_is_the_recipes, engine_is_the_recipes, provider_is_the_recipes
from settings.rules.region import (
    models_are_in_one_partition,
    one_partition,
    regions_exist,
    services_are_there,
    textract_is_there,
)
from settings.rules.retrieval import asks_again, on_an_engine, quantizes, reranks, since
from settings.rules.vpc import vpc_has_its_kind, vpc_reaches_its_models

if TYPE_CHECKING:
    from settings import Environment

Rule = Callable[["Environment"], Iterable[str]]


def models_fit(environment: Environment) -> Iterable[str]:
    """Each model's own settings must fit the environment."""
    if environment.answer:
        yield from environment.answer.faults(environment)
    yield from environment.embedding.faults(environment)


RULES: tuple[Rule, ...] = (
    regions_exist,
    services_are_there,
    textract_is_there,
    secrets_are_made_once,
    provider_is_the_recipes,
    answer_is_the_recipes,
    models_fit,
    converses,
    milliseconds,
    batches,
    space,
    shard_copies,
    engine_is_the_recipes,
    collection_has_no_connector,
    collection_decides,
    adopts_from_an_engine,
    vpc_has_its_kind,
    vpc_reaches_its_models,
    signs_in_by_its_name,
    answers_in_time,
    streams_by_itself,
    keeps_conversations,
    keeps_no_masked_originals,
    measures_what_alarms_limit,
    tells_somebody_of_its_budget,
    rates_stored_answers,
    shares_conversations_of_people,
    gives_answers_again,
    readers_choose,
    owners_change_the_prompt,
    drop_has_a_pipeline,
    ingestion_has_its_jobs,
    backups_are_of_a_domain,
    backups_are_taken_by_the_keeper,
    backups_of_others_are_restored,
    scans_have_a_reader,
    on_an_engine,
    since,
    reranks,
    quantizes,
    asks_again,
    one_partition,
    models_are_in_one_partition,
    search_is_here,
    secrets_are_here,
    key_is_here,
    key_has_an_arn,
)
