"""The text of a CDK app of one's own. `$` begins what a choice fills in."""

from string import Template

APP = Template('''"""An OpenSearch domain with its models, its pipelines and its index."""

import aws_cdk as cdk
import opensearch_ml as ml
from aws_cdk import aws_opensearchservice as opensearch

NAME = $name
INDEX = "passages"
REMOVAL = cdk.RemovalPolicy.$removal

app = cdk.App()
stack = cdk.Stack(app, NAME)

# The domain, and the function that creates the objects in it.
provisioner = ml.Provisioner(stack, "Provisioner")
provisioner.role.apply_removal_policy(REMOVAL)
capacity = $capacity
domain = ml.SearchDomain(
    stack,
    "Domain",
    name=NAME,
    engine_version=$version,
    master=provisioner.role,
    capacity=capacity,
    ebs=ml.volume($gibibytes, $volume),
    zone_awareness=ml.zones($zones),
    removal_policy=REMOVAL,
)
provisioner.allow_requests(domain.arn)

# The models, and the roles with which the domain calls them.
$models
providers = $providers
roles = {
    id: ml.ConnectorRole(stack, f"{id}Role", domain_arn=domain.arn, provider=provider)
    for id, provider in providers.items()
}
passing = ml.PassRole(stack, "PassRole", provisioner=provisioner, roles=[*roles.values()])
policies = [role.policy for role in roles.values()]
target = ml.Target(
    endpoint=domain.endpoint,
    region=stack.region,
    provisioner=provisioner,
    after=(passing, *policies$endpoints),
)
mapping = ml.RoleMapping(
    stack, "Access", target=target, role="ml_full_access", backend_roles=[provisioner.role.role_arn]
)
trusted = ml.TrustedEndpoints(
    stack, "Trusted", target=target, patterns=[url for provider in providers.values() for url in provider.trusted]
)
trusted.node.add_dependency(mapping)

connectors = {
    id: ml.MlConnector(
        stack, f"{id}Connector", target=target, name=f"{NAME}-{id.lower()}", provider=provider, role=roles[id]
    )
    for id, provider in providers.items()
}
models = {}
for id, provider in providers.items():
    group = ml.MlModelGroup(stack, f"{id}Group", target=target, name=f"{NAME}-{id.lower()}")
    for first in (connectors[id], group):
        first.node.add_dependency(trusted)
    models[id] = ml.MlModel(
        stack,
        f"{id}Model",
        target=target,
        name=f"{NAME}-{id.lower()}",
        group=group,
        connector=connectors[id],
        probe=provider.probe,
    )
    # All models are removed before any connector.
    models[id].node.add_dependency(*connectors.values())

# The index. Documents are embedded as they arrive, questions as they are asked.
ingest = ml.IngestPipeline(
    stack, "IngestPipeline", target=target, name=f"{INDEX}-embedding", model=models["Embedding"]
)
search = ml.SearchPipeline(
    stack,
    "SearchPipeline",
    target=target,
    name=f"{INDEX}-search",
    embedding_model=models["Embedding"],
    answer_model=models.get("Answer"),
)
index = ml.VectorIndex(
    stack,
    "Index",
    target=target,
    name=INDEX,
    dimension=$dimension,
    engine=$engine,
    replicas=$replicas,
    pipeline=ingest,
    model=models["Embedding"],
    provider=embedding,
    removal_policy=REMOVAL,
)

# People of this account load and search documents with this role, if they may assume it.
operator = ml.OperatorRole(
    stack,
    "Operator",
    engine=ml.SearchEngine(domain.endpoint, domain_arn=domain.arn),
    name=NAME,
    index=INDEX,
)
rights = ml.SecurityRole(
    stack,
    "OperatorRights",
    target=target,
    name=f"{NAME}-operator",
    cluster=operator.CLUSTER,
    index=operator.INDEX,
    indexes=[INDEX],
    everywhere=operator.EVERYWHERE,
)
people = ml.RoleMapping(stack, "MapOperator", target=target, role=rights.name, backend_roles=[operator.arn])
people.node.add_dependency(rights)

outputs = {
    "DomainEndpoint": domain.endpoint,
    "IndexName": index.physical_id,
    "SearchPipelineName": search.physical_id,
    "OperatorRoleArn": operator.arn,
}
for id, value in outputs.items():
    cdk.CfnOutput(stack, id, value=value)

app.synth()
''')

README = Template("""# $title

An AWS CDK app on the construct library `opensearch-ml-constructs`:

$offers

```sh
python3 -m venv .venv
.venv/bin/pip install -r requirements.txt
npm install aws-cdk    # with Node.js 22 or 24
```

On one machine, without an AWS account: `pip install osml osml-sandbox`, then `osml up` in this folder. It starts the
local cloud and deploys the app there.

On AWS:

```sh
source .venv/bin/activate
npx cdk bootstrap    # once in an account and region
npx cdk deploy
```
$keys
The outputs name the endpoint, the index, the search pipeline and the role with which people of the account load and
search. Requests to the endpoint are signed with SigV4, service `es`.
""")

KEY = Template("""
Before the deploy on AWS, store the key of the model in Secrets Manager: the secret `$name` is a JSON object with the
key under `$key`.
""")

IGNORED = """.venv/
__pycache__/
cdk.out/
node_modules/
"""
