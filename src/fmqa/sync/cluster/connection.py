"""The way to a cluster: Dask itself, the scheduler's address, and TLS.

Importing this module doesn't import Dask.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from fmqa.errors import ClusterError, SettingsError, UsageError

if TYPE_CHECKING:
    from distributed.security import Security

    from fmqa.settings import Settings


@contextmanager
def needs_distributed() -> Iterator[None]:
    """Imports of Dask in this context fail with a `ClusterError`.

    Raises:
        ClusterError: it isn't installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise ClusterError(
            f"A cluster needs Dask, of which {error.name!r} isn't installed.",
            hint="Run: pip install 'fmqa[cluster]'",
        ) from error


def security(settings: Settings) -> Security | None:
    """The certificates that the settings name, for both ends of each connection; None without.

    Raises:
        SettingsError: some are named and others aren't, or a file isn't there.
    """
    from distributed.security import Security

    files = (settings.cluster_ca, settings.cluster_cert, settings.cluster_key)
    if not any(files):
        return None
    absent = [str(file) for file in files if file and not file.is_file()]
    if absent or not all(files):
        raise SettingsError(
            f"There is no file {absent[0]}."
            if absent
            else "TLS takes three files, and not all of them are named.",
            hint="Set FMQA_CLUSTER_CA, FMQA_CLUSTER_CERT and FMQA_CLUSTER_KEY.",
        )
    ca, cert, key = map(str, files)
    return Security(
        tls_ca_file=ca,
        tls_client_cert=cert,
        tls_client_key=key,
        tls_scheduler_cert=cert,
        tls_scheduler_key=key,
        tls_worker_cert=cert,
        tls_worker_key=key,
        require_encryption=True,
    )


def address_of(asked: str, *, tls: bool) -> str:
    """A scheduler's address with its protocol and port.

    Raises:
        UsageError: it is none.
    """
    whole = asked if "://" in asked else f"{'tls' if tls else 'tcp'}://{asked}"
    try:
        parts = urlsplit(whole)
        host, port = parts.hostname, parts.port or 8786
    except ValueError:
        host, port = None, 0
    if not host or parts.scheme not in ("tcp", "tls"):
        raise UsageError(
            f"{asked!r} isn't a scheduler's address.",
            hint="Give host:port, such as 127.0.0.1:8786.",
        )
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}:{port}"


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches what listens there."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def refuse_open_port(host: str, *, guarded: bool) -> None:
    """Whoever reaches a scheduler or a worker runs programs on it: no open one by accident.

    Args:
        host: what is listened on.
        guarded: TLS is set up, or the user says that the network is his own.

    Raises:
        UsageError: others than this machine would reach it.
    """
    if not guarded and not is_loopback(host):
        raise UsageError(
            f"Whoever reaches {host} could run programs here.",
            hint="Set FMQA_CLUSTER_CA, FMQA_CLUSTER_CERT and FMQA_CLUSTER_KEY, or say "
            "--trust-network where only your own machines reach it.",
        )
