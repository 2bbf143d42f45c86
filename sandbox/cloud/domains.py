"""OpenSearch domains: MiniStack keeps the record, and the front opens the endpoint.

CloudFormation and the API both call the functions that are wrapped here. These run on worker threads: opening an
endpoint waits for the engine, and without threads the whole gateway of MiniStack 1.5.33 would wait too.
"""

import asyncio
import contextlib
import contextvars
import copy
import json
import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Protocol

from ministack.core.concurrency import run_reentrant
from ministack.services import opensearch
from ministack.services.cloudformation import stacks

from sandbox import domain_hosts
from sandbox.cloud import dashboards_sign_in, domain_rules, upgrade_paths
from sandbox.cloud.template import as_bool, as_document
from sandbox.front.authority import DescribedDomain
from sandbox.front.room import NoEngineLeft

logger = logging.getLogger(__name__)

# A request that waits longer for its answer may be sent again by its client.
AT_ONCE_SECONDS = 10.0
DOMAIN = "AWS::OpenSearchService::Domain"
Properties = dict[str, Any]


class Endpoints(Protocol):
    """The part of the front that opens and closes domains."""

    def add_domain(self, domain: DescribedDomain) -> int: ...

    def update_domain(self, domain: DescribedDomain) -> None: ...

    def remove_domain(self, arn: str) -> None: ...


def install(front: Endpoints) -> None:
    """Wraps MiniStack's domain functions; once per process."""
    runs_on_worker = stacks._runs_on_worker_thread
    stacks._runs_on_worker_thread = lambda resource_type: resource_type == DOMAIN or runs_on_worker(resource_type)
    opensearch.create_domain_record = _creating(opensearch.create_domain_record, front)
    opensearch.update_domain_from_cloudformation = _updating(opensearch.update_domain_from_cloudformation, front)
    opensearch._update_domain_config = _updating_by_api(opensearch._update_domain_config, front)
    opensearch.delete_domain_record = _deleting(opensearch.delete_domain_record, front)
    opensearch._get_compatible_versions = _compatible(opensearch._get_compatible_versions)
    opensearch.handle_request = _off_the_event_loop(opensearch.handle_request)


def described(record: Properties) -> DescribedDomain:
    """The domain as the front sees it, from MiniStack's record."""
    _, _, _, region, account, _ = record["ARN"].split(":", 5)
    options = record.get("AdvancedSecurityOptions") or {}
    fine_grained = as_bool(options.get("Enabled"))
    master = (options.get("MasterUserOptions") or {}) if fine_grained else {}
    _, _, port = str(record.get("_Endpoint", "")).partition(":")
    return DescribedDomain(
        arn=record["ARN"],
        name=record["DomainName"],
        account=account,
        region=region,
        master_user_arn=master.get("MasterUserARN"),
        master_user_name=master.get("MasterUserName"),
        master_user_password=master.get("MasterUserPassword"),
        access_policies=as_document(record.get("AccessPolicies")),
        endpoint_port=int(port) if record.get("_Opened") else None,
    )


def _creating(create: Callable[..., Properties], front: Endpoints) -> Callable[..., Properties]:
    def create_domain_record(payload: Properties, compatibility_properties: Properties | None = None) -> Properties:
        _check(payload, creating=True)
        record = create(payload, compatibility_properties)
        for key in ("_Endpoint", "Endpoint"):
            record.pop(key, None)
        record["Processing"] = True
        if compatibility_properties is None:
            _open_soon(front, record)
        else:  # CloudFormation waits for the endpoint
            _open(front, record)
        return record

    return create_domain_record


def _open_soon(front: Endpoints, record: Properties) -> None:
    """Open the domain. If that takes longer than `AT_ONCE_SECONDS`, it continues; the domain is then `Processing`."""
    opened: Future[None] = Future()
    context = contextvars.copy_context()

    def work() -> None:
        try:
            context.run(_open, front, record)
        except Exception as reason:  # noqa: BLE001  the waiting caller and the log get it
            if not opened.cancelled():
                opened.set_exception(reason)
            logger.warning("the domain %s was not opened: %s", record["DomainName"], reason)
        else:
            opened.set_result(None)

    threading.Thread(target=work, daemon=True).start()
    with contextlib.suppress(TimeoutError):
        opened.result(AT_ONCE_SECONDS)


