"""The keeper of an environment, which takes and restores backups."""

import json
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from mlcommons.recognition import recognized
from osml.cause import known
from osml.failure import Failure
from osml.place import Place
from osml.remote.stack import outputs

# Longer than the function's own timeout of 300 seconds.
LONGEST_SECONDS = 320


class KeeperFunction:
    """Calls the deployed keeper with the caller's credentials. Raises Failure if there are no backups."""

    def __init__(self, place: Place) -> None:
        name = outputs(place, "knowledge").get("KeeperFunctionName")
        if name is None:
            raise Failure(
                f"{place.env} has no backups: set `backup` in {place.file}, and run `osml deploy {place.options}`.",
                "not-deployed",
            )
        self._name = name
        # A request is sent once: botocore would repeat one that the function is still working on.
        patient = Config(read_timeout=LONGEST_SECONDS, retries={"total_max_attempts": 1})
        self._client = boto3.client("lambda", region_name=place.settings().region, config=patient)

    def request(self, verb: str, of: str, **more: Any) -> dict[str, Any]:
        """The answer to a request about the backups of the environment `of`.

        Raises Failure with the keeper's sentence.
        """
        payload = json.dumps({"backup": {"verb": verb, "of": of, **more}}).encode()
        try:
            answer = self._client.invoke(FunctionName=self._name, Payload=payload)
            said = json.loads(answer["Payload"].read())
        except (ClientError, BotoCoreError, ValueError) as error:
            raise Failure(
                f"Calling the keeper {self._name} failed: {error}. Your identity needs lambda:InvokeFunction on it.",
                recognized(str(error)),
            ) from None
        if "FunctionError" in answer or not isinstance(said, dict):
            raise Failure(f"The keeper {self._name} failed. See `osml logs --source keeper`.")
        if "message" in said:
            raise Failure(str(said["message"]), known(said.get("cause")))
        return said
