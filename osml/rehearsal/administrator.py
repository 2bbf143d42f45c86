"""The engine of the local cloud as its administrator, who may read and make what the operator may not."""

import requests

from osml.doctor.checks.context import Context
from osml.remote.domain import Domain


def administrator(context: Context) -> Domain:
    """Requests to the engine itself, with the administrator's certificate."""
    from sandbox import startup

    assert context.place.instance  # noqa: S101 - for the type checker: a rehearsal is on the local cloud
    settings = startup.settings(context.place.instance)
    session = requests.Session()
    session.cert = (settings["admin_cert"], settings["admin_key"])
    return Domain(context.knowledge.model_copy(update={"endpoint": settings["engine_url"]}), session)
