"""When a secret got its current value. The value itself is not read."""

import boto3


def changed_at(arn: str) -> float:
    """The time of the last change, also of a tag, in seconds since 1970; raises botocore's errors.

    `arn` may lack the six random characters at its end.
    """
    client = boto3.client("secretsmanager", region_name=arn.split(":")[3])
    return client.describe_secret(SecretId=arn)["LastChangedDate"].timestamp()


def names(arn: str, name: str) -> bool:
    """Tell whether `name` is the complete `arn`, or that ARN without the hyphen and six characters at its end."""
    return name in (arn, arn[:-7])
