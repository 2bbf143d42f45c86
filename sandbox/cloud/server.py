"""Serves MiniStack's gateway on one TLS port of 127.0.0.1, together with the front, until SIGTERM."""

import asyncio
import logging
import os
import signal
import ssl
import threading
from collections.abc import Mapping
from typing import Protocol

from hypercorn.asyncio import serve
from hypercorn.config import Config
from ministack import app

from sandbox.cloud import (
    addresses,
    api_resources,
    auth_challenges,
    authorizers,
    bedrock_api,
    collections,
    conditions,
    crashes,
    custom_resources,
    deleted_stacks,
    domain_api,
    domain_health,
    domains,
    event_sources,
    exports,
    firewalls,
    function_policy,
    functions,
    identity_providers,
    imports,
    instance_limits,
    integrations,
    keys,
    log_events,
    log_pipe,
    mappings,
    metrics,
    model_runtimes,
    object_integrations,
    parameters,
    preflights,
    queues,
    sagemaker_api,
    second_factors,
    secrets,
    service_quotas,
    sign_in,
    simulations,
    streaming,
    tables,
    textract_api,
    traces,
    trust,
    unsigned,
    user_pools,
)
from sandbox.cloud.authority import MiniStackAuthority
from sandbox.cloud.budgets import BudgetRegistry
from sandbox.cloud.egress_proxy import EgressProxy
from sandbox.cloud.environment import temporary_folder
from sandbox.cloud.native_code import NativeCode
from sandbox.cloud.native_installer import installer
from sandbox.cloud.roles import RoleClock
from sandbox.cloud.sagemaker import Registry
from sandbox.cloud.scaling import ScalingRegistry
from sandbox.cloud.settings import CloudSettings
from sandbox.cloud.spare_engines import CommandedEngines
from sandbox.front.authority import Authority
from sandbox.front.front import Front
from sandbox.front.settings import FrontSettings
from sandbox.front.url_rewriter import MODEL_HOSTS

logger = logging.getLogger("sandbox.cloud")

# Requests get this many seconds to end after SIGTERM. Hypercorn 0.18 waits longer for clients with open connections.
GRACE = 1.0


class FrontLike(domains.Endpoints, domain_health.DomainHealth, collections.CollectionEndpoints, Protocol):
    """The layer before the engine."""

    def start(self) -> None: ...

    def stop(self) -> None: ...


class FrontMaker(Protocol):
    def __call__(self, settings: CloudSettings, authority: Authority) -> FrontLike: ...


def front_before_engine(settings: CloudSettings, authority: Authority) -> Front:
    """The front that the settings describe."""
    return Front(
        FrontSettings(
            engine_url=settings.engine_url,
            models_url=settings.models_url,
            egress_port=settings.egress_port,
            ca=str(settings.ca),
            admin_cert=str(settings.admin_cert),
            admin_key=str(settings.admin_key),
            server_cert=str(settings.server_cert),
            server_key=str(settings.server_key),
            domain_ports=settings.domain_ports,
            young_role_seconds=settings.young_role_seconds,
            has_native_vectors=settings.has_native_vectors,
            snapshots=settings.snapshots,
        ),
        authority,
        CommandedEngines(settings.spare_engine, settings.spare_environment or {}) if settings.spare_engine else None,
    )


def install(
    settings: CloudSettings, make_front: FrontMaker = front_before_engine, outer: Mapping[str, str] | None = None
) -> FrontLike:
    """Adds the behaviour that MiniStack lacks, and makes the front; once per process, after `environment.enter`.

    `outer` are the environment variables for an installer of packages.
    """
    registry, clock = Registry(settings.existing_endpoints), RoleClock()
    authority = MiniStackAuthority(settings.region, registry, clock)
    front = make_front(settings, authority)
    custom_resources.install()
    crashes.install()
    secrets.install()
    registry.install()
    BudgetRegistry().install()
    ScalingRegistry(registry.components, registry.copies).install()
    clock.install()
    trust.install()
    domains.install(front)
    domain_health.install(front)
    instance_limits.install()
    domain_api.install()
    collections.install(front)
    log_pipe.install()
    functions.install(settings.home, NativeCode(settings.native_packages, installer(settings.installer, outer or {})))
    event_sources.install(authority)
    queues.install()
    integrations.install()
    object_integrations.install(authority)
    streaming.install()
    function_policy.install()
    preflights.install()
    unsigned.install()
    api_resources.install()
    mappings.install()
    gateway = f"https://127.0.0.1:{settings.aws_port}"
    authorizers.install(gateway)
    addresses.install(gateway)
    user_pools.install()
    second_factors.install()
    auth_challenges.install()
    identity_providers.install()
    sign_in.install(gateway)
    tables.install()
    log_events.install()
    metrics.install()
    parameters.install()
    firewalls.install()
    imports.install()
    deleted_stacks.install()
    exports.install()
    conditions.install()
    keys.install()
    model_runtimes.install(settings.models_url, authority)
    textract_api.install(settings.models_url, authority)
    traces.install(authority)
    sagemaker_api.install(registry)
    bedrock_api.install()
    service_quotas.install()
    simulations.install()
    return front


def egress_proxy_of_functions(settings: CloudSettings) -> EgressProxy | None:
    """The proxy that the settings describe, which already listens. None if they describe no proxy."""
    if settings.egress_proxy_port is None or settings.model_cert is None or settings.model_key is None:
        return None
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(settings.model_cert, settings.model_key)
    return EgressProxy(settings.egress_proxy_port, MODEL_HOSTS, settings.models_url, tls)


def run(
    settings: CloudSettings, make_front: FrontMaker = front_before_engine, outer: Mapping[str, str] | None = None
) -> None:
    """Serves until SIGTERM or SIGINT. Then ends all functions and listeners, removes the functions' folders, and exits.

    The exit status is 0. `outer` are the environment variables for an installer of packages. Raises OSError if a port
    is in use.
    """
    front = install(settings, make_front, outer)
    egress_proxy = egress_proxy_of_functions(settings)
    front.start()
    try:
        asyncio.new_event_loop().run_until_complete(_serve(settings))
    finally:
        if egress_proxy is not None:
            egress_proxy.close()
        front.stop()
        functions.end_all(temporary_folder(settings))
    logger.info("Ended.")
    logging.shutdown()
    # Clients with open connections, and threads that wait for a custom resource's answer, would keep the process alive.
    os._exit(0)


async def _serve(settings: CloudSettings) -> None:
    # MiniStack's own main is not used: as root, it also binds 127.0.0.1:443.
    config = Config()
    config.bind = [f"127.0.0.1:{settings.aws_port}"]
    config.certfile, config.keyfile = str(settings.server_cert), str(settings.server_key)
    config.keep_alive_timeout = 75
    # Hypercorn 0.18 cannot abort an answer in HTTP/2: the client would wait for the rest for ever.
    config.alpn_protocols = ["http/1.1"]
    config.graceful_timeout = GRACE / 2
    config.loglevel = "INFO"
    ended = asyncio.Event()

    def end() -> None:
        # When the functions end, the threads that wait for them also end.
        threading.Thread(target=functions.end_all, args=[temporary_folder(settings)], daemon=True).start()
        ended.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end)
    serving = asyncio.create_task(serve(app.app, config, shutdown_trigger=ended.wait))
    await asyncio.wait({serving, asyncio.create_task(ended.wait())}, return_when=asyncio.FIRST_COMPLETED)
    await asyncio.wait({serving}, timeout=GRACE)
    if serving.done():
        serving.result()
