"""CloudFormation's settings of DynamoDB tables for the expiry of items and for point-in-time recovery.

MiniStack 1.5.33 ignores `TimeToLiveSpecification` and `PointInTimeRecoverySpecification` in a template. It removes
expired items once a minute, and this module every `SECONDS`. Amazon removes them within days. Code must not rely on the
time of the removal.
"""

import threading
import time
from collections.abc import Callable
from typing import Any

from ministack.services import dynamodb
from ministack.services.cloudformation import provisioners

from sandbox.cloud.template import Properties, as_bool

TABLE = "AWS::DynamoDB::Table"
SECONDS = 0.5


def install() -> None:
    """Wraps the handlers of tables and starts the removal of items; once per process."""
    handlers = provisioners._RESOURCE_HANDLERS[TABLE]
    delete = handlers["delete"]
    handlers["create"] = _declared(handlers["create"])
    handlers["update"] = _declared(handlers["update"])

    def delete_with_settings(physical_id: str, props: Properties) -> None:
        delete(physical_id, props)
        dynamodb._ttl_settings.pop(physical_id, None)
        dynamodb._pitr_settings.pop(physical_id, None)

    handlers["delete"] = delete_with_settings
    threading.Thread(target=_expire_for_ever, name="expiry", daemon=True).start()


def expire(now: float) -> None:
    """Remove every item whose expiry is not after `now` (both in seconds since 1970)."""
    with dynamodb._lock:
        for (account, region, name), setting in list(dynamodb._ttl_settings.all_items()):
            table = dynamodb._tables.get_scoped(account, region, name)
            if table is None or setting.get("TimeToLiveStatus") != "ENABLED":
                continue
            over = [
                (partition, sort)
                for partition, items in table["items"].items()
                for sort, item in items.items()
                if float(item.get(setting["AttributeName"], {}).get("N", "inf")) <= now
            ]
            for partition, sort in over:
                dynamodb._remove_item(table, partition, sort)


def _declared(handler: Callable[..., Any]) -> Callable[..., Any]:
    """The handler, which also applies the new properties: they are its last argument that is a dictionary."""

    def declared(*args: Any, **kwargs: Any) -> Any:
        name, attributes = handler(*args, **kwargs)
        props = [given for given in args if isinstance(given, dict)][-1]
        lives = props.get("TimeToLiveSpecification") or {}
        dynamodb._ttl_settings[name] = {
            "TimeToLiveStatus": "ENABLED" if as_bool(lives.get("Enabled")) else "DISABLED",
            **({"AttributeName": lives["AttributeName"]} if lives.get("AttributeName") else {}),
        }
        recovery = props.get("PointInTimeRecoverySpecification") or {}
        dynamodb._pitr_settings[name] = as_bool(recovery.get("PointInTimeRecoveryEnabled"))
        return name, attributes

    return declared


def _expire_for_ever() -> None:
    while True:
        time.sleep(SECONDS)
        expire(time.time())
