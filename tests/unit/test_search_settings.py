"""Valid settings of `search` for each kind, and the sentence for invalid ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from settings import SettingError, load
from settings.existing_domain import ExistingDomain
from settings.new_domain import NewDomain
from settings.self_managed import SelfManaged

ENVIRONMENTS = Path(__file__).resolve().parents[1] / "synth" / "environments"


def refused(directory: Path, text: str) -> str:
    (directory / "other.yaml").write_text(text)
    with pytest.raises(SettingError) as caught:
        load("other", directory)
    sentence = str(caught.value)
    assert "\n" not in sentence
    return sentence.removeprefix(f"{directory.name}/other.yaml: ")


def test_each_kind_is_read() -> None:
    vpc, guest, own = (load(name, ENVIRONMENTS).search for name in ("vpc", "guest", "own"))
    assert isinstance(vpc, NewDomain)
    assert isinstance(guest, ExistingDomain)
    assert isinstance(own, SelfManaged)
    assert (vpc.nodes, guest.nodes, own.nodes) == (3, None, None)
    assert (guest.name, own.port) == ("team", 9200)


@pytest.mark.parametrize(
    ("name", "before", "after", "sentence"),
    [
        (
            "vpc",
            "kind: domain",
            "kind: serverlos",
            "search.kind is 'serverlos', but can be 'domain', 'existing', 'self-managed' or 'serverless' only; "
            "set one of them.",
        ),
        (
            "vpc",
            "  kind: domain\n",
            "",
            "search.kind is missing; add it, one of domain, existing, self-managed, serverless.",
        ),
        (
            "vpc",
            "availability_zones: 3",
            "availability_zones: 1",
            "search: vpc.subnets has the length 3, but availability_zones is 1; a domain takes one subnet for each of "
            "its zones.",
        ),
        (
            "vpc",
            "[us-east-1a, us-east-1b, us-east-1c]",
            "[us-east-1a, us-east-1b]",
            "search.vpc: subnets has the length 3, and availability_zones 2; name the zone of each subnet, in the same "
            "order.",
        ),
        (
            "vpc",
            "us-east-1b,",
            "us-east-1a,",
            "search.vpc: two subnets lie in one zone; keep one subnet in each of availability_zones.",
        ),
        (
            "vpc",
            "us-east-1b,",
            "us-east-2b,",
            "search.vpc: availability_zones are of different regions; a VPC has one.",
        ),
        (
            "vpc",
            "subnet-0a1b2c3d4e5f6071b",
            "subnet-0a1b2c3d4e5f6071a",
            "search.vpc: a subnet is named twice in subnets; name each once.",
        ),
        (
            "vpc",
            "id: vpc-",
            "id: vpn-",
            "search.vpc.id is 'vpn-0a1b2c3d4e5f60718', but must look like vpc-0a1b2c3d4e5f60718.",
        ),
        (
            "vpc",
            "    route_tables: [rtb-0a1b2c3d4e5f60718]\n",
            "",
            "search.vpc: endpoints is 'create', but the gateway endpoint for S3 needs route_tables; set route_tables "
            "to those of the subnets, or endpoints to exist.",
        ),
        (
            "vpc",
            "endpoints: create",
            "endpoints: exist",
            "search.vpc: route_tables is for the endpoint made with endpoints: create; set that, or remove it.",
        ),
        (
            "vpc",
            "region: us-east-1\n",
            "region: us-east-2\n",
            "search.custom_endpoint.certificate_arn is in us-east-1, but region is 'us-east-2'; make them agree.",
        ),
        (
            "vpc",
            "  dedicated_masters: {instance_type: m7g.large.search, count: 3}\n",
            "",
            "search: standby needs dedicated masters; set dedicated_masters with count 3, or standby to false.",
        ),
        (
            "vpc",
            "instance_type: r7g.large.search",
            "instance_type: t3.medium.search",
            "search: standby does not run on t3.medium.search; set data_nodes.instance_type to r7g.large.search.",
        ),
        (
            "vpc",
            "standby: true",
            "standby: true\n  volume: {type: gp2}",
            "search: standby needs volumes of the type gp3, but volume.type is 'gp2'; set gp3.",
        ),
        (
            "vpc",
            "replicas: 2",
            "replicas: 1",
            "index.replicas is 1, but with search.standby an index has a multiple of 3 copies; set index.replicas to "
            "2.",
        ),
        (
            "vpc",
            "  dedicated_masters: {instance_type: m7g.large.search, count: 3}\n  ultrawarm: {count: 3}\n"
            "  availability_zones: 3\n  standby: true\n",
            "  ultrawarm: {count: 3}\n  availability_zones: 3\n",
            "search: ultrawarm needs dedicated masters; set dedicated_masters with count 3, or remove it.",
        ),
        (
            "vpc",
            "ultrawarm: {count: 3}",
            "ultrawarm: {count: 1}",
            "search.ultrawarm.count is 1, but must be 2 or more; set 2 or more.",
        ),
        (
            "guest",
            "vpc-team-abc123.us-east-1.",
            "vpc-team-abc123.eu-west-1.",
            "search: endpoint is in eu-west-1, but domain_arn in us-east-1; make them agree.",
        ),
        (
            "guest",
            "https://",
            "http://",
            "search.endpoint is 'http://vpc-team-abc123.us-east-1.es.amazonaws.com', but must look like "
            "https://search-team-abc123.us-east-1.es.amazonaws.com.",
        ),
        (
            "guest",
            "recipe: deepseek-api\n",
            "recipe: deepseek-api\nregion: us-west-2\n",
            "search.domain_arn is in us-east-1, but region is 'us-west-2'; make them agree.",
        ),
        (
            "guest",
            "recipe: deepseek-api\n",
            'recipe: deepseek-api\naccount: "444455556666"\n',
            "search.domain_arn is of the account 111122223333, but account is '444455556666'; deploy into the account "
            "of the domain.",
        ),
        (
            "guest",
            "  domain_arn: arn:aws:es:us-east-1:111122223333:domain/team\n",
            "",
            "search.domain_arn is missing; add it, for example arn:aws:es:us-east-1:111122223333:domain/team.",
        ),
        (
            "guest",
            "  vpc:",
            "  data_nodes: {}\n  vpc:",
            "search.data_nodes is not a setting; search has removal, log_retention, vpc, engine_version, "
            "vector_engine, kind, endpoint, domain_arn, admin_role, admins.",
        ),
        (
            "own",
            "example.com:9200",
            "example.com:92000",
            "search.endpoint: https://search.example.com:92000 has a port that does not exist; use one from 1 to "
            "65535.",
        ),
        (
            "own",
            "  vpc:",
            "  admins: []\n  vpc:",
            "search.admins is not a setting; search has removal, log_retention, vpc, engine_version, vector_engine, "
            "kind, endpoint, login, model_keys, key_revision.",
        ),
        (
            "own",
            "us-east-1a]",
            "us-east-1a]\nregion: eu-west-1",
            "search.login.arn is in us-east-1, but region is 'eu-west-1'; make them agree.",
        ),
    ],
)
def test_wrong_settings(tmp_path: Path, name: str, before: str, after: str, sentence: str) -> None:
    text = (ENVIRONMENTS / f"{name}.yaml").read_text()
    assert before in text
    assert refused(tmp_path, text.replace(before, after, 1)) == sentence


def test_a_password_in_the_place_of_its_secret_is_not_repeated(tmp_path: Path) -> None:
    text = (ENVIRONMENTS / "own.yaml").read_text()
    for part in ("login", "models"):
        arn = f"arn:aws:secretsmanager:us-east-1:111122223333:secret:osml/own/{part}-AbCdEf"
        assert "hush-hush" not in refused(tmp_path, text.replace(arn, "hush-hush"))
