"""Where an environment's Dashboards are."""

from osml.failure import Failure
from osml.place import Place
from osml.remote.stack import Knowledge, knowledge
from settings.self_managed import SelfManaged
from settings.serverless import Serverless

UI = "https://docs.aws.amazon.com/opensearch-service/latest/developerguide/application.html"


def domain_of(place: Place) -> Knowledge:
    """The domain whose Dashboards accept signed requests. Raises Failure if the environment has none."""
    search = place.settings().search
    if isinstance(search, Serverless):
        raise Failure(
            f"{place.file} has a collection. Its network policy allows requests to its API, but not to Dashboards. "
            f"Create an OpenSearch UI application with the collection as its data source: {UI}"
        )
    if isinstance(search, SelfManaged):
        raise Failure(
            f"The engine of {place.file} is your own: open the Dashboards that you run for it. This command works "
            f"only with Amazon's domains."
        )
    if place.instance:
        raise Failure("The local cloud has no Dashboards, because no package registry has them.")
    return knowledge(place)
