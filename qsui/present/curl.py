"""Requests as curl commands that a POSIX shell can run, without secrets.

The token and the client id are variables of the shell: `QSUI_ACCESS_TOKEN`, `QSUI_CLIENT_ID`. The
client id goes along where a request names an organisation or a sandbox; other servers know none.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qsui.domain.ports import Outgoing

_GLOBS = frozenset("[]{}")
_NAMES_A_SCOPE = frozenset({"x-gw-ims-org-id", "x-sandbox-name"})
_CONTINUED = " \\\n  "


def as_curl(outgoings: Sequence[Outgoing]) -> str:
    """Return one command for each request, in order, with an empty line between two.

    There is no line end after the last: what is pasted does not run by itself.
    """
    return "\n\n".join(_command(outgoing) for outgoing in outgoings)


def _command(outgoing: Outgoing) -> str:
    glob_off = " --globoff" if _GLOBS & set(outgoing.url) else ""
    url, method = shlex.quote(outgoing.url), shlex.quote(outgoing.method)
    lines = [
        f"curl --fail-with-body{glob_off} --request {method} --url {url}",
        '--header "Authorization: Bearer $QSUI_ACCESS_TOKEN"',
    ]
    if any(name.lower() in _NAMES_A_SCOPE for name, _ in outgoing.headers):
        lines.append('--header "x-api-key: $QSUI_CLIENT_ID"')
    lines += [f"--header {shlex.quote(f'{name}: {value}')}" for name, value in outgoing.headers]
    if outgoing.body:
        lines.append(f"--data-raw {shlex.quote(outgoing.body)}")
    elif outgoing.method == "POST":
        lines.append("--header 'Content-Length: 0'")
    return _CONTINUED.join(lines)
