"""What clients ask AWS about domains and models: each answer has the shape of botocore's own model."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.cloud_process import Cloud, Stack, role, running
from tests.contract.shapes import faults

NAME, STANDING = "passages", {"standing": {"model": "m/s", "shape": "array"}}
POLICY = {
    "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::000000000000:root"}, "Action": "es:*", "Resource": "*"}
    ]
}
RESOURCES = {
    "Domain": {
        "Type": "AWS::OpenSearchService::Domain",
        "Properties": {
            "DomainName": NAME,
            "EngineVersion": "OpenSearch_2.19",
            "ClusterConfig": {
                "InstanceType": "r5.large.search",
                "InstanceCount": "4",
                "DedicatedMasterEnabled": "true",
                "DedicatedMasterType": "r5.large.search",
                "DedicatedMasterCount": 3,
                "ZoneAwarenessEnabled": True,
                "ZoneAwarenessConfig": {"AvailabilityZoneCount": 2},
            },
            "EBSOptions": {"EBSEnabled": True, "VolumeSize": "10", "VolumeType": "gp3"},
            "AccessPolicies": POLICY,
        },
    },
    "Role": role("sagemaker.amazonaws.com"),
    "Model": {
        "Type": "AWS::SageMaker::Model",
        "Properties": {
            "ModelName": "embed",
            "ExecutionRoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
            "PrimaryContainer": {"Image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/tei:1"},
        },
    },
    "Configuration": {
        "Type": "AWS::SageMaker::EndpointConfig",
        "Properties": {
            "EndpointConfigName": "embed-config",
            "ProductionVariants": [
                {
                    "VariantName": "one",
                    "ModelName": {"Fn::GetAtt": ["Model", "ModelName"]},
                    "InitialInstanceCount": "2",
                    "InitialVariantWeight": 1,
                    "InstanceType": "ml.m5.large",
                }
            ],
        },
    },
    "Endpoint": {
        "Type": "AWS::SageMaker::Endpoint",
        "Properties": {
            "EndpointName": "Embed",
            "EndpointConfigName": {"Fn::GetAtt": ["Configuration", "EndpointConfigName"]},
        },
    },
}
SERVICES = ("bedrock", "es", "iam", "lambda", "opensearch", "sagemaker", "service-quotas")
# Service, operation, its arguments, and a part of the answer.
CALLS: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    (
        "opensearch",
        "DescribeInstanceTypeLimits",
        {"InstanceType": "t3.small.search", "EngineVersion": "OpenSearch_3.5"},
        {"LimitsByRole": {"data": {"InstanceLimits": {"InstanceCountLimits": {"MaximumInstanceCount": 10}}}}},
    ),
    (
        "es",
        "DescribeElasticsearchInstanceTypeLimits",
        {"InstanceType": "r6gd.large.elasticsearch", "ElasticsearchVersion": "7.10"},
        {"LimitsByRole": {"data": {"StorageTypes": []}}},
    ),
    (
        "service-quotas",
        "GetServiceQuota",
        {"ServiceCode": "es", "QuotaCode": "L-076D529E"},
        {"Quota": {"QuotaName": "Domains per Region", "Value": 100}},
    ),
    (
        "service-quotas",
        "ListServiceQuotas",
        {"ServiceCode": "lambda"},
        {"Quotas": [{"QuotaName": "Concurrent executions"}]},
    ),
    (
        "bedrock",
        "GetFoundationModelAvailability",
        {"modelId": "amazon.titan-embed-text-v2:0"},
        {"authorizationStatus": "AUTHORIZED", "agreementAvailability": {"status": "AVAILABLE"}},
    ),
    (
        "bedrock",
        "GetInferenceProfile",
        {"inferenceProfileIdentifier": "us.deepseek.r1-v1:0"},
        {"status": "ACTIVE", "inferenceProfileId": "us.deepseek.r1-v1:0"},
    ),
    ("bedrock", "ListFoundationModels", {}, {}),
    ("bedrock", "ListInferenceProfiles", {}, {}),
    ("lambda", "GetAccountSettings", {}, {"AccountUsage": {"FunctionCount": 0}}),
    ("es", "DescribeElasticsearchDomain", {"DomainName": NAME}, {"DomainStatus": {"DomainName": NAME}}),
    (
        "es",
        "DescribeElasticsearchDomain",
        {"DomainName": NAME},
        {
            "DomainStatus": {
                "ElasticsearchVersion": "OpenSearch_2.19",
                "ElasticsearchClusterConfig": {"InstanceType": "r5.large.elasticsearch", "InstanceCount": 4},
            }
        },
    ),
    ("es", "DescribeElasticsearchDomains", {"DomainNames": [NAME]}, {}),
    (
        "es",
        "DescribeElasticsearchDomainConfig",
        {"DomainName": NAME},
        {"DomainConfig": {"ElasticsearchClusterConfig": {"Options": {"InstanceType": "r5.large.elasticsearch"}}}},
    ),
    ("es", "ListDomainNames", {}, {"DomainNames": [{"DomainName": NAME, "EngineType": "OpenSearch"}]}),
    ("es", "ListElasticsearchVersions", {}, {}),
    ("es", "GetCompatibleElasticsearchVersions", {"DomainName": NAME}, {}),
    ("es", "DescribeDomainChangeProgress", {"DomainName": NAME}, {}),
    ("es", "ListTags", {"ARN": f"arn:aws:es:us-east-1:000000000000:domain/{NAME}"}, {}),
    ("opensearch", "DescribeDomain", {"DomainName": NAME}, {"DomainStatus": {"EngineVersion": "OpenSearch_2.19"}}),
    ("opensearch", "DescribeDomains", {"DomainNames": [NAME]}, {}),
    ("opensearch", "DescribeDomainConfig", {"DomainName": NAME}, {}),
    ("opensearch", "ListDomainNames", {}, {}),
    ("opensearch", "DescribeDomainChangeProgress", {"DomainName": NAME}, {}),
    (
        "opensearch",
        "DescribeDomainHealth",
        {"DomainName": NAME},
        {
            "DomainState": "Active",
            "ClusterHealth": "Yellow",
            "DataNodeCount": "4",
            "MasterEligibleNodeCount": "3",
            "AvailabilityZoneCount": "2",
            "TotalShards": "7",
            "TotalUnAssignedShards": "2",
        },
    ),
    ("sagemaker", "ListModels", {"NameContains": "emb"}, {"Models": [{"ModelName": "embed"}]}),
    ("sagemaker", "ListEndpointConfigs", {}, {}),
    ("sagemaker", "ListEndpoints", {"SortBy": "Name"}, {"Endpoints": [{"EndpointName": "standing"}, {}]}),
    ("sagemaker", "ListInferenceComponents", {}, {"InferenceComponents": []}),
    ("sagemaker", "DescribeModel", {"ModelName": "embed"}, {"ModelName": "embed"}),
    ("sagemaker", "DescribeEndpointConfig", {"EndpointConfigName": "embed-config"}, {}),
    (
        "sagemaker",
        "DescribeEndpoint",
        {"EndpointName": "Embed"},
        {"EndpointStatus": "InService", "ProductionVariants": [{"VariantName": "one", "CurrentInstanceCount": 2}]},
    ),
    ("sagemaker", "DescribeEndpoint", {"EndpointName": "standing"}, {"EndpointConfigName": "standing"}),
]


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with running(tmp_path_factory.mktemp("apis"), existing_endpoints=STANDING) as process:
        yield process


@pytest.fixture(scope="module")
def stack(cloud: Cloud) -> Iterator[Stack]:
    made = cloud.deploy(RESOURCES, {"Endpoint": {"Ref": "Endpoint"}})
    assert made.settled()["StackStatus"] == "CREATE_COMPLETE", made.reasons()
    yield made
    made.delete()
    assert cloud.client("sagemaker").list_endpoints()["Endpoints"][0]["EndpointName"] == "standing"


@pytest.fixture(scope="module")
def clients(cloud: Cloud, stack: Stack) -> dict[str, Any]:
    return {service: cloud.client(service) for service in SERVICES}


@pytest.mark.parametrize(("service", "operation", "arguments", "part"), CALLS)
def test_the_answer_has_the_shape_of_botocores_model(
    clients: dict[str, Any], service: str, operation: str, arguments: dict[str, Any], part: dict[str, Any]
) -> None:
    bodies: list[Any] = []
    client = clients[service]

    def keep(response_dict: dict[str, Any], **_: Any) -> None:
        bodies.append(response_dict["body"])

    event = f"before-parse.{service}.{operation}"
    client.meta.events.register(event, keep)
    client._make_api_call(operation, arguments)
    client.meta.events.unregister(event, keep)
    body = json.loads(bodies[0])
    assert faults(client.meta.service_model.operation_model(operation).output_shape, body) == []
    assert within(part, body), body


def within(part: Any, whole: Any) -> bool:
    if isinstance(part, dict):
        return all(key in whole and within(value, whole[key]) for key, value in part.items())
    if isinstance(part, list):
        return len(part) == len(whole) and all(within(a, b) for a, b in zip(part, whole, strict=True))
    return bool(part == whole)


@pytest.mark.parametrize(
    ("service", "operation", "arguments", "code"),
    [
        ("es", "DescribeElasticsearchDomain", {"DomainName": "absent"}, "ResourceNotFoundException"),
        ("es", "GetUpgradeStatus", {"DomainName": NAME}, "InvalidAction"),
        ("es", "DescribeReservedElasticsearchInstances", {}, "InvalidAction"),
        ("opensearch", "DescribeDomainHealth", {"DomainName": "absent"}, "ResourceNotFoundException"),
        ("sagemaker", "DescribeEndpoint", {"EndpointName": "absent"}, "ValidationException"),
        (
            "opensearch",
            "DescribeInstanceTypeLimits",
            {"InstanceType": "x9.large.search", "EngineVersion": "OpenSearch_3.5"},
            "InvalidTypeException",
        ),
        ("service-quotas", "GetServiceQuota", {"ServiceCode": "es", "QuotaCode": "L-1"}, "NoSuchResourceException"),
        ("service-quotas", "ListServiceQuotas", {"ServiceCode": "ec2"}, "NoSuchResourceException"),
        ("service-quotas", "ListServices", {}, "NotImplementedException"),
        ("bedrock", "GetFoundationModelAvailability", {"modelId": "amazon.titan-x"}, "ValidationException"),
        ("bedrock", "GetInferenceProfile", {"inferenceProfileIdentifier": "us.a.b"}, "ResourceNotFoundException"),
        (
            "iam",
            "SimulatePrincipalPolicy",
            {"PolicySourceArn": "arn:aws:iam::000000000000:role/absent", "ActionNames": ["s3:GetObject"]},
            "NoSuchEntity",
        ),
        (
            "iam",
            "SimulatePrincipalPolicy",
            {"PolicySourceArn": "arn:aws:sts::000000000000:assumed-role/a/b", "ActionNames": ["s3:GetObject"]},
            "InvalidInput",
        ),
        ("sagemaker", "ListTrainingJobs", {}, "NotImplementedException"),
    ],
)
def test_what_is_not_there_is_refused_by_name(
    clients: dict[str, Any], service: str, operation: str, arguments: dict[str, Any], code: str
) -> None:
    with pytest.raises(clients[service].exceptions.ClientError) as refused:
        clients[service]._make_api_call(operation, arguments)
    assert refused.value.response["Error"]["Code"] == code


def test_an_endpoint_is_referred_to_by_its_arn_in_small_letters(stack: Stack) -> None:
    assert stack.settled()["values"]["Endpoint"] == "arn:aws:sagemaker:us-east-1:000000000000:endpoint/embed"


def test_a_sagemaker_model_needs_a_role_that_sagemaker_may_assume(cloud: Cloud) -> None:
    model = {**RESOURCES["Model"], "Properties": {**RESOURCES["Model"]["Properties"], "ModelName": "unassumed"}}
    refused = cloud.deploy({"Role": role("lambda.amazonaws.com"), "Model": model})
    assert refused.settled()["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "Could not assume role" in refused.reasons()


def test_a_domain_of_2015_is_made_changed_and_deleted(clients: dict[str, Any]) -> None:
    es = clients["es"]
    made = es.create_elasticsearch_domain(
        DomainName="older",
        ElasticsearchVersion="7.10",
        ElasticsearchClusterConfig={"InstanceType": "r5.large.elasticsearch", "InstanceCount": 1},
        EBSOptions={"EBSEnabled": True, "VolumeSize": 10},
        AccessPolicies=json.dumps(POLICY),
    )["DomainStatus"]
    assert (made["ElasticsearchVersion"], made["ElasticsearchClusterConfig"]["InstanceType"]) == (
        "7.10",
        "r5.large.elasticsearch",
    )
    assert clients["opensearch"].describe_domain(DomainName="older")["DomainStatus"]["EngineVersion"] == (
        "Elasticsearch_7.10"
    )
    es.update_elasticsearch_domain_config(
        DomainName="older",
        ElasticsearchClusterConfig={"InstanceType": "r5.xlarge.elasticsearch", "InstanceCount": 1},
    )
    new = clients["opensearch"].describe_domain(DomainName="older")["DomainStatus"]["ClusterConfig"]
    assert new["InstanceType"] == "r5.xlarge.search"
    assert es.delete_elasticsearch_domain(DomainName="older")["DomainStatus"]["Deleted"]


def test_a_policy_about_one_domain_and_one_endpoint_allows_and_refuses(cloud: Cloud, stack: Stack) -> None:
    allowed = {
        "Action": ["es:DescribeElasticsearchDomain", "es:DescribeDomainHealth", "sagemaker:DescribeEndpoint"],
        "Resource": [
            f"arn:aws:es:us-east-1:000000000000:domain/{NAME}",
            "arn:aws:sagemaker:us-east-1:000000000000:endpoint/embed",
        ],
    }
    keys = cloud.caller("narrow", allowed)
    es, opensearch, sagemaker = (cloud.client(service, **keys) for service in ("es", "opensearch", "sagemaker"))
    assert es.describe_elasticsearch_domain(DomainName=NAME)
    assert opensearch.describe_domain_health(DomainName=NAME)
    assert sagemaker.describe_endpoint(EndpointName="Embed")
    refusals: list[tuple[Any, str, dict[str, str]]] = [
        (es, "DescribeElasticsearchDomain", {"DomainName": "another"}),
        (es, "ListDomainNames", {}),
        (sagemaker, "DescribeEndpoint", {"EndpointName": "standing"}),
        (sagemaker, "ListEndpoints", {}),
        (cloud.client("service-quotas", **keys), "ListServiceQuotas", {"ServiceCode": "es"}),
    ]
    for client, operation, arguments in refusals:
        with pytest.raises(ClientError) as refused:
            client._make_api_call(operation, arguments)
        assert refused.value.response["Error"]["Code"] == "AccessDeniedException"


def test_a_simulation_includes_the_policies_of_groups(cloud: Cloud) -> None:
    iam = cloud.client("iam")
    iam.create_user(UserName="member")
    policies = {"readers": "s3:GetObject", "writers": "s3:PutObject", "others": "s3:ListBucket"}
    for group, action in policies.items():
        iam.create_group(GroupName=group)
        policy = json.dumps({"Statement": {"Effect": "Allow", "Action": action, "Resource": "*"}})
        if group == "writers":
            arn = iam.create_policy(PolicyName="writing", PolicyDocument=policy)["Policy"]["Arn"]
            iam.attach_group_policy(GroupName=group, PolicyArn=arn)
        else:
            iam.put_group_policy(GroupName=group, PolicyName="own", PolicyDocument=policy)
    for group in ("readers", "writers"):
        iam.add_user_to_group(GroupName=group, UserName="member")

    def allowed(principal: str) -> list[str]:
        source = f"arn:aws:iam::000000000000:{principal}"
        answer = iam.simulate_principal_policy(PolicySourceArn=source, ActionNames=list(policies.values()))
        results = answer["EvaluationResults"]
        return [result["EvalActionName"] for result in results if result["EvalDecision"] == "allowed"]

    assert allowed("user/member") == ["s3:GetObject", "s3:PutObject"]
    assert [allowed(f"group/{group}") for group in policies] == [[action] for action in policies.values()]
    for missing in ("group/nobody", "group/member", "user/readers", "group/a/readers"):
        with pytest.raises(iam.exceptions.NoSuchEntityException):
            allowed(missing)
    deny = json.dumps({"Statement": {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}})
    iam.put_group_policy(GroupName="readers", PolicyName="no", PolicyDocument=deny)
    assert allowed("user/member") == []
    iam.remove_user_from_group(GroupName="readers", UserName="member")
    assert allowed("user/member") == ["s3:PutObject"]


def test_a_simulation_answers_for_each_action_on_each_resource(cloud: Cloud) -> None:
    iam = cloud.client("iam")
    iam.create_user(UserName="simulated")
    allowed = [
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::mine/*"},
        {"Effect": "Deny", "Action": "s3:DeleteObject", "Resource": "*"},
    ]
    iam.put_user_policy(UserName="simulated", PolicyName="own", PolicyDocument=json.dumps({"Statement": allowed}))
    answer = iam.simulate_principal_policy(
        PolicySourceArn="arn:aws:iam::000000000000:user/simulated",
        ActionNames=["s3:GetObject", "s3:DeleteObject"],
        ResourceArns=["arn:aws:s3:::mine/a", "arn:aws:s3:::theirs/a"],
    )
    assert {
        (result["EvalActionName"], result["EvalResourceName"][13:]): result["EvalDecision"]
        for result in answer["EvaluationResults"]
    } == {
        ("s3:GetObject", "mine/a"): "allowed",
        ("s3:GetObject", "theirs/a"): "implicitDeny",
        ("s3:DeleteObject", "mine/a"): "explicitDeny",
        ("s3:DeleteObject", "theirs/a"): "explicitDeny",
    }


@pytest.mark.parametrize("kind", ["user", "role"])
def test_a_simulation_keeps_within_the_permissions_boundary(cloud: Cloud, kind: str) -> None:
    """Source: IAM User Guide, "Permissions boundaries for IAM entities"; API Reference, EvaluationResult."""
    iam, name = cloud.client("iam"), f"bounded-{kind}"
    within = [{"Effect": "Allow", "Action": ["s3:Get*", "s3:Put*"], "Resource": "*"}]
    within.append({"Effect": "Deny", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::kept/*"})
    policy = json.dumps({"Version": "2012-10-17", "Statement": within})
    boundary = iam.create_policy(PolicyName=f"boundary-{kind}", PolicyDocument=policy)["Policy"]["Arn"]
    own = [{"Effect": "Allow", "Action": ["s3:PutObject", "s3:DeleteObject"], "Resource": "*"}]
    own_policy = json.dumps({"Version": "2012-10-17", "Statement": own})
    if kind == "user":
        iam.create_user(UserName=name, PermissionsBoundary=boundary)
        iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=own_policy)
    else:
        trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        trust_policy = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust_policy, PermissionsBoundary=boundary)
        iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=own_policy)

    def simulated() -> dict[tuple[str, str], tuple[str, bool | None]]:
        answer = iam.simulate_principal_policy(
            PolicySourceArn=f"arn:aws:iam::000000000000:{kind}/{name}",
            ActionNames=["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
            ResourceArns=["arn:aws:s3:::kept/a", "arn:aws:s3:::free/a"],
        )
        return {
            (result["EvalActionName"], result["EvalResourceName"][13:]): (
                result["EvalDecision"],
                result.get("PermissionsBoundaryDecisionDetail", {}).get("AllowedByPermissionsBoundary"),
            )
            for result in answer["EvaluationResults"]
        }

    assert simulated() == {
        ("s3:GetObject", "kept/a"): ("implicitDeny", True),
        ("s3:GetObject", "free/a"): ("implicitDeny", True),
        ("s3:PutObject", "kept/a"): ("explicitDeny", False),
        ("s3:PutObject", "free/a"): ("allowed", True),
        ("s3:DeleteObject", "kept/a"): ("implicitDeny", False),
        ("s3:DeleteObject", "free/a"): ("implicitDeny", False),
    }
    getattr(iam, f"delete_{kind}_permissions_boundary")(**{f"{kind.capitalize()}Name": name})
    assert {of: decision for (of, at), decision in simulated().items() if at == "free/a"} == {
        "s3:GetObject": ("implicitDeny", None),
        "s3:PutObject": ("allowed", None),
        "s3:DeleteObject": ("allowed", None),
    }
