"""SearchStack: the search engine, the function that provisions it, and the role that people assume."""

from __future__ import annotations

import aws_cdk as cdk
from constructs import Construct, IDependable

from opensearch_ml.engine.index_access import IndexAccess
from opensearch_ml.engine.log_retention import RETENTION
from opensearch_ml.engine.network import Network
from opensearch_ml.engine.operator_role import OperatorRole
from opensearch_ml.engine.provisioner import Provisioner
from opensearch_ml.engine.search_engine import SearchEngine
from opensearch_ml.engine.snapshot_bucket import SnapshotBucket
from opensearch_ml.engine.target import Target
from opensearch_ml.engine.used_collection import CollectionGrants, UsedCollection
from opensearch_ml.providers.secret_keys import SecretKeys
from settings import Environment
from settings.environment import backup_name_of
from settings.existing_domain import ExistingDomain
from settings.new_domain import NewDomain
from settings.self_managed import SelfManaged
from settings.serverless import Serverless
from stacks.alarm_topic import make_topic
from stacks.budget import make_budget
from stacks.dashboard import dashboard
from stacks.environment_stack import EnvironmentStack
from stacks.index_names import physical_indexes
from stacks.new_collection import new_collection
from stacks.new_domain import new_domain


class SearchStack(EnvironmentStack):
    """`engine`, `provisioner` and `operator` of one environment, whatever its `search.kind`.

    `collection` is the engine if its kind is serverless. `network` is the VPC in which the engine is reached, if any.
    """

    def __init__(self, scope: Construct, environment: Environment) -> None:
        super().__init__(scope, environment, "search", "Search domain and what provisions it")
        search = environment.search
        network = self._network(environment)
        self.provisioner = Provisioner(
            self,
            "Provisioner",
            timeout=cdk.Duration.seconds(environment.timeouts.provisioning),
            log_retention=RETENTION[search.log_retention],
            removal_policy=self.removal,
            # The owner of an existing domain names this role in a trust policy or a role mapping, so its name is fixed.
            role_name=f"{environment.prefix}-provisioner" if isinstance(search, ExistingDomain) else None,
            network=network,
            prefix=environment.prefix,
            administrators=search.admins if isinstance(search, NewDomain | ExistingDomain) else (),
        )
        self.network = network
        self.collection: CollectionGrants | None = None
        self._access: IndexAccess | None = None
        self.engine = self._engine(environment, network)
        if self.engine.domain_arn:
            self.provisioner.allow_requests(self.engine.domain_arn)
            self.output("DomainName", environment.domain_name)
        if self.engine.admin_role:
            self.provisioner.allow_admin(self.engine.admin_role)
        if self.engine.login:
            self.provisioner.allow_login(self.engine.login.arn)
        operators, retrieval = environment.operators, environment.retrieval
        self.operator = OperatorRole(
            self,
            "Operator",
            engine=self.engine,
            name=environment.domain_name,
            index=environment.index.name,
            versions=physical_indexes(environment),
            principals=operators.principals,
            second_factor=operators.second_factor,
            # Whichever the model is: this stack must not depend on the recipe.
            marks=retrieval.earlier_questions > 0 or retrieval.marked_by_meaning > 0,
            feedback=bool(environment.assistant and environment.assistant.feedback),
        )
        self.backups: SnapshotBucket | None = None
        if environment.backup and self.engine.domain_arn:
            self.backups = SnapshotBucket(
                self,
                "Backup",
                name=environment.backup_name,
                domain_arn=self.engine.domain_arn,
                provisioner=self.provisioner,
                read=[backup_name_of(name) for name in environment.backup.restores],
                removal_policy=self.removal,
            )
        dashboard(self, environment, collection=self.collection)
        if environment.alarms and environment.alarms.address:
            make_topic(self, environment, environment.alarms.address)
        if environment.budget and environment.alarms:
            make_budget(self, environment, environment.budget, environment.alarms)

    def target(self, region: str, after: tuple[IDependable, ...]) -> Target:
        """The engine as a target of custom resources, which wait for `after`."""
        return Target(
            endpoint=self.engine.endpoint,
            region=region,
            provisioner=self.provisioner,
            service=self.engine.service,
            after=(*([self._access] if self._access else []), *after),
            admin_role=self.engine.admin_role,
            login=self.engine.login,
            data_policy=self._access.policy.name if self._access else None,
        )

    def _engine(self, environment: Environment, network: Network | None) -> SearchEngine:
        search = environment.search
        if isinstance(search, NewDomain):
            return new_domain(self, environment, search, master=self.provisioner.role, network=network)
        if isinstance(search, ExistingDomain):
            return SearchEngine(search.endpoint, domain_arn=search.domain_arn, admin_role=search.admin_role)
        if isinstance(search, Serverless):
            used = search.collection
            self.collection = (
                UsedCollection(self, "Search", name=used.name, arn=used.arn, endpoint=used.endpoint)
                if used
                else new_collection(self, environment, search, network=network)
            )
            self._access = self.provisioner.allow_collection(self.collection)
            return SearchEngine(self.collection.endpoint, service="aoss")
        login, keys = search.login, search.model_keys
        model_keys = {"access_key": keys.access_key_key, "secret_key": keys.secret_key_key} if keys else {}
        if keys and keys.session_token_key:
            model_keys["session_token"] = keys.session_token_key
        return SearchEngine(
            search.endpoint,
            login=SecretKeys(login.arn, {"username": login.username_key, "password": login.password_key}),
            model_keys=SecretKeys(keys.arn, model_keys) if keys else None,
            key_revision=search.key_revision,
        )

    def _network(self, environment: Environment) -> Network | None:
        search, vpc = environment.search, environment.search.vpc
        if vpc is None:
            return None
        network = Network(
            self,
            "Network",
            vpc_id=vpc.id,
            subnets=dict(zip(vpc.availability_zones, vpc.subnets, strict=True)),
            port=search.port if isinstance(search, SelfManaged) else 443,
            carried=() if environment.makes_engine else vpc.security_groups,
        )
        if vpc.endpoints == "create":
            network.make_endpoints(_called(environment), vpc.route_tables, vpc.cidrs)
        return network