def _open(front: Endpoints, record: Properties) -> None:
    try:
        port = front.add_domain(described(record))
    except NoEngineLeft as reason:
        _forget(record)
        raise opensearch.OpenSearchServiceError(409, "LimitExceededException", str(reason)) from reason
    except Exception:
        _forget(record)
        raise
    if opensearch._domains.get(record["DomainName"]) is not record:
        front.remove_domain(record["ARN"])  # deleted meanwhile
        return
    record["_Opened"] = True
    record["_Endpoint"] = record["Endpoint"] = f"{domain_hosts.host(record['DomainName'], record['ARN'])}:{port}"
    record["Processing"] = False
    opensearch._set_vpc_options(record, record.get("VPCOptions"))


def _updating(update: Callable[..., Properties], front: Endpoints) -> Callable[..., Properties]:
    def update_domain_from_cloudformation(
        name: str, payload: Properties, compatibility_properties: Properties
    ) -> Properties:
        _check(payload, creating=False)
        record: Properties | None = opensearch._domains.get(name)
        before = copy.deepcopy(record)
        if before and _fine_grained(before) and not _fine_grained(payload):
            raise _refused("Fine-grained access control cannot be disabled once it is enabled: make a new domain.")
        if before:
            _check_upgrade(before["EngineVersion"], payload.get("EngineVersion"))
        updated = update(name, payload, compatibility_properties)
        _tell(front, updated, before)
        return updated

    return update_domain_from_cloudformation


def _updating_by_api(update: Callable[..., Any], front: Endpoints) -> Callable[..., Any]:
    def _update_domain_config(name: str, payload: Properties) -> Any:
        record: Properties | None = opensearch._domains.get(name)
        before = copy.deepcopy(record)
        if record is not None:
            try:
                _check({**record, **payload}, creating=False)
            except opensearch.OpenSearchServiceError as refusal:
                return opensearch._error(refusal.status, refusal.code, refusal.message)
        answer = update(name, payload)
        if record is not None:
            _tell(front, record, before)
        return answer

    return _update_domain_config


def _deleting(delete: Callable[..., Any], front: Endpoints) -> Callable[..., Any]:
    def delete_domain_record(name: str, missing_ok: bool = False) -> Any:
        record: Properties | None = opensearch._domains.get(name)
        if record is not None and record.get("_Opened"):
            front.remove_domain(record["ARN"])
        return delete(name, missing_ok=missing_ok)

    return delete_domain_record


def _compatible(list_versions: Callable[..., Any]) -> Callable[..., Any]:
    """Keeps only real upgrade targets. MiniStack 1.5.33 names every other version of the product, also lower ones."""

    def _get_compatible_versions(query: Any) -> Any:
        status, _, body = answer = list_versions(query)
        if status != 200:
            return answer
        versions = [
            {**version, "TargetVersions": [to for to in version["TargetVersions"] if upgrade_paths.leads(source, to)]}
            for version in json.loads(body)["CompatibleVersions"]
            for source in (version["SourceVersion"],)
        ]
        return opensearch._json(200, {"CompatibleVersions": versions})

    return _get_compatible_versions


def _off_the_event_loop(handle: Callable[..., Any]) -> Callable[..., Any]:
    async def handle_request(*args: Any) -> Any:
        return await run_reentrant(lambda: asyncio.run(handle(*args)))

    return handle_request


def _tell(front: Endpoints, record: Properties, before: Properties | None) -> None:
    """Passes a change on to the front. If the front fails, restores the record and raises the front's exception."""
    try:
        front.update_domain(described(record))
    except Exception:
        if before is not None:
            record.clear()
            record.update(before)
        raise


def _forget(record: Properties) -> None:
    opensearch._domains.pop(record["DomainName"], None)
    opensearch._tags.pop(record["ARN"], None)


def _check(payload: Properties, *, creating: bool) -> None:
    try:
        domain_rules.check(payload, creating=creating)
        dashboards_sign_in.check(payload.get("CognitoOptions") or {})
    except domain_rules.InvalidDomain as reason:
        raise _refused(str(reason)) from reason


def _check_upgrade(before: str, after: Any) -> None:
    try:
        upgrade_paths.check(before, str(after or before))
    except domain_rules.InvalidDomain as reason:
        raise _refused(str(reason)) from reason


def _refused(sentence: str) -> Exception:
    return opensearch.OpenSearchServiceError(400, "ValidationException", sentence)  # type: ignore[no-any-return]


def _fine_grained(settings: Properties) -> bool:
    return as_bool((settings.get("AdvancedSecurityOptions") or {}).get("Enabled"))
