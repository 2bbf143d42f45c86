"""CloudFormation's import of existing resources into a stack, and Cloud Control's GetResource, for further types.

MiniStack 1.5.33 imports queues, tables, buckets, roles and a few other types. Its Cloud Control knows only resources
that it has made itself. This module adds the other types that an environment keeps.
"""

import json
from collections.abc import Callable
from typing import Any

from ministack.services import (
    cloudcontrol,
    cloudwatch_logs,
    cognito,
    ec2,
    opensearch,
    opensearchserverless,
    secretsmanager,
)
from ministack.services.cloudformation import changesets, provisioners

from sandbox.cloud import collection_records, collection_types
from sandbox.cloud.template import Properties

Identifier = dict[str, str]
Imported = tuple[str, Properties]
_SERVERLESS = collection_types.SERVICE


def install() -> None:
    """Registers how each type is looked up and imported; once per process, after the types are registered."""
    for type, (keys, reader) in _TYPES.items():
        changesets._IMPORT_LOOKUPS[type] = (keys, _problem(type, keys, reader))
        provisioners._RESOURCE_HANDLERS[type]["import"] = _taking(reader)
    cloudcontrol._get_resource = _reading(cloudcontrol._get_resource)


def _problem(type: str, keys: tuple[str, ...], reader: Callable[[Identifier], Imported | None]) -> Callable[..., Any]:
    def problem(*values: str) -> str | None:
        named = dict(zip(keys, values, strict=True))
        return (
            None if reader(named) else f"Resource of type '{type}' with identifier '{'|'.join(values)}' was not found."
        )

    return problem


def _taking(reader: Callable[[Identifier], Imported | None]) -> Callable[[Identifier], Imported]:
    def take(named: Identifier) -> Imported:
        taken = reader(named)
        if taken is None:
            raise ValueError(f"{'|'.join(named.values())} was not found.")
        return taken

    return take


def _reading(read: Callable[[Properties], Any]) -> Callable[[Properties], Any]:
    def _get_resource(data: Properties) -> Any:
        type, values = str(data.get("TypeName")), str(data.get("Identifier")).split("|")
        keys, problem = changesets._IMPORT_LOOKUPS.get(type, ((), None))
        if problem is None or len(keys) != len(values):
            return read(data)
        refusal = problem(*values)
        if refusal is not None:
            return cloudcontrol.error_response_json("ResourceNotFoundException", refusal, 400)
        described = {"Identifier": data["Identifier"], "Properties": json.dumps(dict(zip(keys, values, strict=True)))}
        return cloudcontrol.json_response({"TypeName": type, "ResourceDescription": described})

    return _get_resource


def _domain(named: Identifier) -> Imported | None:
    record = opensearch._domains.get(named["DomainName"])
    return (named["DomainName"], provisioners._opensearch_attributes(record)) if record else None


def _secret(named: Identifier) -> Imported | None:
    name, record = secretsmanager._resolve(named["Id"])
    return (named["Id"], {"Id": record["ARN"], "Arn": record["ARN"]}) if name and record else None


def _sign_in_domain(named: Identifier) -> Imported | None:
    domain = named["Domain"]
    if cognito._pool_domain_map.get(domain) != named["UserPoolId"]:
        return None
    return domain, provisioners._cognito_user_pool_domain_attributes(domain)


def _security_group(named: Identifier) -> Imported | None:
    record = ec2._security_groups.get(named["Id"])
    return (named["Id"], {"GroupId": named["Id"], "VpcId": record["VpcId"]}) if record else None


def _log_policy(named: Identifier) -> Imported | None:
    kept = cloudwatch_logs._resource_policies
    return (named["PolicyName"], {}) if named["PolicyName"] in kept else None


def _collection(named: Identifier) -> Imported | None:
    known = named["Id"] in opensearchserverless._collections
    return collection_types._described(named["Id"]) if known else None


def _collection_group(named: Identifier) -> Imported | None:
    record = collection_records.GROUPS.get(named["Id"])
    return (record["id"], {"Id": record["id"], "Arn": record["arn"]}) if record else None


def _security_policy(named: Identifier) -> Imported | None:
    known = f"{named['Type']}/{named['Name']}" in opensearchserverless._security_policies
    return (f"{named['Type']}|{named['Name']}", {}) if known else None


def _endpoint(named: Identifier) -> Imported | None:
    return (named["Id"], {"Id": named["Id"]}) if named["Id"] in collection_records.VPC_ENDPOINTS else None


_TYPES: dict[str, tuple[tuple[str, ...], Callable[[Identifier], Imported | None]]] = {
    "AWS::OpenSearchService::Domain": (("DomainName",), _domain),
    "AWS::SecretsManager::Secret": (("Id",), _secret),
    "AWS::Cognito::UserPoolDomain": (("UserPoolId", "Domain"), _sign_in_domain),
    "AWS::EC2::SecurityGroup": (("Id",), _security_group),
    "AWS::Logs::ResourcePolicy": (("PolicyName",), _log_policy),
    f"{_SERVERLESS}::Collection": (("Id",), _collection),
    f"{_SERVERLESS}::CollectionGroup": (("Id",), _collection_group),
    f"{_SERVERLESS}::SecurityPolicy": (("Type", "Name"), _security_policy),
    f"{_SERVERLESS}::VpcEndpoint": (("Id",), _endpoint),
}
