"""AssistantPage: the page's files in a bucket, from which API Gateway sends them without a function."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import CustomResource, Duration, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from opensearch_ml.engine.acknowledge import acknowledge
from opensearch_ml.engine.function_bundle import function_code, hash_of, libraries, source_of
from opensearch_ml.engine.private_bucket import private_bucket
from opensearch_ml.engine.python_function import PythonFunction

SOURCE = source_of("page_function", "lambda/page")
FOLDERS = {"web": source_of("web", "web"), **libraries("aws")}
# The keys of the objects, which are also their paths in the API.
KEYS = ("rag", "rag/temml/temml.min.js", "rag/temml/LICENSE.txt")
WRITING = Duration.seconds(60)


class AssistantPage(Construct):
    """`bucket` contains the page with its `settings`, which may contain deploy-time tokens; `reader` may read it.

    A function writes the objects in each deploy that changes the page, and removes them when the stack is deleted.

    Example::

        page = ml.AssistantPage(stack, "Page", settings={"environment": "live", "sign_in": "api-key", "api": ""})
        session = ml.AssistantFunction(stack, "Session", part="session", variables={})
        api = ml.AssistantApi(stack, "Api", name="articles", stage="live", sign_in="api-key")
        api.show_page(page, session.function)
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        settings: Mapping[str, object],
        log_retention: logs.RetentionDays = logs.RetentionDays.ONE_MONTH,
    ) -> None:
        super().__init__(scope, id)
        # The bucket need not be kept, because the next deploy writes all of it again.
        self.bucket = private_bucket(self, "Bucket", RemovalPolicy.DESTROY)
        acknowledge(
            self.bucket,
            {"AwsSolutions-S1": "The bucket holds only the public page, and the API logs each request for it."},
        )
        self.reader = iam.Role(
            self,
            "Reader",
            assumed_by=iam.ServicePrincipal("apigateway.amazonaws.com"),
            description="Reads the page, for API Gateway",
        )
        iam.Policy(
            self,
            "ReaderPolicy",
            roles=[self.reader],
            statements=[
                iam.PolicyStatement(
                    actions=["s3:GetObject"], resources=[self.bucket.arn_for_objects(key) for key in KEYS]
                )
            ],
        )
        # The function reads the settings from its variables, because any caller of the function can forge the event.
        shown = Stack.of(self).to_json_string(settings)
        writer = PythonFunction(
            self,
            "Writer",
            description="Writes the page into its bucket",
            code=function_code(SOURCE, folders=FOLDERS),
            handler="page.handler",
            timeout=WRITING,
            memory=512,
            environment={"BUCKET": self.bucket.bucket_name, "SETTINGS": shown},
            log_retention=log_retention,
            removal_policy=RemovalPolicy.DESTROY,
        )
        writer.allow(
            iam.PolicyStatement(
                actions=["s3:PutObject", "s3:DeleteObject"], resources=[self.bucket.arn_for_objects("*")]
            ),
            iam.PolicyStatement(actions=["s3:ListBucket"], resources=[self.bucket.bucket_arn]),
            wildcards="The function also removes the files of earlier versions from the page's bucket.",
        )
        written = CustomResource(
            self,
            "Objects",
            resource_type="Custom::AssistantPage",
            service_token=writer.function.function_arn,
            # One minute more than the function's timeout; the function's error then arrives before CloudFormation's.
            service_timeout=WRITING.plus(Duration.seconds(60)),
            properties={
                "Settings": shown,
                "Files": hash_of((SOURCE, *FOLDERS.values())),
            },
        )
        written.node.add_dependency(writer.policy)
