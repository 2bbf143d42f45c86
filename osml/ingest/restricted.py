"""Documents that only some groups see: what is loaded in their place must say who sees it."""

from osml.failure import Failure
from osml.remote.domain import Domain
from rag.caller import GROUPS


def refuse_unsaid(domain: Domain, index: str) -> None:
    """Raises Failure if the index has documents of groups: one that is loaded again would be for everybody."""
    body = {"query": {"exists": {"field": GROUPS}}, "size": 0, "terminate_after": 1, "track_total_hits": 1}
    answer = domain.patiently("POST", f"/{index}/_search", params={"search_pipeline": "_none"}, json=body)
    if answer["hits"]["total"]["value"]:
        raise Failure(
            f"The index {index} has documents that only some groups see. Everybody who is signed in would see a "
            f"document that is loaded again without --groups. Nothing was loaded. Add --groups hr,board, or --groups "
            f"'' for everybody."
        )
