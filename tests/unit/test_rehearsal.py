"""What counts as worse after an upgrade, for each subject."""

from typing import Any

import pytest

from mlcommons import Owner
from osml.evaluate.evaluate import Quality
from osml.failure import Failure
from osml.rehearsal import access, anew, answers, deployed, indexes, loading, models, quality, settings
from osml.rehearsal.answers import Exchange
from osml.rehearsal.difference import changes, differences
from osml.rehearsal.indexes import IndexReading
from osml.rehearsal.models import ModelReading
from osml.rehearsal.subject import NOTED, SAME, SKIPPED, WORSE, Comparison, RehearsalSubject
from osml.rehearsal.upgrade import Rehearsal, RehearsalFinding, compared
from osml.status.inventory import CHANGED, OK, Entry
from osml.status.status import Status
from tests.answers import answer as in_api_form
from tests.answers import source


def index(health: str = "green", documents: int | None = 6, *aliases: str) -> IndexReading:
    return IndexReading(health, documents, frozenset(aliases))


def details(comparison: Comparison) -> str:
    return " ".join(comparison.details)


def test_additions_are_no_difference() -> None:
    before = {"a": {"b": [1], "c": {"d": 1}}}
    assert differences(before, {"a": {"b": [1], "c": {"d": 1, "e": 2}, "f": 3}, "g": {}}, "role") == []


def test_missing_and_changed_values_are_named_by_their_path() -> None:
    assert list(changes({"b": [1], "c": {"d": 1}}, {"b": [2], "c": {}})) == ["b: [1] became [2]", "c.d is gone"]
    assert differences({"a": {}, "b": {"c": 1}}, {"b": {"c": 2}}, "role") == [
        "The role a is gone.",
        "The role b changed: c: 1 became 2.",
    ]
    assert len(next(changes("x" * 5000, ""))) < 300


def test_indexes_may_gain_documents_and_company() -> None:
    after = {"a": index("green", 7, "all", "more"), "b": index(), ".ml": index("green", None)}
    comparison = indexes.compare({"a": index("yellow", 6, "all"), ".ml": index("green", None)}, after)
    assert (comparison.state, comparison.details) == (SAME, ())
    assert comparison.seen == "3 indexes, green at worst, with 13 documents"


@pytest.mark.parametrize(
    ("after", "said"),
    [
        ({}, "The index a is gone."),
        ({"a": index("yellow", 6, "all")}, "The index a is yellow; it was green before."),
        ({"a": index("green", 5, "all")}, "The index a has 5 documents; it had 6 before."),
        ({"a": index("green", 6)}, "The index a lost the alias all."),
    ],
)
def test_indexes_lose_nothing(after: dict[str, IndexReading], said: str) -> None:
    comparison = indexes.compare({"a": index("green", 6, "all")}, after)
    assert (comparison.is_worse, comparison.details) == (True, (said,))


def test_access_is_compared_kind_by_kind() -> None:
    before: dict[str, dict[str, Any]] = {kind: {} for kind in access.KINDS}
    before["rolesmapping"] = {"ml_full_access": {"backend_roles": ["us"], "users": []}}
    lost = before | {"rolesmapping": {"ml_full_access": {"backend_roles": [], "users": []}}}
    assert not access.compare(before, before).is_worse
    assert "role mapping ml_full_access changed: backend_roles: ['us'] became []" in details(
        access.compare(before, lost)
    )


def test_models_that_answered_have_to() -> None:
    answers_ = ModelReading("embeds", "DEPLOYED", True)
    asleep = ModelReading("sleeps", "DEPLOYED", None)
    before = {"1": answers_, "2": asleep, "3": ModelReading("broken", "DEPLOYED", False, "no key")}
    after = {
        "1": ModelReading("embeds", "DEPLOYED", False, "timed out"),
        "2": ModelReading("sleeps", "DEPLOY_FAILED", None),
        "3": before["3"],
    }
    assert not models.compare(before, before).is_worse
    assert models.compare(before, after).details == (
        "The model embeds (1) does not answer: timed out",
        "The model sleeps (2) is DEPLOY_FAILED; it was DEPLOYED before.",
    )
    assert "is gone" in details(models.compare(before, {"2": asleep, "3": before["3"]}))


