"""Deploys an environment only through CloudFormation's API: this takes seconds, and the CDK command line a minute."""

import contextlib
import io
import json
import os
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

import boto3
from botocore.exceptions import ClientError
from constructs import Construct

from osml.ask.question import ask
from osml.deploy import drop, log_role
from osml.ingest.ingest import ingest_files
from osml.place import CHECKOUT, Place
from osml.remote.domain import Domain
from osml.remote.stack import knowledge, outputs
from rag.models import Answer
from sandbox.instance import Instance

BUCKET = "osml-e2e-templates"
PARTS = ("search", "inference", "knowledge", "assistant", "ingestion")
LONGEST_BODY = 51_200
SAMPLES = CHECKOUT / "samples" / "metro-areas.ndjson"
Template = dict[str, Any]


def _unchanged(template: Template) -> None:
    """Leave the template as it was synthesized."""


class DeployFailed(Exception):
    """A stack did not complete; the message contains the reasons of the resources that failed, the first one first."""


class Deployment:
    """The stacks of the environment `name`, whose file is in `directory`, on a running local cloud.

    The variables of `Instance.client_environment()` must be set; OSML_ENVIRONMENTS is set until `destroy`. As a context
    manager, it destroys the stacks at its end, also after a failed deploy.
    """

    def __init__(
        self,
        name: str,
        directory: Path,
        instance: Instance,
        work: Path,
        extend: Callable[[Construct], None] = lambda _: None,
    ) -> None:
        """`work` is a folder for synthesized templates; `extend` adds resources of a team to the app."""
        os.environ["OSML_ENVIRONMENTS"] = str(directory)
        self.name = name
        self.place = Place(name, instance)
        self.directory = directory
        self.work = work
        self._extend = extend
        self._syntheses = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.destroy()

    def deploy(
        self,
        *parts: str,
        folder: Path | None = None,
        edit: Callable[[Template], None] = _unchanged,
        context: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Create or update the stacks in order; `parts` defaults to all. Raises DeployFailed.

        `folder` is a result of `synthesize`; by default, the environment is synthesized now, with the `context`. `edit`
        changes each template before it is sent.
        """
        folder = folder or self.synthesize(context)
        log_role.ensure()
        for part in parts or self._parts(folder):
            self._deploy(f"osml-{self.name}-{part}", folder, edit)

    def synthesize(self, context: Mapping[str, str] = MappingProxyType({})) -> Path:
        """Make a fresh cloud assembly of the environment, without bundled functions; raises SettingError."""
        from aws_cdk import App

        from app import build

        self._syntheses += 1
        folder = self.work / f"{self.name}-{self._syntheses}"
        flags = json.loads((CHECKOUT / "cdk.json").read_text())["context"]
        app = App(outdir=str(folder), context={**flags, **context, "env": self.name, "aws:cdk:bundling-stacks": []})
        build(app, self.directory)
        self._extend(app)
        app.synth()
        return folder

    def destroy(self, *parts: str) -> None:
        """Delete the stacks in reverse order, all unless `parts` are given; a missing stack counts as deleted.

        Raises DeployFailed.
        """
        try:
            for part in reversed(parts or PARTS):
                self._delete(part)
        finally:
            if not parts:
                os.environ.pop("OSML_ENVIRONMENTS", None)

    def outputs(self, part: str) -> dict[str, str]:
        """The outputs of one stack by name."""
        return outputs(self.place, part)

    def domain(self) -> Domain:
        """A client that signs requests as the operator."""
        return Domain(knowledge(self.place))

    def ingest(self, *files: str | Path) -> None:
        """Load files, folders or prefixes of S3, by default the samples, as `osml ingest` does."""
        assert ingest_files(self.place, list(files or [SAMPLES]))

    def ask(self, question: str) -> Answer:
        """Ask a question as `osml ask` does; raises Failure."""
        return ask(self.domain(), knowledge(self.place), question)

    @staticmethod
    def _parts(folder: Path) -> list[str]:
        """The parts of the recipe's environment, in the order of deployment."""
        return [part for part in PARTS if list(folder.glob(f"osml-*-{part}.template.json"))]

    def _delete(self, part: str) -> None:
        client: Any = boto3.client("cloudformation")
        stack = f"osml-{self.name}-{part}"
        if not _exists(stack):
            return
        if part == "assistant":
            # The bucket contains the uploads of jobs.
            drop.empty_stack(self.place, stack)
        client.delete_stack(StackName=stack)
        with _explained(stack):
            client.get_waiter("stack_delete_complete").wait(
                StackName=stack, WaiterConfig={"Delay": 0.2, "MaxAttempts": 1500}
            )

    def _deploy(self, stack: str, folder: Path, edit: Callable[[Template], None]) -> None:
        client: Any = boto3.client("cloudformation")
        _upload_functions(folder, stack)
        body = json.loads((folder / f"{stack}.template.json").read_text())
        edit(body)
        request = {"StackName": stack, "Capabilities": ["CAPABILITY_NAMED_IAM"], **sent(stack, _led(body))}
        with _explained(stack):
            if not _exists(stack):
                client.create_stack(**request)
                end = "stack_create_complete"
            else:
                try:
                    client.update_stack(**request)
                except ClientError as error:
                    if "No updates are to be performed" in str(error):
                        return
                    raise
                end = "stack_update_complete"
            client.get_waiter(end).wait(StackName=stack, WaiterConfig={"Delay": 0.2, "MaxAttempts": 1500})


def _led(template: Template) -> Template:
    """The template without the bootstrap's parameter, and with functions from our own bucket."""
    for part in ("Parameters", "Rules"):
        template.pop(part, None)
    for resource in template["Resources"].values():
        code = resource.get("Properties", {}).get("Code")
        if resource["Type"] == "AWS::Lambda::Function" and "S3Key" in code:
            code["S3Bucket"] = BUCKET
    return template


def sent(stack: str, template: Template) -> dict[str, str]:
    """The arguments that send the template: in the request's body, or, if it is too long, in a bucket."""
    text = json.dumps(template)
    if len(text.encode()) <= LONGEST_BODY:
        return {"TemplateBody": text}
    key = f"{stack}.template.json"
    _bucket().put_object(Bucket=BUCKET, Key=key, Body=text.encode())
    # MiniStack 1.5.33 takes the first part of the path for the bucket.
    return {"TemplateURL": f"https://s3.amazonaws.com/{BUCKET}/{key}"}


def _upload_functions(folder: Path, stack: str) -> None:
    """Bundle and upload the functions that are not in the bucket yet; equal sources have equal names."""
    manifest = json.loads((folder / f"{stack}.assets.json").read_text())
    for name, asset in manifest["files"].items():
        if asset["source"].get("packaging") != "zip":
            continue
        client, key = _bucket(), f"{name}.zip"
        try:
            client.head_object(Bucket=BUCKET, Key=key)
        except ClientError:
            bundled = folder / f"bundled-{name}"
            bundled.mkdir()
            _bundle(folder / asset["source"]["path"]).try_bundle(str(bundled))
            client.put_object(Bucket=BUCKET, Key=key, Body=_zipped(bundled))


def _bundle(source: Path) -> Any:
    """The bundle of the function whose synthesized sources are in `source`."""
    from opensearch_ml.assistant import assistant_page
    from opensearch_ml.assistant.assistant_function import PARTS as FUNCTIONS
    from opensearch_ml.engine import keeper, provisioner
    from opensearch_ml.engine.function_bundle import FunctionBundle
    from opensearch_ml.ingestion import document_drop, source_sync

    # The file with the handler identifies the function. There may be other files: a __pycache__ is staged, too, after
    # something has imported the function in the checkout.
    if (source / "keeper.py").is_file():
        return FunctionBundle(source, folders=keeper.FOLDERS)
    if (source / "dropped.py").is_file():
        return FunctionBundle(source, native=True, folders=document_drop.FOLDERS)
    if (source / "sync.py").is_file():
        return FunctionBundle(source, native=True, folders=source_sync.FOLDERS)
    if (source / "page.py").is_file():
        return FunctionBundle(source, folders=assistant_page.FOLDERS)
    if (source / "handler.py").is_file():
        return FunctionBundle(source, folders=provisioner.FOLDERS)
    for part in FUNCTIONS.values():
        if (source / part.handler.partition(".")[0]).with_suffix(".py").is_file():
            return FunctionBundle(source, native=part.native, folders=part.folders, without=part.without)
    return FunctionBundle(source)


def _zipped(folder: Path) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.rglob("*")):
            archive.write(file, file.relative_to(folder))
    return buffer.getvalue()


def _bucket() -> Any:
    client = boto3.client("s3")
    client.create_bucket(Bucket=BUCKET)
    return client


def _exists(stack: str) -> bool:
    try:
        boto3.client("cloudformation").describe_stacks(StackName=stack)
    except ClientError:
        return False
    return True


@contextlib.contextmanager
def _explained(stack: str) -> Iterator[None]:
    """Replace botocore's "terminal failure state" by the reasons in the stack's events."""
    from botocore.exceptions import WaiterError

    try:
        yield
    except WaiterError as error:
        events = boto3.client("cloudformation").describe_stack_events(StackName=stack)["StackEvents"]
        failed = [e for e in reversed(events) if e["ResourceStatus"].endswith("_FAILED")]
        reasons = [f"{e['LogicalResourceId']}: {e.get('ResourceStatusReason')}" for e in failed]
        raise DeployFailed("\n".join([stack, *reasons])) from error
