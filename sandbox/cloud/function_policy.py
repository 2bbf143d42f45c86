"""API Gateway calls a function only if the function's own policy allows it. MiniStack 1.5.33 does not check that."""

import logging
from typing import Any

from ministack.core import iam_evaluator
from ministack.services import apigateway_v1, lambda_svc

from sandbox.cloud.streaming import streamed_function

logger = logging.getLogger("sandbox.cloud.functions")
API_GATEWAY = "apigateway.amazonaws.com"


def install() -> None:
    """Wraps the proxy integrations of REST APIs; once per process, after `streaming`."""
    invoke = apigateway_v1._invoke_lambda_proxy_v1

    async def _invoke_lambda_proxy_v1(
        integration: dict[str, Any],
        api_id: str,
        stage_name: str,
        stage: Any,
        resource: dict[str, Any],
        request_path: str,
        method: str,
        *request: Any,
        **more: Any,
    ) -> Any:
        account, region = more["owner_account_id"], more["owner_region"]
        uri = integration.get("uri", "")
        function = streamed_function(uri) or apigateway_v1._extract_lambda_ref_from_integration_uri(uri)
        record, _, _ = lambda_svc._get_func_record_for_ref_in_scope(function, account_id=account, region=region)
        caller = f"arn:aws:execute-api:{region}:{account}:{api_id}/{stage_name}/{method}{resource['path']}"
        # An integration with its own role needs no permission of the function's policy.
        if record and not integration.get("credentials") and not may_invoke(record["policy"], function, caller):
            logger.error("The policy of %s does not let %s invoke it.", function, caller)
            return apigateway_v1._gw_error("API_CONFIGURATION_ERROR", "Internal server error")
        return await invoke(integration, api_id, stage_name, stage, resource, request_path, method, *request, **more)

    apigateway_v1._invoke_lambda_proxy_v1 = _invoke_lambda_proxy_v1


def may_invoke(policy: dict[str, Any], function_arn: str, source_arn: str) -> bool:
    """Whether a function's policy lets API Gateway invoke it for the API method `source_arn`."""
    account = source_arn.split(":")[4]
    call = iam_evaluator.EvalContext(
        principal_arn=API_GATEWAY,
        principal_type="Service",
        principal_account="",
        action="lambda:InvokeFunction",
        resource_arn=function_arn,
        region="",
        source_ip="127.0.0.1",
        secure_transport=True,
        service_context={"aws:sourcearn": source_arn, "aws:sourceaccount": account},
    )
    decision: str = iam_evaluator.evaluate_resource_policy(policy, call, service=API_GATEWAY).decision
    return decision == "Allow"