def _called(environment: Environment) -> list[str]:
    """The AWS services that functions call from the VPC, without S3, which always has an endpoint.

    If a domain's calls go through the VPC, the services of its models are included.
    """
    search = environment.search
    models = [environment.embedding, *environment.answers.values()]
    services = list(dict.fromkeys(model.service for model in models if model.service))
    guarded = ["bedrock-runtime"] if environment.assistant and environment.assistant.bedrock_guardrail else []
    called = [*guarded, *(["textract"] if environment.reading.scans else [])]
    assistant = environment.assistant
    if assistant or environment.drop or environment.sources:
        # Large uploads are jobs in a queue, too.
        called.append("sqs")
    keyed = any(source.secret_settings for source in environment.sources.values())
    if isinstance(search, SelfManaged) or keyed or (environment.keeper and environment.secrets):
        called.append("secretsmanager")
    if isinstance(search, Serverless):
        return list(dict.fromkeys(["dynamodb", *services, *called]))
    if assistant and (assistant.quota or assistant.cache or assistant.prompts):
        called.append("dynamodb")
    if isinstance(search, ExistingDomain) and search.admin_role:
        called.append("sts")
    if environment.keeper:
        called += ["cloudformation", "ssm"]
    answers = environment.answers.values() if environment.streams else ()
    called += [model.service for model in answers if model.service]
    if search.vpc and search.vpc.egress == "vpc":
        retrieval = environment.retrieval
        services += ["bedrock-runtime"] if retrieval.rerank else []
        services += ["sagemaker.runtime"] if retrieval.hybrid and retrieval.hybrid.sparse else []
        called += services
    return list(dict.fromkeys(called))
