"""Firewall: AWS WAF before a stage of API Gateway."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aws_cdk import aws_wafv2 as wafv2
from constructs import Construct

# The properties of a rule without its priority, which is its position in the list of rules.
Rule = dict[str, Any]
# Amazon's groups of rules, and whether they also check POST requests. Bodies are documents and questions, which may
# contain any text, such as `<script>` in a handbook. AWSManagedRulesCommonRuleSet also blocks bodies of more than 8 KB.
MANAGED = {
    "AWSManagedRulesAmazonIpReputationList": True,
    "AWSManagedRulesCommonRuleSet": False,
    "AWSManagedRulesKnownBadInputsRuleSet": False,
}

_POST = wafv2.CfnWebACL.StatementProperty(
    byte_match_statement=wafv2.CfnWebACL.ByteMatchStatementProperty(
        field_to_match=wafv2.CfnWebACL.FieldToMatchProperty(method={}),
        positional_constraint="EXACTLY",
        search_string="POST",
        text_transformations=[wafv2.CfnWebACL.TextTransformationProperty(priority=0, type="NONE")],
    )
)


class Firewall(Construct):
    """A web ACL in front of the API stage with the ARN `stage_arn`; what it refuses gets a 403.

    An address may send `rate` requests in five minutes. With `managed`, Amazon's list of bad addresses applies to all
    requests, and its rules against known attacks apply to all requests except POST. `networks` are CIDR ranges (IPv4 or
    IPv6), and `countries` are codes of two letters. If they are given, only requests from one of the networks and from
    one of the countries pass.

    Example::

        ask = ml.AssistantFunction(stack, "GuardedAsk", part="ask", variables={"ASSISTANT": "{}"})
        api = ml.AssistantApi(stack, "GuardedApi", name="guarded", stage="live", sign_in="iam")
        api.answer(ask.function, seconds=120)
        ml.Firewall(stack, "Firewall", name="guarded", stage_arn=api.api.deployment_stage.stage_arn)
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        stage_arn: str,
        rate: int = 2000,
        managed: bool = True,
        networks: Sequence[str] = (),
        countries: Sequence[str] = (),
    ) -> None:
        super().__init__(scope, id)
        self._name = name
        rules: list[Rule] = []
        if networks:
            rules.append(self._block("Networks", _none_of(self._sets(networks))))
        if countries:
            here = wafv2.CfnWebACL.GeoMatchStatementProperty(country_codes=list(countries))
            rules.append(
                self._block("Countries", _none_of([wafv2.CfnWebACL.StatementProperty(geo_match_statement=here)]))
            )
        limit = wafv2.CfnWebACL.RateBasedStatementProperty(aggregate_key_type="IP", limit=rate)
        rules.append(self._block("Rate", wafv2.CfnWebACL.StatementProperty(rate_based_statement=limit)))
        rules += [_managed(group, posts=posts) for group, posts in MANAGED.items() if managed]
        self.web_acl = wafv2.CfnWebACL(
            self,
            "WebAcl",
            name=name,
            scope="REGIONAL",
            default_action=wafv2.CfnWebACL.DefaultActionProperty(allow={}),
            visibility_config=_seen(name),
            rules=[wafv2.CfnWebACL.RuleProperty(priority=number, **rule) for number, rule in enumerate(rules)],
        )
        wafv2.CfnWebACLAssociation(self, "Association", resource_arn=stage_arn, web_acl_arn=self.web_acl.attr_arn)

    def _sets(self, networks: Sequence[str]) -> list[wafv2.CfnWebACL.StatementProperty]:
        """A statement for each IP version that occurs in `networks`, with its set of addresses."""
        statements = []
        for version, there in (("IPV4", "."), ("IPV6", ":")):
            if those := [network for network in networks if there in network]:
                addresses = wafv2.CfnIPSet(
                    self, version.title(), scope="REGIONAL", ip_address_version=version, addresses=those
                )
                reference = wafv2.CfnWebACL.IPSetReferenceStatementProperty(arn=addresses.attr_arn)
                statements.append(wafv2.CfnWebACL.StatementProperty(ip_set_reference_statement=reference))
        return statements

    def _block(self, name: str, statement: wafv2.CfnWebACL.StatementProperty) -> Rule:
        return {
            "name": name,
            "statement": statement,
            "action": wafv2.CfnWebACL.RuleActionProperty(block={}),
            "visibility_config": _seen(f"{self._name}-{name}"),
        }


def _none_of(statements: Sequence[wafv2.CfnWebACL.StatementProperty]) -> wafv2.CfnWebACL.StatementProperty:
    """A statement that is true for a request if none of `statements` is true for it."""
    any_of = statements[0]
    if len(statements) > 1:
        either = wafv2.CfnWebACL.OrStatementProperty(statements=list(statements))
        any_of = wafv2.CfnWebACL.StatementProperty(or_statement=either)
    return wafv2.CfnWebACL.StatementProperty(not_statement=wafv2.CfnWebACL.NotStatementProperty(statement=any_of))


def _managed(group: str, *, posts: bool) -> Rule:
    """The rule for one of Amazon's groups; without `posts` it does not check POST requests."""
    statement = wafv2.CfnWebACL.ManagedRuleGroupStatementProperty(
        vendor_name="AWS", name=group, scope_down_statement=None if posts else _none_of([_POST])
    )
    return {
        "name": group.removeprefix("AWSManagedRules"),
        "statement": wafv2.CfnWebACL.StatementProperty(managed_rule_group_statement=statement),
        "override_action": wafv2.CfnWebACL.OverrideActionProperty(none={}),
        "visibility_config": _seen(group),
    }


def _seen(metric: str) -> wafv2.CfnWebACL.VisibilityConfigProperty:
    """Metrics without sampled requests, because samples contain what people ask."""
    return wafv2.CfnWebACL.VisibilityConfigProperty(
        cloud_watch_metrics_enabled=True, metric_name=metric, sampled_requests_enabled=False
    )