def test_archived_settings_are_refusals_with_what_helps() -> None:
    before = {"the cluster": {"knn.plugin.enabled": "true"}, "the index a": {"index.knn.algo_param.m": "8", "x": "1"}}
    after = {
        "the cluster": {"archived.knn.plugin.enabled": "true"},
        "the index a": {"archived.index.knn.algo_param.m": "8", "x": "1", "index.version.upgraded": "3"},
    }
    cluster, of_index = settings.compare(before, after).details
    assert cluster.startswith("knn.plugin.enabled of the cluster ('true') is unknown to this version and archived.")
    assert '{"persistent": {"archived.*": null}}' in cluster
    assert of_index.startswith("index.knn.algo_param.m of the index a ('8') is unknown to this version")
    assert not settings.compare(after, after).is_worse


def test_settings_that_change_or_vanish_are_named() -> None:
    comparison = settings.compare({"the cluster": {"a": "1", "b": "2"}}, {"the cluster": {"a": "2"}})
    assert comparison.details == ("a of the cluster is '2'; it was '1' before.", "b of the cluster ('2') is gone.")


def test_an_earlier_refusal_is_not_a_fault_of_the_upgrade() -> None:
    before = {"index a": None, "index b": "too many shards"}
    assert not anew.compare(before, dict(before)).is_worse
    comparison = anew.compare(before, {"index a": "nmslib is gone", "index b": "too many shards"})
    assert comparison.details == ("The engine refuses to create an equal index a: nmslib is gone",)
    assert comparison.seen.startswith("0 of 2")


def answer(text: str | None, *ids: str) -> Exchange:
    return "Why?", in_api_form(text, *(source(id, 1.0, id) for id in ids), model="a-model")


@pytest.mark.parametrize(
    ("before", "after", "state"),
    [
        (answer("So.", "a", "b"), answer("So.", "a", "b"), SAME),
        (answer(None, "a"), answer(None, "a"), SAME),
        (answer("So.", "a", "b"), answer("Thus.", "a", "b"), NOTED),
        (answer("So.", "a", "b"), answer("So.", "b", "a"), WORSE),
        (answer("So.", "a"), answer(" ", "a"), WORSE),
        (None, None, SKIPPED),
    ],
)
def test_a_question_finds_the_same_documents(before: Exchange | None, after: Exchange | None, state: str) -> None:
    assert answers.compare(before, after).state == state


def test_searches_may_differ_in_the_last_digits() -> None:
    def measured(ndcg: float) -> list[Quality]:
        return [Quality("as deployed", [ndcg], milliseconds=[1.0]), Quality("words", [0.5], milliseconds=[1.0])]

    assert quality.compare(None, None).state == SKIPPED
    assert quality.compare(measured(0.8), measured(0.795)).state == SAME
    comparison = quality.compare(measured(0.8), measured(0.7))
    assert comparison.details == ("Searching as deployed has an nDCG@10 of 0.700; it was 0.800 before.",)
    assert "as deployed 0.800 → 0.700, words 0.500 → 0.500" in comparison.seen


def test_deployed_objects_that_were_well_stay_so() -> None:
    def seen(*states: str) -> Status:
        entries = [Entry("Index", str(n), Owner("stack", "id"), state) for n, state in enumerate(states)]
        return Status("dev", [], entries, [])

    assert not deployed.compare(seen(OK, CHANGED), seen(OK, CHANGED)).is_worse
    assert deployed.compare(seen(OK, CHANGED), seen(CHANGED, CHANGED)).details == ("The Index 0 is changed.",)
    assert deployed.compare(seen(), Status("dev", [], [], [], "no engine")).details == ("no engine",)


def test_loading_is_worse_only_where_it_went_before() -> None:
    assert [loading.compare(*looks).state for looks in ((None, None), (None, "no"), ("no", "no"), ("no", None))] == [
        SAME,
        WORSE,
        NOTED,
        SAME,
    ]


def test_a_look_that_fails_is_worse_only_where_the_one_before_did_not() -> None:
    subject = RehearsalSubject("it", lambda *_: None, lambda *_: Comparison(SAME, "is well"))
    assert compared(subject, 1, 2) == Comparison(SAME, "is well")
    assert compared(subject, Failure("No role."), 2).state == NOTED
    assert compared(subject, Failure("No role."), Failure("No role.")).state == NOTED
    assert compared(subject, 1, Failure("It broke.")) == Comparison(WORSE, "was readable before; now: It broke.")


def test_one_worse_finding_makes_a_rehearsal_worse() -> None:
    def rehearsal(*states: str) -> Rehearsal:
        findings = tuple(RehearsalFinding("it", Comparison(state, "")) for state in states)
        return Rehearsal("dev", "OpenSearch_3.6", "2.19.1", "3.6.0", findings)

    assert not rehearsal(SAME, NOTED, SKIPPED).is_worse
    assert rehearsal(SAME, WORSE).is_worse
    assert rehearsal().engine_version == "OpenSearch_3.5"
