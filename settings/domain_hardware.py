"""The disks that instance types accept, as known without a call to Amazon.

A deploy checks the rest with DescribeInstanceTypeLimits (`osml/preflight/checks/instances.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from settings.new_domain import NewDomain, Nodes

# Families with their own disks, which accept no EBS volume, and families without encryption.
# aws-cdk-lib 2.275.0, aws-opensearchservice/lib/domain.ts; `tests/synth/test_search_targets.py` compares them.
OWN_DISKS = ("i3", "i4g", "i4i", "i8g", "im4gn", "oi2", "r6gd", "r7gd", "r8gd")
UNENCRYPTED = ("m3", "r3", "t2")
BURSTING = ("t2.", "t3.")
# The maximum number of data nodes of a bursting type, and its largest volume in GiB.
# https://docs.aws.amazon.com/opensearch-service/latest/developerguide/limits.html#ebsresource
MOST_BURSTING = 10
LARGEST_VOLUME = {"t3.small.search": 100, "t3.medium.search": 200}


def has_own_disks(instance_type: str) -> bool:
    """Whether nodes of that type store data on their own NVMe disks, and accept no volume."""
    return instance_type.partition(".")[0] in OWN_DISKS


def hardware_fault(search: NewDomain) -> str | None:
    """A sentence about what CreateDomain would refuse; None if no fault is known."""
    nodes: dict[str, Nodes | None] = {"data_nodes": search.data_nodes, "dedicated_masters": search.dedicated_masters}
    for setting, node in nodes.items():
        if node is not None and node.instance_type.partition(".")[0] in UNENCRYPTED:
            return (
                f"{setting}.instance_type is {node.instance_type!r}, which does not encrypt stored data, but this "
                f"domain does; set r7g.large.search, or t3.small.search for a trial"
            )
    machine = search.data_nodes.instance_type
    if has_own_disks(machine) and "volume" in search.model_fields_set:
        return (
            f"volume is set, but {machine} stores data on its own disks and supports no volume; leave volume out, or "
            f"set "
            "data_nodes.instance_type to r7g.large.search"
        )
    masters = search.dedicated_masters
    if masters is not None and has_own_disks(masters.instance_type) and not has_own_disks(machine):
        return (
            f"dedicated_masters.instance_type is {masters.instance_type!r}, which supports no volume, but the data "
            f"nodes have one; set m7g.large.search"
        )
    if machine.startswith(BURSTING) and search.data_nodes.count > MOST_BURSTING:
        return (
            f"data_nodes.count is {search.data_nodes.count}, but a domain has {MOST_BURSTING} nodes of {machine} at "
            f"most; set {MOST_BURSTING} or less, or data_nodes.instance_type to r7g.large.search"
        )
    most = LARGEST_VOLUME.get(machine)
    if most is not None and search.volume.size > most:
        return f"volume.size is {search.volume.size}, but {machine} takes {most} GiB at most; set {most} or less"
    return None
