"""CloudFormation's type that associates a web ACL with the stage of an API; MiniStack 1.5.33 lacks it.

Nothing is filtered on this machine: MiniStack stores web ACLs and does not apply them.
"""

import json
from typing import Any

from ministack.services import waf
from ministack.services.cloudformation import provisioners

from sandbox.cloud.template import Properties

ASSOCIATION = "AWS::WAFv2::WebACLAssociation"


def install() -> None:
    """Registers the type with MiniStack's CloudFormation; once per process."""
    provisioners._RESOURCE_HANDLERS[ASSOCIATION] = {"create": _create, "update": _update, "delete": _delete}


def _create(_logical_id: str, props: Properties, _stack_name: str) -> tuple[str, Properties]:
    status, _, body = waf._associate_web_acl(props)
    if status >= 400:
        answer = json.loads(body)
        raise ValueError(f"{props.get('WebACLArn')} cannot guard {props.get('ResourceArn')}: {answer.get('message')}")
    return f"{props['WebACLArn']}|{props['ResourceArn']}", {}


def _update(physical_id: str, _old: Properties, props: Properties, stack_name: str) -> Any:
    _delete(physical_id, {})
    return _create("", props, stack_name)


def _delete(physical_id: str, _props: Properties) -> None:
    acl, _, resource = physical_id.partition("|")
    if waf._associations.get(resource) == acl:
        waf._disassociate_web_acl({"ResourceArn": resource})
