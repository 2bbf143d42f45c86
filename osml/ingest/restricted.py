"""Documents that only some groups see: a load that may replace them must name the groups."""

from osml.failure import Failure
from osml.remote.domain import Domain
from rag.caller import GROUPS


def refuse_unsaid(domain: Domain, index: str) -> None:
    """Raises Failure if only some groups see documents of the index: everybody would see one that is loaded again."""
    body = {"query": {"exists": {"field": GROUPS}}, "size": 0, "terminate_after": 1, "track_total_hits": 1}
    answer = domain.patiently("POST", f"/{index}/_search", params={"search_pipeline": "_none"}, json=body)
    if answer["hits"]["total"]["value"]:
        raise Failure(
            f"The index {index} has documents that only some groups see. Everybody who is signed in would see a "
            f"document that is loaded again without --groups. Nothing was loaded. Add --groups hr,board, or --groups "
            f"'' for everybody."
        )
