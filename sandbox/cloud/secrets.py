"""CloudFormation's type for secrets: `Ref` is the ARN, and `GenerateSecretString: {}` generates a value.

In MiniStack 1.5.33 `Ref` is the name, and `GenerateSecretString: {}` leaves the secret empty.
"""

import json
from typing import Any

from ministack.services import secretsmanager
from ministack.services.cloudformation import provisioners

from sandbox.cloud.template import as_bool

SECRET = "AWS::SecretsManager::Secret"  # noqa: S105
Properties = dict[str, Any]
FLAGS = (
    "ExcludeLowercase",
    "ExcludeUppercase",
    "ExcludeNumbers",
    "ExcludePunctuation",
    "IncludeSpace",
    "RequireEachIncludedType",
)


def install() -> None:
    """Wraps MiniStack's handlers of the type and replaces its generation of values; once per process."""
    handlers = provisioners._RESOURCE_HANDLERS[SECRET]
    create, update, delete = handlers["create"], handlers["update"], handlers["delete"]

    def create_by_arn(logical_id: str, props: Properties, stack_name: str) -> tuple[str, Properties]:
        if props.get("Name") in secretsmanager._secrets:
            raise ValueError(f"The operation failed because the secret {props['Name']} already exists.")
        _, attributes = create(logical_id, props, stack_name)
        return attributes["Id"], attributes

    def update_by_arn(
        physical_id: str, old_props: Properties, new_props: Properties, stack_name: str, logical_id: str | None = None
    ) -> tuple[str, Properties]:
        _, attributes = update(_name(physical_id), old_props, new_props, stack_name, logical_id)
        return attributes["Id"], attributes

    def delete_by_arn(physical_id: str, props: Properties) -> None:
        delete(_name(physical_id), props)

    provisioners._RESOURCE_HANDLERS[SECRET] = {
        **handlers,
        "create": create_by_arn,
        "update": update_by_arn,
        "update_with_logical_id": True,
        "delete": delete_by_arn,
    }
    provisioners._sm_secret_string = secret_string


def secret_string(props: Properties) -> str:
    """The value that a template declares: `SecretString`, or a value from the service's own GetRandomPassword.

    Raises ValueError with an error message if Secrets Manager would refuse the request.
    """
    if "SecretString" in props and "GenerateSecretString" in props:
        raise ValueError("You can't specify both SecretString and GenerateSecretString: keep one of them.")
    if "GenerateSecretString" not in props:
        return str(props.get("SecretString", ""))
    wanted: Properties = props["GenerateSecretString"] or {}
    template, key = wanted.get("SecretStringTemplate"), wanted.get("GenerateStringKey")
    if (template is None) != (key is None):
        raise ValueError("SecretStringTemplate and GenerateStringKey go together: give both or neither.")
    request: Properties = {flag: as_bool(wanted[flag]) for flag in FLAGS if flag in wanted}
    request["PasswordLength"] = int(wanted.get("PasswordLength", 32))
    request["ExcludeCharacters"] = wanted.get("ExcludeCharacters", "")
    status, _, body = secretsmanager._get_random_password(request)
    answer = json.loads(body)
    if status != 200:
        raise ValueError(answer.get("message") or answer.get("Message"))
    password: str = answer["RandomPassword"]
    if template is None:
        return password
    try:
        filled = json.loads(template)
    except ValueError as reason:
        raise ValueError(f"SecretStringTemplate is not JSON: {reason}.") from reason
    return json.dumps({**filled, key: password})


def _name(physical_id: str) -> str:
    """The name under which MiniStack stores a secret. An unknown ARN is returned unchanged."""
    name, _ = secretsmanager._resolve(physical_id)
    return str(name or physical_id)
