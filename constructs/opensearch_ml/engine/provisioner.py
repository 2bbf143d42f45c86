"""Provisioner: the function behind every `Custom::Ml…` resource, and its role."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from opensearch_ml.engine.function_bundle import function_code, libraries, source_of
from opensearch_ml.engine.index_access import IndexAccess
from opensearch_ml.engine.network import Network
from opensearch_ml.engine.python_function import PythonFunction
from opensearch_ml.engine.search_domain import HTTP_ACTIONS
from opensearch_ml.engine.used_collection import CollectionGrants
from opensearch_ml.providers.inline_credentials import READ

SOURCE = source_of("provisioner_function", "lambda/provisioner")
FOLDERS = libraries("aws", "calls", "mlcommons")

INDEXES = tuple(f"aoss:{verb}Index" for verb in ("Create", "Delete", "Describe", "Update"))
# HEAD is not needed, because GET requests check whether something exists.
REQUESTS = tuple(action for action in HTTP_ACTIONS if action != "es:ESHttpHead")


class Provisioner(PythonFunction):
    """The function, its `role` and its `policy`.

    `timeout`, ten minutes by default, limits the work on one custom resource. Every resource of the function must
    depend on `policy`; otherwise CloudFormation may call the function before its role has permissions. `role_name` is
    for others that must name the role before it exists. With a `network` the function runs in its subnets.

    Anyone who may invoke the function can forge the event, so its variables limit what it does. It accepts only stacks
    of its account and region, with a `prefix` only those called `<prefix>-<word>`, and only the engines of its Targets.
    It may map `administrators` and its own role to any role of the engine. It may map other roles only to roles whose
    names begin with the prefix; without a prefix, to any role except those of an administrator.

    Example::

        provisioner = ml.Provisioner(stack, "Provisioner")
        provisioner.allow_requests(engine.domain_arn)
        provisioner.metric_errors().create_alarm(stack, "Crashed", threshold=1, evaluation_periods=1)
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        timeout: Duration | None = None,
        log_retention: logs.RetentionDays = logs.RetentionDays.ONE_MONTH,
        removal_policy: RemovalPolicy = RemovalPolicy.DESTROY,
        role_name: str | None = None,
        network: Network | None = None,
        prefix: str | None = None,
        administrators: Sequence[str] = (),
    ) -> None:
        longest = timeout or Duration.minutes(10)
        super().__init__(
            scope,
            id,
            description="Provisions connectors, models, pipelines and indexes on a search domain",
            code=function_code(SOURCE, folders=FOLDERS),
            handler="handler.handler",
            timeout=longest,
            role_name=role_name,
            role_description="Signs the requests that provision connectors, models, pipelines and indexes",
            log_retention=log_retention,
            removal_policy=removal_policy,
            network=network,
        )
        self.timeout = longest
        self.engines: list[dict[str, object]] = []
        named = Stack.of(self).to_json_string([self.role.role_arn, *administrators])
        for name, value in {"PREFIX": prefix or "", "ADMINISTRATORS": named, "ENGINES": "[]"}.items():
            self.function.add_environment(name, value)

    def serve(self, engine: Mapping[str, object]) -> None:
        """Let requests go to `engine`, the address or administration of a Target; a Target calls this itself."""
        stack = Stack.of(self)
        known = [stack.resolve(engine) for engine in self.engines]
        if stack.resolve(engine) not in known:
            self.engines.append(dict(engine))
            self.function.add_environment("ENGINES", stack.to_json_string(self.engines))

    def allow_admin(self, role_arn: str) -> None:
        """Let the function assume a role that may change role mappings; that role must also trust this one."""
        self.allow(iam.PolicyStatement(actions=["sts:AssumeRole"], resources=[role_arn]))

    def allow_login(self, secret_arn: str) -> None:
        """Let the function read the name and password for its sign-in."""
        self.allow(iam.PolicyStatement(actions=[READ], resources=[secret_arn]))

    def allow_collection(self, collection: CollectionGrants) -> IndexAccess:
        """Let the function create, change and remove indexes of the collection, but not read or write documents."""
        self.allow(collection.requests)
        return collection.grant_index(self.role, INDEXES, index="*")

    def allow_requests(self, domain_arn: str) -> None:
        """Let the function send signed requests to every path of the domain."""
        self.allow(
            iam.PolicyStatement(actions=list(REQUESTS), resources=[f"{domain_arn}/*"]),
            wildcards="The function configures the whole domain, so it may call every path of this domain.",
        )
