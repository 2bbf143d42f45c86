"""The IAM check of `ssm:GetParametersByPath`: a caller may list the parameters below the path in its policy.

MiniStack 1.5.33 checks the policy for the resource `*`, so a policy with a path allows nothing.
"""

import json
from typing import Any

from ministack.core import iam_actions

BY_PATH = "GetParametersByPath"


def install() -> None:
    """Wraps MiniStack's function that determines the resource of a request; once per process."""
    extract = iam_actions.extract_resource_arn

    def extract_resource_arn(
        service: str,
        method: str,
        path: str,
        headers: dict[str, str],
        body: bytes,
        query_params: dict[str, Any],
        region: str,
        account_id: str,
    ) -> str:
        if service == "ssm" and iam_actions._action_from_target(headers) == BY_PATH:
            return f"arn:aws:ssm:{region}:{account_id}:parameter{folder(body)}"
        arn: str = extract(service, method, path, headers, body, query_params, region, account_id)
        return arn

    iam_actions.extract_resource_arn = extract_resource_arn


def folder(body: bytes) -> str:
    """The path of a request in the form of Amazon's refusals: without a slash at its end. `/*` without a path."""
    try:
        path = json.loads(body)["Path"]
    except (ValueError, KeyError, TypeError):
        return "/*"
    return "/" + str(path).strip("/")
