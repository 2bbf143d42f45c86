"""The owner's marks on adopted objects, with which the next deploy finds them."""

from __future__ import annotations

import time

from mlcommons import Client
from mlcommons.client import path_of
from mlcommons.errors import Rejected
from mlcommons.kinds import kind_named
from mlcommons.owner import marked, marked_again
from osml.failure import Failure
from osml.takeover.index_fields import added
from osml.takeover.plan import Adoption

MOST_LOOKS, PAUSE = 20, 0.5
_ML = {"Model": "models", "ModelGroup": "model_groups"}
_PIPELINES = {"IngestPipeline": ("_ingest", "pipeline"), "SearchPipeline": ("_search", "pipeline")}


def mark(client: Client, adoption: Adoption, text_field: str, id_field: str = "id") -> str:
    """Write the mark, and the fields of an index that osml expects. May be repeated.

    Returns a sentence if the object loses its description, otherwise an empty text. Raises `ProvisioningError`, and
    Failure when the object does not show the mark.
    """
    lost = ""
    kind, id = kind_named(adoption.kind), adoption.id
    observed = kind.read(client, id, adoption.owner)
    if observed is None:
        raise Failure(f"{adoption.kind} {id} is gone. Run the import again.", "object-missing")
    text = marked_again(observed.body.get("description"), "", adoption.owner, adoption.digest)
    if adoption.kind in _ML:
        path = path_of("_plugins", "_ml", _ML[adoption.kind], id)
        try:
            client.put(path, {"description": text})
        except Rejected as error:
            # Newer engines refuse characters that older ones have accepted.
            client.put(path, {"description": marked("", adoption.owner, adoption.digest)})
            lost = f"{adoption.kind} {id} loses its description, because the engine refuses it: {error.reason}"
    elif adoption.kind in _PIPELINES:
        client.put(path_of(*_PIPELINES[adoption.kind], id), observed.body | {"description": text})
    else:
        mappings = observed.body.get("mappings", {})
        notes = {
            "_meta": mappings.get("_meta", {}) | {"osml": text},
            "properties": added(mappings, text_field, id_field),
        }
        client.put(path_of(id, "_mapping"), notes)
    if not _is_found(client, adoption):
        raise Failure(f"{adoption.kind} {id} does not show the mark that was written. Run the import again.")
    return lost


def _is_found(client: Client, adoption: Adoption) -> bool:
    """Whether a deploy finds the object by its mark: before 3.3 a search shows an update up to a second late."""
    kind, text = kind_named(adoption.kind), marked("", adoption.owner, adoption.digest)
    for _ in range(MOST_LOOKS):
        shown = kind.find(client, kind.parse(adoption.spec), adoption.owner)
        ours = shown is not None and (shown.physical_id, shown.owner) == (adoption.id, adoption.owner)
        if ours and text in str(shown and shown.body):
            return True
        time.sleep(PAUSE)
    return False
