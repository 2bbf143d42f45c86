"""OPTIONS methods of CDK's `add_cors_preflight`: a mock whose template chooses among several origins.

MiniStack 1.5.33 sends a mock's response template to the browser without evaluating it, and sends a body with a 204.
"""

import re
from contextvars import ContextVar
from typing import Any

from ministack.services import apigateway_v1

ALLOWED = "Access-Control-Allow-Origin"
CHOICE = re.compile(r"#if\((?:\$origin == \"[^\"]*\"(?: \|\| )?)+\)\s*#set\(\$context\.responseOverride\.header\.")
ORIGIN = re.compile(r'\$origin == "([^"]+)"')
_asking: ContextVar[str] = ContextVar("origin", default="")


def install() -> None:
    """Wraps MiniStack's execution of methods and its mock integration; once per process."""
    execute, mock = apigateway_v1._execute_in_scope, apigateway_v1._invoke_mock_v1

    async def _execute_in_scope(
        request: Any, api_id: str, stage_name: str, method: str, path: str, headers: dict[str, str], *rest: Any
    ) -> Any:
        _asking.set(headers.get("origin", ""))
        return await execute(request, api_id, stage_name, method, path, headers, *rest)

    def _invoke_mock_v1(integration: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        status, headers, body = mock(integration)
        template = body.decode()
        if CHOICE.search(template):
            if _asking.get() in ORIGIN.findall(template):
                headers[ALLOWED] = _asking.get()
            body = b""
        if status == 204:
            headers, body = {name: value for name, value in headers.items() if name != "Content-Type"}, b""
        return status, headers, body

    apigateway_v1._execute_in_scope = _execute_in_scope
    apigateway_v1._invoke_mock_v1 = _invoke_mock_v1
