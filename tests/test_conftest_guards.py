"""The guards of conftest.py hold: fixed environment, nothing leaves the machine."""

from __future__ import annotations

import os
import socket
import time

import pytest


def test_the_environment_is_pinned() -> None:
    assert time.tzname == ("UTC", "UTC")
    assert "NO_COLOR" not in os.environ
    assert {name for name in os.environ if name.startswith("QSUI_")} == {"QSUI_STATE_DIR"}


@pytest.mark.parametrize("address", ["192.0.2.1", "2001:db8::1", "platform.adobe.io"])
def test_nothing_leaves_the_machine(address: str) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as one, pytest.raises(RuntimeError, match="only loopback"):
        one.connect((address, 443))
    with pytest.raises(RuntimeError, match="only loopback"):
        socket.getaddrinfo(address, 443)


def test_a_name_that_cannot_exist_does_not_resolve() -> None:
    with pytest.raises(socket.gaierror):
        socket.getaddrinfo("nowhere.invalid", 443)


def test_loopback_works() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(1)
        with socket.create_connection(server.getsockname(), timeout=2) as client:
            assert client.getpeername() == server.getsockname()
