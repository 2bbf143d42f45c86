"""Checks of KMS keys in templates: a key must exist and be enabled. A log group's key must let CloudWatch Logs use it.

MiniStack 1.5.33 stores the reference to a key without a check. Queues and topics are not checked here: Amazon also
accepts any key for them, until a client uses them.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from ministack.core import iam_evaluator
from ministack.core.responses import get_account_id, get_region
from ministack.services import kms
from ministack.services.cloudformation import provisioners

from sandbox.policy_document import listed, statements

Properties = Mapping[str, Any]
LOG_GROUP = "AWS::Logs::LogGroup"
# For each type, the path in its properties to the key.
WHERE = {
    "AWS::DynamoDB::Table": ("SSESpecification", "KMSMasterKeyId"),
    "AWS::Lambda::Function": ("KmsKeyArn",),
    LOG_GROUP: ("KmsKeyId",),
    "AWS::OpenSearchService::Domain": ("EncryptionAtRestOptions", "KmsKeyId"),
    "AWS::SecretsManager::Secret": ("KmsKeyId",),
}
NEEDED = ("kms:Encrypt", "kms:Decrypt", "kms:ReEncryptTo", "kms:GenerateDataKey", "kms:DescribeKey")


def install() -> None:
    """Wraps the handlers of these types; once per process, after they are registered."""
    for type, path in WHERE.items():
        handlers = dict(provisioners._RESOURCE_HANDLERS[type])
        handlers["create"] = _checking(handlers["create"], type, path, 1)
        if "update" in handlers:
            handlers["update"] = _checking(handlers["update"], type, path, 2)
        provisioners._RESOURCE_HANDLERS[type] = handlers


def _checking(write: Callable[..., Any], type: str, path: tuple[str, ...], place: int) -> Callable[..., Any]:
    def checked(*args: Any, **more: Any) -> Any:
        named: Any = args[place]
        for part in path:
            named = (named or {}).get(part)
        if named:
            _check(type, str(named), args[place])
        return write(*args, **more)

    return checked


def _check(type: str, key: str, properties: Properties) -> None:
    """Raises ValueError with the service's error message if the key is not usable."""
    record = kms._resolve_key(key)
    usable = record is not None and record.get("KeyState") == "Enabled"
    if type == LOG_GROUP:
        name = properties.get("LogGroupName") or "*"
        arn = f"arn:aws:logs:{get_region()}:{get_account_id()}:log-group:{name}"
        if not (usable and lets_logs(record, arn)):
            raise ValueError(
                f"The specified KMS key does not exist or is not allowed to be used with Arn '{arn}' "
                "(InvalidParameterException)"
            )
    elif not usable:
        raise ValueError(f"The KMS key {key} does not exist or is not enabled (KMSInvalidStateException)")


def lets_logs(key: Properties | None, log_group_arn: str) -> bool:
    """Whether the key's policy lets CloudWatch Logs encrypt that log group."""
    document = (key or {}).get("Policy") or "{}"
    policy = json.loads(document) if isinstance(document, str) else document
    given = iam_evaluator.EvalContext(
        principal_arn=f"logs.{get_region()}.amazonaws.com",
        principal_type="Service",
        principal_account="",
        action="kms:Encrypt",
        resource_arn=str((key or {}).get("Arn")),
        region=get_region(),
        source_ip="127.0.0.1",
        secure_transport=True,
        service_context={"kms:encryptioncontext:aws:logs:arn": log_group_arn},
    )
    return all(any(_allows(statement, given, action) for statement in statements(policy)) for action in NEEDED)


def _allows(statement: Properties, given: Any, action: str) -> bool:
    principal = statement.get("Principal")
    services = listed(principal.get("Service")) if isinstance(principal, dict) else []
    return (
        statement.get("Effect") == "Allow"
        and given.principal_arn in services
        and iam_evaluator._action_matches(action, listed(statement.get("Action")), [])
        and iam_evaluator._conditions_met(statement.get("Condition", {}), given)
    )
