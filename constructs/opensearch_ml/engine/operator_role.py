"""OperatorRole: the role that users of the account assume to search, ask, load, evaluate and see the state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aws_cdk import aws_iam as iam
from constructs import Construct

from opensearch_ml.engine.grantee import Grantee
from opensearch_ml.engine.search_engine import SearchEngine
from opensearch_ml.providers.inline_credentials import READ
from opensearch_ml.resources.conversation_index import CONVERSATIONS
from opensearch_ml.resources.feedback_index import FEEDBACK
from opensearch_ml.resources.index_version import every_version

ML = "cluster:admin/opensearch/ml"
# `{index}` is the index, `{versions}` each of its versions.
PATHS: Mapping[str, Sequence[str]] = {
    "es:ESHttpGet": (
        "",
        "_cluster/settings",
        "_ingest/pipeline",
        "_ingest/pipeline/*",
        "_mapping",
        "_plugins/_ml/agents/*",
        "_plugins/_ml/connectors/*",
        "_plugins/_ml/memory/*",
        "_plugins/_ml/model_groups/*",
        "_plugins/_ml/models/*",
        "_plugins/_security/authinfo",
        "_search/pipeline",
        "_search/pipeline/*",
        "{index}",
        # The index and its versions in one request. IAM may see the comma and the `*` escaped or unescaped.
        "{index}*{index}-*",
        "{index}/_alias",
        "{index}/_count",
        "{index}/_settings",
        # The index of conversations itself, for the status; no path leads to a conversation.
        CONVERSATIONS,
        "{versions}",
    ),
    "es:ESHttpPost": (
        "_bulk",
        "_plugins/_ml/_predict/text_embedding/*",
        "_plugins/_ml/agents/_search",
        "_plugins/_ml/connectors/_search",
        "_plugins/_ml/memory",
        "_plugins/_ml/memory/*",
        "_plugins/_ml/model_groups/_search",
        "_plugins/_ml/models/*/_predict",
        "_plugins/_ml/models/_search",
        "{index}/_refresh",
        "{index}/_search",
        "{versions}/_search",
    ),
    "es:ESHttpPut": ("{index}/_settings",),
}
MARKED = "{versions}/_settings/index.search.default_pipeline"
JUDGED = f"{FEEDBACK}/_search"


class OperatorRole(Grantee):
    """A role that may send the requests of `PATHS` to the domain of `engine`; none of them changes permissions.

    On the engine the role also needs the permissions `CLUSTER`, `INDEX` and `EVERYWHERE`: a SecurityRole creates a role
    with them, and a RoleMapping gives that role to `arn`. For a self-managed engine the role may read the login
    instead. For a collection it has no permissions by itself.

    `versions` are names or patterns of the indexes behind `index`, by default those of its index versions. `name` is
    the domain's or the environment's name, for the description. With `marks` the role may also read which model embeds
    the questions to `index`, and with `feedback` it may list people's feedback on answers.

    `principals` are ARNs of IAM roles and users that may assume the role; they may contain `*`. Without any, every
    identity of this account may assume it if its own policies allow `sts:AssumeRole` on it. With `second_factor` the
    session of these identities must have begun with MFA.

    Example::

        operator = ml.OperatorRole(stack, "Operator", engine=engine, name="articles", index="articles")
        operator.grant_assume_role(iam.Role.from_role_name(stack, "Team", "search-team"))
        role = ml.SecurityRole(
            stack, "OperatorRights", target=target, name="articles-operator", indexes=["articles"],
            cluster=operator.CLUSTER, index=operator.INDEX, everywhere=operator.EVERYWHERE,
        )
        ml.RoleMapping(stack, "MapOperator", target=target, role=role.name, backend_roles=[operator.arn])
    """

    CLUSTER = (
        "cluster:admin/ingest/pipeline/get",
        *(
            f"{ML}/{kind}s/{verb}"
            for kind in ("agent", "connector", "model_group", "model")
            for verb in ("get", "search")
        ),
        *(f"{ML}/memory/conversation/{verb}" for verb in ("create", "get", "interaction/search")),
        *(f"{ML}/memory/interaction/{verb}" for verb in ("create", "list")),
        f"{ML}/predict",
        "cluster:admin/search/pipeline/get",
        "cluster:monitor/main",
        "cluster:monitor/state",
        "indices:data/write/bulk",
    )
    INDEX = (
        "indices:admin/aliases/get",
        "indices:admin/refresh*",
        "indices:admin/settings/update",
        "indices:data/read/search*",
        *(f"indices:data/write/{verb}*" for verb in ("bulk", "delete", "index")),
        "indices:monitor/settings/get",
    )
    # Permissions on the index of feedback, if there is one.
    FEEDBACK = ("indices:data/read/search*",)
    # The status reads the marks of all environments on the engine, and lists versions of the index by a pattern that
    # other names also match. These permissions read names, fields and settings of indexes, and no document.
    EVERYWHERE = ("indices:admin/get", "indices:admin/mappings/get")

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        engine: SearchEngine,
        name: str,
        index: str,
        versions: Sequence[str] = (),
        principals: Sequence[str] = (),
        second_factor: bool = False,
        marks: bool = False,
        feedback: bool = False,
    ) -> None:
        super().__init__(scope, id)
        self.role = iam.Role(
            self,
            "Role",
            assumed_by=_trusted(principals, second_factor=second_factor),
            description=f"Searches, asks and ingests on the domain {name}"
            if engine.domain_arn
            else f"Searches, asks and ingests for {name}",
        )
        self.arn = self.role.role_arn
        if not engine.domain_arn and not engine.login:
            return
        self.policy = iam.Policy(self, "Policy", roles=[self.role])
        if engine.domain_arn:
            more = {"es:ESHttpGet": [MARKED] if marks else [], "es:ESHttpPost": [JUDGED] if feedback else []}
            self._allow_requests(engine.domain_arn, index, versions or (every_version(index),), more)
        if engine.login:
            self.allow(iam.PolicyStatement(actions=[READ], resources=[engine.login.arn]))

    def grant_assume_role(self, grantee: iam.IPrincipal) -> iam.Grant:
        """Let `grantee` assume the role."""
        return self.role.grant_assume_role(grantee)

    def _allow_requests(
        self, domain_arn: str, index: str, versions: Sequence[str], more: Mapping[str, Sequence[str]]
    ) -> None:
        statements = [
            iam.PolicyStatement(
                actions=[action],
                resources=[
                    f"{domain_arn}/{path.format(index=index, versions=version)}"
                    for path in (*paths, *more.get(action, ()))
                    for version in (versions if "{versions}" in path else versions[:1])
                ],
            )
            for action, paths in PATHS.items()
        ]
        self.allow(
            *statements,
            wildcards="The engine generates the ids of models, connectors and conversations, the status lists "
            "pipelines of other environments, and the name of an index version ends with eight digits.",
        )


def _trusted(principals: Sequence[str], *, second_factor: bool) -> iam.IPrincipal:
    """The accounts of `principals`, with a condition on their ARNs.

    As principals of the policy they would not do: IAM refuses one that does not exist yet, and does not recognize one
    that was deleted and created again.
    """
    conditions: dict[str, object] = {}
    if principals:
        conditions["ArnLike"] = {"aws:PrincipalArn": list(principals)}
    if second_factor:
        conditions["Bool"] = {"aws:MultiFactorAuthPresent": "true"}
    accounts = sorted({arn.split(":")[4] for arn in principals})
    roots = [iam.AccountPrincipal(account) for account in accounts] or [iam.AccountRootPrincipal()]
    trusted = [iam.PrincipalWithConditions(root, conditions) if conditions else root for root in roots]
    return trusted[0] if len(trusted) == 1 else iam.CompositePrincipal(*trusted)
