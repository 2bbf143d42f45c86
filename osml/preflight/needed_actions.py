"""The actions with which CloudFormation creates each type of the templates.

They are only the actions without which no resource of the type is created. `tests/synth/test_preflight.py` compares the
types with all templates, and the actions with AWS's service authorization reference. `{name}` is the name in the
template, or else one that CloudFormation generates, which begins with the stack's name.
"""

from collections.abc import Sequence

Needed = tuple[Sequence[str], str]
HERE = "{region}:{account}"

NEEDED: dict[str, Needed] = {
    "AWS::ApiGateway::": (("apigateway:POST", "apigateway:PATCH", "apigateway:PUT"), "apigateway:{region}::/restapis"),
    "AWS::ApplicationAutoScaling::": (
        ("application-autoscaling:RegisterScalableTarget", "application-autoscaling:PutScalingPolicy"),
        f"application-autoscaling:{HERE}:scalable-target/*",
    ),
    "AWS::Budgets::Budget": (("budgets:ModifyBudget",), "budgets::{account}:budget/{name}"),
    "AWS::CloudWatch::Alarm": (("cloudwatch:PutMetricAlarm",), f"cloudwatch:{HERE}:alarm:{{name}}"),
    "AWS::CloudWatch::Dashboard": (("cloudwatch:PutDashboard",), "cloudwatch::{account}:dashboard/{name}"),
    "AWS::CodeBuild::Project": (("codebuild:CreateProject",), f"codebuild:{HERE}:project/{{name}}"),
    "AWS::CodePipeline::Pipeline": (("codepipeline:CreatePipeline",), f"codepipeline:{HERE}:{{name}}"),
    "AWS::Cognito::UserPool": (("cognito-idp:CreateUserPool",), "*"),
    "AWS::Cognito::UserPoolClient": (
        ("cognito-idp:CreateUserPoolClient",),
        f"cognito-idp:{HERE}:userpool/{{region}}_*",
    ),
    "AWS::Cognito::UserPoolResourceServer": (
        ("cognito-idp:CreateResourceServer",),
        f"cognito-idp:{HERE}:userpool/{{region}}_*",
    ),
    "AWS::Cognito::UserPoolDomain": (
        ("cognito-idp:CreateUserPoolDomain",),
        f"cognito-idp:{HERE}:userpool/{{region}}_*",
    ),
    "AWS::Cognito::ManagedLoginBranding": (
        ("cognito-idp:CreateManagedLoginBranding",),
        f"cognito-idp:{HERE}:userpool/{{region}}_*",
    ),
    "AWS::DynamoDB::Table": (("dynamodb:CreateTable",), f"dynamodb:{HERE}:table/{{name}}"),
    "AWS::EC2::SecurityGroup": (("ec2:CreateSecurityGroup",), f"ec2:{HERE}:security-group/*"),
    "AWS::EC2::SecurityGroupEgress": (("ec2:AuthorizeSecurityGroupEgress",), f"ec2:{HERE}:security-group/*"),
    "AWS::EC2::SecurityGroupIngress": (("ec2:AuthorizeSecurityGroupIngress",), f"ec2:{HERE}:security-group/*"),
    "AWS::EC2::VPCEndpoint": (("ec2:CreateVpcEndpoint",), f"ec2:{HERE}:vpc-endpoint/*"),
    "AWS::Events::Rule": (("events:PutRule", "events:PutTargets"), f"events:{HERE}:rule/{{name}}"),
    "AWS::IAM::Policy": (("iam:PutRolePolicy",), "iam::{account}:role/{name}"),
    "AWS::IAM::Role": (("iam:CreateRole", "iam:PassRole"), "iam::{account}:role/{name}"),
    "AWS::Lambda::": (("lambda:CreateFunction", "lambda:AddPermission"), f"lambda:{HERE}:function:{{name}}"),
    "AWS::Lambda::Alias": (("lambda:CreateAlias",), f"lambda:{HERE}:function:{{name}}"),
    "AWS::Lambda::EventSourceMapping": (("lambda:CreateEventSourceMapping",), "*"),
    "AWS::Logs::LogGroup": (("logs:CreateLogGroup", "logs:PutRetentionPolicy"), f"logs:{HERE}:log-group:{{name}}"),
    "AWS::Logs::ResourcePolicy": (("logs:PutResourcePolicy",), "*"),
    "AWS::OSIS::Pipeline": (("osis:CreatePipeline",), "*"),
    "AWS::OpenSearchServerless::AccessPolicy": (("aoss:CreateAccessPolicy",), "*"),
    "AWS::OpenSearchServerless::Collection": (("aoss:CreateCollection",), "*"),
    "AWS::OpenSearchServerless::CollectionGroup": (("aoss:CreateCollectionGroup",), "*"),
    "AWS::OpenSearchServerless::SecurityPolicy": (("aoss:CreateSecurityPolicy",), "*"),
    "AWS::OpenSearchServerless::VpcEndpoint": (("aoss:CreateVpcEndpoint",), "*"),
    "AWS::OpenSearchService::Domain": (("es:CreateDomain",), f"es:{HERE}:domain/{{name}}"),
    "AWS::S3::Bucket": (("s3:CreateBucket",), "s3:::{name}"),
    "AWS::S3::BucketPolicy": (("s3:PutBucketPolicy",), "s3:::{name}"),
    "AWS::SNS::Subscription": (("sns:Subscribe",), f"sns:{HERE}:{{name}}"),
    "AWS::SNS::Topic": (("sns:CreateTopic",), f"sns:{HERE}:{{name}}"),
    "AWS::SNS::TopicPolicy": (("sns:SetTopicAttributes",), f"sns:{HERE}:{{name}}"),
    "AWS::SQS::Queue": (("sqs:CreateQueue",), f"sqs:{HERE}:{{name}}"),
    "AWS::SQS::QueuePolicy": (("sqs:SetQueueAttributes",), f"sqs:{HERE}:{{name}}"),
    "AWS::SSM::Parameter": (("ssm:PutParameter",), f"ssm:{HERE}:parameter{{name}}"),
    "AWS::SageMaker::Endpoint": (("sagemaker:CreateEndpoint",), f"sagemaker:{HERE}:endpoint/{{name}}"),
    "AWS::SageMaker::EndpointConfig": (
        ("sagemaker:CreateEndpointConfig",),
        f"sagemaker:{HERE}:endpoint-config/{{name}}",
    ),
    "AWS::SageMaker::InferenceComponent": (
        ("sagemaker:CreateInferenceComponent",),
        f"sagemaker:{HERE}:inference-component/{{name}}",
    ),
    "AWS::SageMaker::Model": (("sagemaker:CreateModel",), f"sagemaker:{HERE}:model/{{name}}"),
    "AWS::SecretsManager::Secret": (("secretsmanager:CreateSecret",), f"secretsmanager:{HERE}:secret:{{name}}"),
    "AWS::WAFv2::": (("wafv2:CreateWebACL",), f"wafv2:{HERE}:regional/webacl/{{name}}/*"),
    "AWS::WAFv2::WebACLAssociation": (("wafv2:AssociateWebACL",), f"wafv2:{HERE}:regional/webacl/{{name}}/*"),
    "Custom::": (("lambda:InvokeFunction",), f"lambda:{HERE}:function:{{name}}"),
}


def needed(type: str) -> Needed | None:
    """The actions and the form of an ARN for the type, or for the longest matching prefix such as `AWS::Lambda::`."""
    rows = [row for row in NEEDED if type == row or (row.endswith("::") and type.startswith(row))]
    return NEEDED[max(rows, key=len)] if rows else None
