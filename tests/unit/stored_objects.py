"""S3 in memory: the operations that upload jobs use."""

import io
from dataclasses import dataclass, field
from typing import Any, ClassVar


class NoSuchKey(Exception):
    """The exception of boto3's client."""


class _Exceptions:
    NoSuchKey: ClassVar[type[Exception]] = NoSuchKey


@dataclass
class Bucket:
    """The objects by key; `begun` are the keys under `begin/`, in the order in which they were written."""

    objects: dict[str, bytes] = field(default_factory=dict)
    begun: list[str] = field(default_factory=list)
    headers: dict[str, dict[str, str]] = field(default_factory=dict)
    exceptions: ClassVar[type[_Exceptions]] = _Exceptions

    def put_object(self, Bucket: str, Key: str, Body: Any, **headers: str) -> None:
        self.objects[Key] = Body if isinstance(Body, bytes) else Body.read()
        self.headers[Key] = headers
        if Key.startswith("begin/"):
            self.begun.append(Key)

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:
        if Key not in self.objects:
            raise NoSuchKey
        return {"Body": io.BytesIO(self.objects[Key])}

    def delete_object(self, Bucket: str, Key: str) -> None:
        del self.objects[Key]

    def generate_presigned_url(self, operation: str, Params: dict[str, str], ExpiresIn: int) -> str:
        return f"https://{Params['Bucket']}.invalid/{Params['Key']}?{operation}&X-Amz-Expires={ExpiresIn}"

    def list_objects_v2(self, Bucket: str, Prefix: str) -> dict[str, Any]:
        contents = [{"Key": key, "Size": len(stored)} for key, stored in self.objects.items() if key.startswith(Prefix)]
        return {"Contents": contents} if contents else {}

    def download_fileobj(self, bucket: str, key: str, file: Any) -> None:
        file.write(self.objects[key])
