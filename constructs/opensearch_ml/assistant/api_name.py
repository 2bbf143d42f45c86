"""ApiName: your own host name for a stage of API Gateway."""

from __future__ import annotations

from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_route53 as route53
from constructs import Construct


class ApiName(Construct):
    """Serves the API's stage at `https://<name>`, without the stage in the path; only TLS 1.2 and later is accepted.

    `certificate_arn` is the name's certificate in ACM, in the region of the stack. `target` is the host to which the
    name must point. With `hosted_zone_id`, a public hosted zone, the record is created; otherwise you create a CNAME
    record.

    Example::

        ask = ml.AssistantFunction(stack, "NamedAsk", part="ask", variables={"ASSISTANT": "{}"})
        api = ml.AssistantApi(stack, "NamedApi", name="named", stage="live", sign_in="iam")
        api.answer(ask.function, seconds=120)
        certificate = "arn:aws:acm:us-east-1:111122223333:certificate/01234567-89ab-cdef-0123-456789abcdef"
        ml.ApiName(stack, "Name", api=api.api, name="help.example.com", certificate_arn=certificate)
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        api: apigateway.RestApi,
        name: str,
        certificate_arn: str,
        hosted_zone_id: str | None = None,
    ) -> None:
        super().__init__(scope, id)
        domain = apigateway.DomainName(
            self,
            "Domain",
            domain_name=name,
            certificate=acm.Certificate.from_certificate_arn(self, "Certificate", certificate_arn),
            endpoint_type=apigateway.EndpointType.REGIONAL,
            security_policy=apigateway.SecurityPolicy.TLS_1_2,
        )
        domain.add_base_path_mapping(api, stage=api.deployment_stage)
        self.url = f"https://{name}"
        self.target = domain.domain_name_alias_domain_name
        if hosted_zone_id:
            route53.CfnRecordSet(
                self,
                "Record",
                hosted_zone_id=hosted_zone_id,
                name=name,
                type="A",
                alias_target=route53.CfnRecordSet.AliasTargetProperty(
                    dns_name=domain.domain_name_alias_domain_name,
                    hosted_zone_id=domain.domain_name_alias_hosted_zone_id,
                ),
            )
