"""Servers behind one set of ports; importing this costs nothing, opening a backend does."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qsui.backends.options import ConnectionOptions
    from qsui.domain.ports import Clock, QueryServiceBackend
    from qsui.domain.ports_workflows import WorkflowServerBackend


def open_query_service(options: ConnectionOptions, clock: Clock) -> QueryServiceBackend:
    """Build the adapter of Query Service; see `open_backend`."""
    from qsui.backends.adobe.backend import AdobeBackend

    return AdobeBackend(options, clock)


def open_workflow_server(options: ConnectionOptions, clock: Clock) -> WorkflowServerBackend:
    """Build the adapter of an Alteryx Server; see `open_backend`."""
    from qsui.backends.alteryx.backend import AlteryxBackend

    return AlteryxBackend(options, clock)


def open_backend(
    options: ConnectionOptions, clock: Clock
) -> QueryServiceBackend | WorkflowServerBackend:
    """Build the adapter for a profile; sends nothing yet.

    Imports httpx and pydantic and may load the certificate store (some 300 ms): call it in a
    thread where that matters. The caller closes the result with `aclose()`.

    Raises:
        ConfigError: An option cannot work; the message names the setting.
    """
    from qsui.domain.errors import ConfigError

    if options.backend == "alteryx":
        return open_workflow_server(options, clock)
    if options.backend != "adobe":
        raise ConfigError(f'backend = "{options.backend}" is not built into this version.')
    return open_query_service(options, clock)
