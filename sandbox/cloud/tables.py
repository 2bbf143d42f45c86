"""CloudFormation's properties of DynamoDB tables: expired items are removed, and backups are shown.

MiniStack 1.5.33 ignores `TimeToLiveSpecification` and `PointInTimeRecoverySpecification` of a template, and removes
expired items once a minute. Amazon removes them within days: code must rely on neither.
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
    """Remove every item whose expiry, in seconds since 1970, is before `now`."""
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
    """The declared properties: the last mapping among the handler's arguments, for a create and for an update."""

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
