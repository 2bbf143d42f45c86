"""AssistantFunction: one of the functions behind the assistant's API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from opensearch_ml.engine.function_bundle import function_code, libraries, source_of
from opensearch_ml.engine.network import Network
from opensearch_ml.engine.python_function import PythonFunction

ASK = source_of("ask_function", "lambda/ask")
DOCUMENTS = source_of("documents_function", "lambda/documents")
TOOLS = source_of("tools_function", "lambda/tools")
AUTHORIZE = source_of("authorize_function", "lambda/authorize")
SESSION = source_of("session_function", "lambda/session")
# The settings declare the functions' variables.
FOLDERS = {
    **libraries("aws", "calls", "corpus", "gateway", "rag"),
    "settings": source_of("settings_library", "settings"),
}


@dataclass(frozen=True)
class FunctionPart:
    """The code of one function; `memory` is in MiB, and `folders` are copied beside its code.

    `without` are patterns of files in its dependencies that it never imports. `packed` are patterns of packages that it
    imports only to read a file. Both make a cold start shorter, because Lambda unpacks all other files each time.
    """

    description: str
    source: Path
    handler: str
    memory: int
    native: bool
    variables: Mapping[str, str] = field(default_factory=dict)
    folders: Mapping[str, Path] = field(default_factory=dict)
    without: Sequence[str] = ()
    packed: Sequence[str] = ()


POWERTOOLS = {"POWERTOOLS_SERVICE_NAME": "assistant", "POWERTOOLS_METRICS_NAMESPACE": "osml"}
PARSERS = (
    *("PIL", "pillow.libs", "pypdfium2", "pypdfium2_raw", "selectolax", "yaml", "python_calamine"),
    *("chardet", "ijson", "ijson.libs", "markdown_it", "mdurl", "striprtf"),
    # The compiled part of chardet, which looks for the package's data beside itself.
    "*__mypyc.*",
)
# Files of dependencies that the function `documents` never imports. In the parsers these are text drawing, colour
# profiles, AVIF (not a format of documents), a command line, and a second YAML parser.
UNREAD = (
    *(f"aws_lambda_powertools/utilities/{name}" for name in ("[!_djst]*", "data_masking", "streaming")),
    *(f"PIL/_{name}.*" for name in ("avif", "imagingcms", "imagingft", "imagingmath", "imagingmorph", "imagingtk")),
    *(f"pillow.libs/lib{name}*" for name in ("avif", "brotli", "freetype", "harfbuzz", "lcms2", "png16")),
    *("pydantic/v1", "pypdfium2_cli", "yaml/_yaml*"),
)
# Files of dependencies that functions without a description of the API never import.
NO_ROUTES = ("aws_lambda_powertools/event_handler", "aws_lambda_powertools/utilities/[!_j]*", "pydantic/v1")
PARTS = {
    "ask": FunctionPart(
        "Answers questions from the passages it finds",
        ASK,
        "ask.answer",
        1024,
        True,
        # The managed runtime of Python cannot stream; this script starts one that can.
        {**POWERTOOLS, "AWS_LAMBDA_EXEC_WRAPPER": "/var/task/stream-runtime"},
        FOLDERS,
        NO_ROUTES,
    ),
    "documents": FunctionPart(
        "Stores, lists and removes documents",
        DOCUMENTS,
        "documents_start.handler",
        1024,
        True,
        POWERTOOLS,
        FOLDERS,
        UNREAD,
        PARSERS,
    ),
    "tools": FunctionPart(
        "Offers the documents to agents, as tools",
        TOOLS,
        "tools_start.handler",
        1024,
        True,
        POWERTOOLS,
        {**FOLDERS, **libraries("agents")},
        NO_ROUTES,
    ),
    "authorize": FunctionPart(
        "Checks the tokens of callers, which another issuer has made", AUTHORIZE, "authorize.handler", 512, True
    ),
    "session": FunctionPart("Signs the users of the page in", SESSION, "session.handler", 256, False),
}


class AssistantFunction(PythonFunction):
    """The function `part`: ask, documents, tools, authorize or session.

    Its role writes its log and traces; `allow` adds permissions.

    `variables` are environment variables. With a `network` the function runs in its subnets. `concurrency` is the
    number of calls at once, which is reserved in the account; further calls are refused.

    Example::

        ask = ml.AssistantFunction(stack, "Ask", part="ask", variables={"ASSISTANT": "{}"})
        ask.allow(iam.PolicyStatement(actions=["es:ESHttpPost"], resources=[f"{engine.domain_arn}/articles/_search"]))
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        part: str,
        variables: Mapping[str, str],
        timeout: Duration | None = None,
        log_retention: logs.RetentionDays = logs.RetentionDays.ONE_MONTH,
        removal_policy: RemovalPolicy = RemovalPolicy.DESTROY,
        network: Network | None = None,
        concurrency: int | None = None,
    ) -> None:
        run = PARTS[part]
        super().__init__(
            scope,
            id,
            description=run.description,
            code=function_code(
                run.source, native=run.native, folders=run.folders, without=run.without, packed=run.packed
            ),
            handler=run.handler,
            timeout=timeout or Duration.seconds(29),
            memory=run.memory,
            environment={**run.variables, **variables},
            concurrency=concurrency,
            traced=True,
            log_retention=log_retention,
            removal_policy=removal_policy,
            network=network,
        )

    def alias(self, name: str) -> str:
        """Create an alias of the function and return its ARN; the function can tell callers apart by the alias."""
        made = lambda_.CfnAlias(
            self, name.title(), function_name=self.function.function_name, function_version="$LATEST", name=name
        )
        return made.ref
