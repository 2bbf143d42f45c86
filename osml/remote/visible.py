"""When a search finds what was stored: on a domain at once, on a collection after its refresh interval."""

from osml.place import Place

# The refresh interval of the engine behind a collection of the local cloud.
LOCAL_SECONDS = 1


def visible_seconds(place: Place) -> int:
    """Seconds from a write until every search finds it."""
    seconds = place.settings().search.visible_seconds
    return min(seconds, LOCAL_SECONDS) if place.instance else seconds
