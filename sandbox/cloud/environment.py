"""The environment variables of MiniStack and its functions."""

import os
from collections.abc import Mapping
from pathlib import Path

from sandbox.cloud.settings import CloudSettings

# All other variables are dropped. Functions inherit this process's environment, and keys from a developer's shell must
# not reach them. `osml sandbox down` finds the processes by the last variable.
INHERITED = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "LD_LIBRARY_PATH", "NODE_OPTIONS", "OSML_SANDBOX_HOME")


def cloud_environment(settings: CloudSettings, outer: Mapping[str, str]) -> dict[str, str]:
    """All environment variables of the process. `ministack` reads them when it is imported, so set them before that."""
    temporary = str(temporary_folder(settings))
    bundle, gateway = str(settings.ca_bundle), f"https://127.0.0.1:{settings.aws_port}"
    inherited = {name: outer[name] for name in INHERITED if name in outer}
    egress_proxy = f"http://127.0.0.1:{settings.egress_proxy_port}"
    proxied = {"HTTPS_PROXY": egress_proxy, "https_proxy": egress_proxy} if settings.egress_proxy_port else {}
    return (
        inherited
        | proxied
        | {
            "HOME": temporary,
            "TMPDIR": temporary,
            "PYTHONDONTWRITEBYTECODE": "1",
            "NO_PROXY": "127.0.0.1,localhost",
            "no_proxy": "127.0.0.1,localhost",
            "AUTH": "true",
            "USE_SSL": "1",
            "GATEWAY_PORT": str(settings.aws_port),
            "BIND_HOST": "127.0.0.1",
            "MINISTACK_HOST": "127.0.0.1",
            "MINISTACK_REGION": settings.region,
            "MINISTACK_SSL_CERT": str(settings.server_cert),
            "MINISTACK_SSL_KEY": str(settings.server_key),
            "LAMBDA_EXECUTOR": "local",
            "S3_PERSIST": "0",
            "S3_DATA_DIR": str(settings.home / "s3"),
            "STATE_DIR": str(settings.home / "state"),
            "PERSIST_STATE": "0",
            "OPENSEARCH_DATAPLANE": "0",
            # Both listen on every interface by default.
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "LOG_LEVEL": outer.get("LOG_LEVEL", "INFO"),
            "AWS_ENDPOINT_URL": gateway,
            "AWS_ENDPOINT_URL_S3": gateway,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CA_BUNDLE": bundle,
            "REQUESTS_CA_BUNDLE": bundle,
            "SSL_CERT_FILE": bundle,
            "NODE_EXTRA_CA_CERTS": bundle,
        }
    )


def temporary_folder(settings: CloudSettings) -> Path:
    """The folder in which functions are unpacked. It is within `home`: a killed process leaves no files elsewhere."""
    return settings.home / "tmp"


def enter(settings: CloudSettings) -> dict[str, str]:
    """Makes the folders and replaces this process's environment; returns the former one, which no function sees."""
    folder = temporary_folder(settings)
    folder.mkdir(parents=True, exist_ok=True)
    outer = dict(os.environ)
    fresh = cloud_environment(settings, outer)
    os.environ.clear()
    os.environ.update(fresh)
    return outer
