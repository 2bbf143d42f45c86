"""Which parameters a caller may list: those below a path, as its policy names it.

MiniStack 1.5.33 asks the policy about every resource, so a policy that names a path allows nothing.
"""

import json
from typing import Any

from ministack.core import iam_actions

BY_PATH = "GetParametersByPath"


def install() -> None:
    """Replaces MiniStack's naming of the resource of a request; once per process."""
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
    """The path of a request, as Amazon names it in a refusal: without a slash at its end; `/*` when there is none."""
    try:
        path = json.loads(body)["Path"]
    except (ValueError, KeyError, TypeError):
        return "/*"
    return "/" + str(path).strip("/")
