"""Addresses that may be spoken to, secrets that stay hidden, and what a token says openly."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qsui.domain.addresses import fault_of, is_loopback, origin
from qsui.domain.secret import Secret, token_claims


@pytest.mark.parametrize("host", ["LOCALHOST", "app.localhost", "127.1.2.3", "[::1]", "::1%lo"])
def test_this_machine_is_told_by_address_or_name(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1.example", "localhost.evil.test", "0.0.0.0", "10.0.0.1", ""],  # noqa: S104
)
def test_other_machines_are_others(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize("url", ["https://x.test", "http://127.0.0.1:8765/a", "HTTPS://X.test/b/"])
def test_an_address_that_works_has_no_fault(url: str) -> None:
    assert fault_of(url, allow_http=False) == ""


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://far.test", "plain http to far.test"),
        ("far.test", "https address"),
        ("https://", "https address"),
        ("https://a b", "https address"),
        ("https://u:p@far.test", "user name"),
        ("https://far.test?x=1", "`?`"),
        ("https://far.test:port", "not an address"),
    ],
)
def test_an_address_that_cannot_work_is_said(url: str, words: str) -> None:
    assert words in fault_of(url, allow_http=False)


@pytest.mark.parametrize(
    "url",
    [
        "https://me:hush@far.test",
        "https://me:hush@far.test:port",
        "ftp://me:hush@far.test",
        "me:hush@far.test",
        "https://me:hu@sh@",
    ],
)
def test_no_fault_repeats_a_password(url: str) -> None:
    fault = fault_of(url, allow_http=False)

    assert fault
    assert "hu" not in fault


def test_plain_http_can_be_wanted() -> None:
    assert fault_of("http://far.test", allow_http=True) == ""


def test_an_origin_has_its_port() -> None:
    assert origin(" HTTPS://Far.Test/x ") == ("https", "far.test", 443)
    assert origin("http://far.test:81") == ("http", "far.test", 81)


@given(st.text(min_size=1))
def test_no_way_of_showing_a_secret_shows_it(text: str) -> None:
    shown = {str(Secret(text)), repr(Secret(text)), f"{Secret(text)}", repr([Secret(text)])}

    assert shown == {"Secret('***')", "[Secret('***')]"}
    assert Secret(text).reveal() == text
    assert Secret(text) == Secret(text)
    assert Secret(text) != text


@given(st.dictionaries(st.text(), st.text() | st.integers()))
def test_claims_come_back_from_a_token(claims: dict[str, str | int]) -> None:
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")

    assert token_claims(f"head.{body}.sign") == claims


@given(st.text())
def test_a_token_that_is_none_claims_nothing(text: str) -> None:
    assert token_claims(f"{text}.{text}") == {}
    assert isinstance(token_claims(f"a.{text}.c"), dict)
