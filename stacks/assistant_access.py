"""What the functions of an environment may do on the search engine, whatever its kind."""

from __future__ import annotations

from aws_cdk import aws_iam as iam
from constructs import Construct

from opensearch_ml.engine.grantee import Grantee
from opensearch_ml.engine.target import Target
from opensearch_ml.providers.inline_credentials import READ
from opensearch_ml.resources.conversation_index import CONVERSATIONS
from opensearch_ml.resources.feedback_index import FEEDBACK
from opensearch_ml.resources.role_mapping import RoleMapping
from opensearch_ml.resources.security_role import SecurityRole
from settings import Environment
from stacks.assistant_needs import ASKED_IN, NEEDS
from stacks.index_names import physical_indexes
from stacks.search import SearchStack

GUESSED = (
    "A conversation's id is part of its path, the index of the day ends with its version's eight digits, and the "
    "six characters at a secret's end are Amazon's."
)


def grant_recognition(environment: Environment, function: Grantee) -> None:
    """Let `function` use Amazon Textract to recognise the text of scans, if `reading.scans` is set."""
    if environment.reading.scans:
        function.allow(
            iam.PolicyStatement(actions=["textract:DetectDocumentText"], resources=["*"]),
            wildcards="Amazon Textract has no resources, because each call contains its picture.",
        )


def grant_search(
    scope: Construct,
    environment: Environment,
    search: SearchStack,
    target: Target,
    function: Grantee,
    part: str,
    memory: bool = False,
) -> None:
    """Let `function` do what NEEDS lists for `part`, on the index of the environment and on no other.

    With `memory` conversations are in the engine's memory instead of an index.
    """
    need, index, engine = NEEDS[part], environment.index.name, search.engine
    if memory:
        need = need.with_memory() if part in ASKED_IN else need.without_conversations()
    feedback = environment.assistant.feedback if environment.assistant else None
    if feedback:
        need = need.with_feedback(part, texts=feedback.keep == "texts")
    if part in ASKED_IN and environment.compares_texts:
        need = need.with_vectors()
    index_versions = physical_indexes(environment)
    if search.collection:
        function.allow(search.collection.requests)
        search.collection.grant_index(function.role, need.collection, index=index)
    if engine.login:
        function.allow(iam.PolicyStatement(actions=[READ], resources=[engine.login.arn]))
    if engine.domain_arn:
        paths = {"es:ESHttpGet": need.gets, "es:ESHttpPost": need.posts, "es:ESHttpDelete": need.deletes}
        statements = [
            iam.PolicyStatement(
                actions=[action],
                resources=[
                    f"{engine.domain_arn}/{pattern.format(index=index, index_version=index_version)}"
                    for pattern in those
                    for index_version in (index_versions if "{index_version}" in pattern else index_versions[:1])
                ],
            )
            for action, those in paths.items()
            if those
        ]
        function.allow(*statements, wildcards=GUESSED)
        role = SecurityRole(
            scope,
            f"{part.title()}Role",
            target=target,
            name=f"{environment.prefix}-{part}",
            description=need.description,
            cluster=need.cluster,
            index=need.index,
            indexes=[index, *index_versions],
            more={
                name.format(index=index): actions
                for name, actions in ((CONVERSATIONS, need.conversations), (FEEDBACK, need.feedback))
                if actions
            },
        )
        mapping = RoleMapping(
            scope, f"Map{part.title()}", target=target, role=role.name, backend_roles=[function.role.role_arn]
        )
        mapping.node.add_dependency(role)
