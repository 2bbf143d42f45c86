"""Every cause that the doctor names, with its fix; each has a section in docs/troubleshooting.md.

`{options}` are the options that select the same environment, `{file}` is its settings file, `{deploy}` the command
that deploys it, `{repair}` the command that also restores objects that somebody deleted or changed.
"""

from osml.doctor.checks.verdict import Complaint
from osml.place import Place

# Characters of a cause. The engine's errors quote request bodies with all their passages.
LONGEST = 600

FIXES = {
    "no-credentials": "Sign in (`aws sso login`, `aws configure`, or set AWS_PROFILE), then run this again.",
    "no-network": "Connect this machine to the network (HTTPS_PROXY, if there is a proxy), then run this again.",
    "wrong-account": "Choose a profile of that account (AWS_PROFILE), or correct `account` in {file}.",
    "no-region": "Set `region` in {file}, or AWS_REGION.",
    "model-access-denied": "Request access in the Bedrock console of that region, or set another model in {file}.",
    "model-not-subscribed": "Ask an administrator to call the model once in that region, in the playground of the "
    "Bedrock console or with `aws bedrock-runtime converse`, which subscribes the account; then {deploy}.",
    "model-unknown": "Set an existing model of the provider in {file}, then {deploy}.",
    "end-of-life": "Set a newer one in {file} before that date, then {deploy}; for a runtime, install a newer osml.",
    "quota-exceeded": "Raise the quota in Service Quotas, or set a smaller instance in {file}; then {deploy}.",
    "endpoint-not-in-service": "Repair the endpoint, or correct its name in {file}; then {deploy}.",
    "model-starting": "Try again later; to keep it running, set its scaling.minimum to 1 in {file}, then {deploy}.",
    "instance-not-offered": "Set an instance type and a volume that Amazon offers in {file}, then {deploy}.",
    "not-bootstrapped": "Run `npx cdk bootstrap` for the account and region, then {deploy}.",
    "name-taken": "Remove the resource with this name, or rename the environment file; then {deploy}.",
    "deploy-not-allowed": "Allow the action in the role's policies, then {deploy}.",
    "concurrency-too-low": "Raise the quota 'Concurrent executions' of Lambda in Service Quotas, then {deploy}.",
    "log-policies-full": "Set `search.log_policy: exist` in {file}, then {deploy}.",
    "service-role-missing": "Run `aws iam create-service-linked-role --aws-service-name "
    "opensearchservice.amazonaws.com` once in the account, then {deploy}.",
    "key-unusable": "Name an enabled symmetric key in `encryption.key` of {file}, then {deploy}.",
    "not-deployed": "Run {deploy}.",
    "deploy-failed": "Fix the reason above, then {deploy}.",
    "engine-unreachable": "Check that the domain is active and reachable from this machine (VPC, security group, DNS).",
    "operator-role-denied": "Allow your identity sts:AssumeRole on the operator role.",
    "request-not-allowed": "Allow that action in the role's IAM policy and in the domain's access policy.",
    "role-mapping-missing": "Run {repair}, which restores it.",
    "pass-role-missing": "Grant the provisioner's role iam:PassRole on the connector's role, then {deploy}.",
    "role-not-assumable": "Let the connector's role trust es.amazonaws.com, then {deploy}.",
    "endpoint-not-trusted": "Run {repair}, which restores the pattern in the cluster's trusted endpoints.",
    "private-address": "Use a public address, because a managed domain calls only public addresses.",
    "secret-missing": "Store the key with `osml secret set {options}`, then {deploy}.",
    "secret-key-missing": "Store the key with `osml secret set {options}`, then {deploy}.",
    "key-refused": "Store a key that the provider accepts: `osml secret set {options}`.",
    "key-not-taken-over": "Wait: the keeper applies the new key within minutes. Without a keeper, change `timeouts` in "
    "{file} by a second, then {deploy}.",
    "model-call-denied": "Allow the connector's role to invoke the model, then run this again.",
    "model-missing": "Run {repair}, which creates the model again and updates all references to it.",
    "model-not-deployed": "Run {repair}, or wait: a keeper deploys it within minutes.",
    "throttled": "Raise the provider's quota or run more instances; until then set a smaller `index.batch_size` in "
    "{file}. `osml ingest` retries throttled documents, and names each document that it could not load.",
    "endpoint-too-slow": "Raise `timeouts` in {file}, or make the endpoint faster; then {deploy}.",
    "connections-exhausted": "Raise max_connection of the connector (client_config), or send fewer requests at once.",
    "model-failed": "See the provider's log and status page.",
    "pipeline-missing": "Run {repair}, which creates the pipeline again. Then reload documents that were loaded in "
    "the meantime.",
    "object-missing": "Run {repair}, which creates it again and updates all references to it.",
    "object-changed": "Run {repair} to undo the change, or put the change into {file}, then {deploy}.",
    "not-ours": "Ask an administrator of the engine (`search.admins`) to remove the object, or to restore the mark "
    "in its description; then run {repair}.",
    "index-missing": "Run {repair}, which creates the index again, then load the documents again.",
    "index-unreadable": "Run {repair}, which rewrites the segments; a keeper does it within minutes. To fix it "
    "permanently, use OpenSearch 3.6 or newer; or set another `index.name` in {file}, then {deploy} and load again.",
    "field-unknown": "Use a field that documents have.",
    "index-empty": "Load documents: `osml ingest FILE {options}`.",
    "dimension-mismatch": "Set another `index.name` in {file}, then {deploy}, and load the documents again.",
    "request-body-broken": "Remove `no_escape_params` from `answer.connector` in {file}, because it stops the engine "
    "from escaping texts in the body; then {deploy}.",
    "answer-not-understood": "Correct `answer.llm_model` or `answer.llm_response_field` in {file} to match the "
    "model's output; then {deploy}.",
    "question-failed": "The message above comes from the engine. See the domain's error log.",
    "unexplained": "Follow the message above, then run this again.",
}


def named(cause: str | None, otherwise: str) -> str:
    """The name of an error's `cause`; `otherwise` if it is unknown here."""
    return otherwise if cause is None or cause == "unexplained" or cause not in FIXES else cause


def complaint(place: Place, name: str, cause: str, fix: str | None = None) -> Complaint:
    """The complaint `name`, with its usual fix or a more specific `fix`; a long `cause` is shortened."""
    file, deploy = place.file, f"`osml deploy {place.options}`"
    repair = f"`osml deploy {place.options} --repair`"
    shown = " ".join(cause.split()).rstrip(".")
    shown = shown if len(shown) <= LONGEST else f"{shown[:LONGEST]}…"
    return Complaint(
        name, shown, fix or FIXES[name].format(options=place.options, file=file, deploy=deploy, repair=repair)
    )
