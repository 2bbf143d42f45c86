"""Settings of the cluster and indexes.

The engine archives those that the later line does not know, which is a fault.
"""

from typing import Any

from calls.count_of import count_of
from osml.doctor.checks.context import Context
from osml.rehearsal.administrator import administrator
from osml.rehearsal.difference import short
from osml.rehearsal.subject import Comparison, RehearsalQuestions, compared

CLUSTER = "the cluster"
ARCHIVED = "archived."
# 3.6 refuses every change of a cluster setting while one is archived: "unknown setting [archived.…]".
CLUSTER_FIX = (
    "Until `PUT _cluster/settings` with "
    '{"persistent": {"archived.*": null}} removes it, the engine refuses all changes of cluster settings, '
    "and therefore all deploys that change trusted endpoints"
)
INDEX_FIX = "Before the upgrade, close the index, set it to null and open the index"
# Amazon's check before an upgrade from 2.19 to 3.x fails with one of these ("Supported upgrade paths" in its guide).
AMAZON = (
    "index.knn.algo_param.ef_construction",
    "index.knn.algo_param.m",
    "index.knn.space_type",
    "index.store.hybrid.mmap.extensions",
)

Settings = dict[str, dict[str, Any]]


def look(context: Context, _: RehearsalQuestions) -> Settings:
    """Flat settings of the cluster and of each index, by their owner.

    Transient settings are left out, because no restart keeps them.
    """
    domain = administrator(context)
    cluster = domain.json("GET", "/_cluster/settings?flat_settings=true")["persistent"]
    indexes = domain.json("GET", "/_settings?flat_settings=true&expand_wildcards=all")
    return {CLUSTER: cluster, **{f"the index {name}": index["settings"] for name, index in indexes.items()}}


def compare(before: Settings, after: Settings) -> Comparison:
    """A setting that was archived before is not a fault of the upgrade."""
    faults = []
    for owner, were in before.items():
        if owner not in after:  # the subject `indexes` reports it
            continue
        are = after[owner]
        for name, value in were.items():
            if name in are:
                faults += (
                    [f"{name} of {owner} is {short(are[name])}; it was {short(value)} before."]
                    if are[name] != value
                    else []
                )
            elif f"{ARCHIVED}{name}" in are:
                fix = CLUSTER_FIX if owner == CLUSTER else INDEX_FIX
                check = " Amazon's own check refuses the upgrade because of it." if name in AMAZON else ""
                faults.append(
                    f"{name} of {owner} ({short(value)}) is unknown to this version and archived.{check} {fix}."
                )
            else:
                faults.append(f"{name} of {owner} ({short(value)}) is gone.")
    count = sum(len(settings) for settings in after.values())
    return compared(f"{count_of(count, 'setting')} of the cluster and its indexes", faults)
