"""The fixed names of what the deploy creates are free. A resource that an earlier stack kept is imported instead."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from calls.count_of import count_of
from osml.deploy.neighbours import require_apart
from osml.doctor.checks.complaints import complaint
from osml.preflight.check import Seen
from osml.preflight.context import PreflightContext

TITLE, BEFORE_DEPLOY = "names", True
Look = Callable[[Any, str, Mapping[str, Any]], Any]
# Error codes of services, and words in their messages, for what does not exist.
ABSENT = (
    "404",
    "NoSuchBucket",
    "NoSuchEntity",
    "NotFound",
    "NotFoundException",
    "ParameterNotFound",
    "ResourceNotFoundException",
)
WORDS = ("Could not find",)
# Type → the property with a fixed name, the service, and the look-up: it raises or returns nothing for a free name.
NAMED: dict[str, tuple[str, str, Look]] = {
    "AWS::Cognito::UserPoolDomain": (
        "Domain",
        "cognito-idp",
        lambda client, name, _: client.describe_user_pool_domain(Domain=name).get("DomainDescription"),
    ),
    "AWS::DynamoDB::Table": ("TableName", "dynamodb", lambda client, name, _: client.describe_table(TableName=name)),
    "AWS::IAM::Role": ("RoleName", "iam", lambda client, name, _: client.get_role(RoleName=name)),
    "AWS::Logs::LogGroup": (
        "LogGroupName",
        "logs",
        lambda client, name, _: [
            group
            for group in client.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
            if group["logGroupName"] == name
        ],
    ),
    "AWS::Logs::ResourcePolicy": (
        "PolicyName",
        "logs",
        lambda client, name, _: [
            policy
            for policy in client.describe_resource_policies()["resourcePolicies"]
            if policy.get("policyName") == name
        ],
    ),
    "AWS::OpenSearchServerless::AccessPolicy": (
        "Name",
        "opensearchserverless",
        lambda client, name, more: client.get_access_policy(name=name, type=more["Type"]),
    ),
    "AWS::OpenSearchServerless::Collection": (
        "Name",
        "opensearchserverless",
        lambda client, name, _: client.batch_get_collection(names=[name])["collectionDetails"],
    ),
    "AWS::OpenSearchServerless::CollectionGroup": (
        "Name",
        "opensearchserverless",
        lambda client, name, _: client.batch_get_collection_group(names=[name])["collectionGroupDetails"],
    ),
    "AWS::OpenSearchServerless::SecurityPolicy": (
        "Name",
        "opensearchserverless",
        lambda client, name, more: client.get_security_policy(name=name, type=more["Type"]),
    ),
    "AWS::OpenSearchService::Domain": (
        "DomainName",
        "opensearch",
        lambda client, name, _: client.describe_domain(DomainName=name),
    ),
    "AWS::S3::Bucket": ("BucketName", "s3", lambda client, name, _: client.head_bucket(Bucket=name)),
    "AWS::SageMaker::Endpoint": (
        "EndpointName",
        "sagemaker",
        lambda client, name, _: client.describe_endpoint(EndpointName=name),
    ),
    "AWS::SecretsManager::Secret": (
        "Name",
        "secretsmanager",
        lambda client, name, _: client.describe_secret(SecretId=name),
    ),
    "AWS::SSM::Parameter": ("Name", "ssm", lambda client, name, _: client.get_parameter(Name=name)),
}


def look(context: PreflightContext) -> Iterator[Seen]:
    """Check the account's other environments, then each fixed name of a resource that the deploy creates."""
    require_apart(context.place)
    imported = {(stack, thing.logical_id) for stack, things in context.kept.items() for thing in things}
    free = 0
    for stack, logical_id, resource in context.new:
        type, properties = resource["Type"], resource.get("Properties", {})
        if type not in NAMED or (stack, logical_id) in imported:
            continue
        key, service, find = NAMED[type]
        open_client: Any = context.session.client
        name = context.named(properties.get(key))
        if name is None:
            continue
        if _exists(open_client(service), name, properties, find):
            cause = f"{type} {name} already exists, but the stack {stack} did not create it"
            fix = (
                f"If a destroyed environment kept it within the last 90 days, import it with `osml adopt "
                f"{context.place.options}`. Otherwise remove it, or rename the environment file."
            )
            yield complaint(context.place, "name-taken", cause, fix)
        else:
            free += 1
    yield count_of(free, "free fixed name") if free else "the deploy needs no new fixed name"


def _exists(client: Any, name: str, properties: Mapping[str, Any], find: Look) -> bool:
    try:
        return bool(find(client, name, properties))
    except ClientError as error:
        said = error.response["Error"]
        if said.get("Code") in ABSENT or any(word in str(said.get("Message")) for word in WORDS):
            return False
        raise
