"""Amazon offers the instances and volumes of a domain in this region."""

from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from osml.doctor.checks.complaints import complaint
from osml.doctor.checks.verdict import Skipped
from osml.preflight.check import Seen
from osml.preflight.context import PreflightContext
from settings.domain_hardware import has_own_disks
from settings.new_domain import NewDomain

TITLE, BEFORE_DEPLOY = "instances and volumes of the domain", True
UNKNOWN = ("ValidationException", "InvalidTypeException")


def look(context: PreflightContext) -> Iterator[Seen]:
    """Compare the settings with the answers of DescribeInstanceTypeLimits."""
    search = context.settings.search
    if not isinstance(search, NewDomain):
        raise Skipped("osml creates no domain here")
    faults = list(_faults(search, context.session.client("opensearch")))
    for fault in faults:
        yield complaint(context.place, "instance-not-offered", f"Amazon cannot create this domain: {fault}")
    if not faults:
        yield f"{search.data_nodes.count} × {search.data_nodes.instance_type}, {search.engine_version}"


def _faults(search: NewDomain, client: Any) -> Iterator[str]:
    groups = {"data_nodes": search.data_nodes, "dedicated_masters": search.dedicated_masters}
    for setting, nodes in groups.items():
        if nodes is None:
            continue
        try:
            answer = client.describe_instance_type_limits(
                InstanceType=nodes.instance_type, EngineVersion=search.engine_version
            )["LimitsByRole"]
        except ClientError as error:
            if error.response["Error"].get("Code") not in UNKNOWN:
                raise
            yield (
                f"search.{setting}.instance_type is {nodes.instance_type!r}, which does not run "
                f"{search.engine_version} in this region ({error.response['Error'].get('Message')})"
            )
            continue
        limits = answer.get("data" if setting == "data_nodes" else "master") or {}
        counts = limits.get("InstanceLimits", {}).get("InstanceCountLimits", {})
        most = counts.get("MaximumInstanceCount")
        if most is not None and nodes.count > most:
            yield f"search.{setting}.count is {nodes.count}, but a domain has at most {most} of {nodes.instance_type}"
        if setting == "data_nodes" and not has_own_disks(nodes.instance_type):
            yield from _volume_faults(search, limits)


def _volume_faults(search: NewDomain, limits: dict[str, Any]) -> Iterator[str]:
    kinds = {storage_type.get("StorageSubTypeName"): storage_type for storage_type in limits.get("StorageTypes", [])}
    volume, machine = search.volume, search.data_nodes.instance_type
    if not kinds:
        return
    if volume.type not in kinds:
        known = ", ".join(sorted(name for name in kinds if name in ("gp2", "gp3")))
        yield f"search.volume.type is {volume.type!r}, but {machine} takes {known or 'no volume'}"
        return
    said = {
        limit["LimitName"]: int(limit["LimitValues"][0])
        for limit in kinds[volume.type].get("StorageTypeLimits", [])
        if limit.get("LimitValues")
    }
    least, most = said.get("MinimumVolumeSize", 0), said.get("MaximumVolumeSize")
    if volume.size < least or (most is not None and volume.size > most):
        yield f"search.volume.size is {volume.size}, but {machine} takes {least} to {most} GiB of {volume.type}"
