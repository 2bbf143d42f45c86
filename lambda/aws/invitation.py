"""Checks the origin of events for the functions of CloudFormation's custom resources.

A caller that may invoke such a function can write the whole event. The variable `PREFIX` in the function's template is
the prefix of its stacks; it is empty if any stack may call.
"""

import os
import re
from typing import Any
from urllib.parse import urlsplit

_SUFFIX = r"(amazonaws\.(com|com\.cn|eu)|(c2s\.ic|sc2s\.sgov|csp\.hci\.ic)\.gov|cloud\.adc-e\.uk)"


class Uninvited(Exception):
    """The event does not come from CloudFormation for one of the function's stacks, so nobody gets an answer."""


def require_invited(event: dict[str, Any], function_arn: str) -> None:
    """Raises `Uninvited` unless the stack and the answer's address fit the function's account, region and `PREFIX`."""
    partition, region, account = (function_arn.split(":")[part] for part in (1, 3, 4))
    prefix = os.environ.get("PREFIX", "")
    name = rf"{re.escape(prefix)}-[a-z]+" if prefix else r"[A-Za-z][A-Za-z0-9-]*"
    stack = rf"arn:{partition}:cloudformation:{region}:{account}:stack/{name}/[A-Za-z0-9-]+"
    if not re.fullmatch(stack, str(event.get("StackId"))):
        raise Uninvited(f"This function does not serve the stack {event.get('StackId')}.")
    answer = urlsplit(str(event.get("ResponseURL")))
    if answer.scheme != "https" or not _is_cloudformations(answer.netloc, region):
        raise Uninvited(f"CloudFormation in {region} takes no answers at the host {answer.hostname}.")


def _is_cloudformations(netloc: str, region: str) -> bool:
    """Whether it is CloudFormation's bucket in the region, or the host of AWS_ENDPOINT_URL."""
    if netloc == urlsplit(os.environ.get("AWS_ENDPOINT_URL", "")).netloc and netloc:
        return True
    bucket = f"cloudformation-custom-resource-response-{region.replace('-', '')}"
    return bool(re.fullmatch(rf"{bucket}\.s3([.-]{region})?\.{_SUFFIX}", netloc))
