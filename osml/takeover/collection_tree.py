"""What belongs together around a collection: APIs, functions, roles and indexes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from calls.count_of import count_of
from osml.takeover.collection_contents import Holding
from osml.takeover.contents import Contents, owner_of
from osml.takeover.tree import Node, Tree
from osml.takeover.users import Account, Principal


@dataclass
class _Growing:
    contents: Contents
    holdings: dict[str, Holding]
    account: Account
    used: set[str] = field(default_factory=set)

    def indexes(self, principal: Principal) -> tuple[Node, ...]:
        names = [name for name in self.contents.indexes if principal.may_use(name)]
        self.used |= {*names}
        return tuple(_index(self.contents, self.holdings, name) for name in names)

    def function(self, name: str, principal: Principal) -> Node:
        endpoints = (Node("SageMaker endpoint", each, each) for each in self.account.endpoints(name))
        return Node("function", name, name, uses=(*self.indexes(principal), *endpoints))

    def roots(self, principals: list[Principal]) -> Iterator[Node]:
        """First APIs, then functions without an API and identities without a function, in the order of `principals`."""
        apis: dict[tuple[str, str], dict[str, Node]] = {}
        alone = list[Node]()
        for principal in principals:
            functions = self.account.functions(principal.arn)
            if not functions:
                alone.append(self.identity(principal))
            for name in functions:
                node, callers = self.function(name, principal), self.account.apis(name)
                for api in callers:
                    apis.setdefault(api, {})[name] = node
                alone += [] if callers else [node]
        for (id, name), nodes in sorted(apis.items()):
            others = (Node("function", each, each) for each in self.account.functions_of(id) if each not in nodes)
            yield Node("REST API", id, name, uses=(*nodes.values(), *others))
        yield from alone

    def identity(self, principal: Principal) -> Node:
        role = principal.role
        kind, name = ("role", role) if role else ("identity", principal.arn)
        policies = " and ".join(principal.policies)
        gone = role is not None and not self.account.exists(role)
        faults = (f"The data access policy {policies} names it, but it does not exist.",) if gone else ()
        return Node(kind, name, name, faults, uses=() if gone else self.indexes(principal))


def collection_tree(
    contents: Contents, holdings: dict[str, Holding], account: Account, principals: list[Principal]
) -> Tree:
    """The tree of a collection. Raises `ClientError` and `BotoCoreError`."""
    growing = _Growing(contents, holdings, account)
    roots = tuple(growing.roots(principals))
    unused = tuple(_index(contents, holdings, name) for name in contents.indexes if name not in growing.used)
    return Tree(roots, unused, "collection")


def indexes_alone(contents: Contents, holdings: dict[str, Holding]) -> Tree:
    """The tree with only the indexes, if what uses them cannot be read."""
    return Tree(tuple(_index(contents, holdings, name) for name in contents.indexes), (), "collection")


def _index(contents: Contents, holdings: dict[str, Holding], name: str) -> Node:
    body, holding = contents.indexes[name], holdings[name]
    fields = body.get("mappings", {}).get("properties", {}).values()
    lengths = [str(each["dimension"]) for each in fields if each.get("type") == "knn_vector" and "dimension" in each]
    vectors = f"vectors of {' and '.join(lengths)} numbers" if lengths else "no vectors"
    pipeline = body.get("settings", {}).get("index", {}).get("default_pipeline")
    missing = pipeline not in (None, "_none", *contents.ingest_pipelines)
    faults = (f"It names the ingest pipeline {pipeline}, which does not exist.",) if missing else ()
    owner = owner_of(body)
    state = f"{count_of(holding.documents, 'document')}, {vectors}"
    return Node("index", name, name, faults, owner.stack if owner else None, (), state)
