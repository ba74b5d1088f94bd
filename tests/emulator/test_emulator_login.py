"""Who is let in, and in which words others are refused."""

import base64
import json

import httpx
import pytest

from tests.support.emulator import ORG_ID, QUERY_PATH, TOKEN_FORM, Emulator, auth_headers

pytestmark = pytest.mark.anyio


async def ask(
    emulator: Emulator, headers: dict[str, str], path: str = "/schedules"
) -> httpx.Response:
    async with httpx.AsyncClient(transport=emulator.transport(), base_url=emulator.url) as http:
        return await http.get(QUERY_PATH + path, headers=headers)


async def login(emulator: Emulator, **changes: str) -> httpx.Response:
    async with httpx.AsyncClient(transport=emulator.transport(), base_url=emulator.url) as http:
        return await http.post("/ims/token/v3", data=TOKEN_FORM | changes)


async def test_client_credentials_buy_a_token_for_a_day(emulator: Emulator) -> None:
    answer = (await login(emulator)).json()
    assert answer["token_type"] == "bearer"
    assert answer["expires_in"] == 86_399
    part = answer["access_token"].split(".")[1]
    payload = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    assert payload["expires_in"] == "86399000"
    assert int(payload["created_at"]) == int(emulator.now().timestamp() * 1000)
    headers = auth_headers(answer["access_token"])
    assert (await ask(emulator, headers)).status_code == 200


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": "wrong"}, 400, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"scope": ""}, 400, "invalid_scope"),
    ],
)
async def test_wrong_credentials_are_refused(
    emulator: Emulator, changes: dict[str, str], status: int, error: str
) -> None:
    answer = await login(emulator, **changes)
    assert answer.status_code == status
    assert answer.json()["error"] == error
    assert answer.json()["error_description"]


async def test_a_token_ends_with_its_life() -> None:
    async with Emulator(token_life_s=30, quirks=["Q36=ms"]) as emulator:
        answer = (await login(emulator)).json()
        assert answer["expires_in"] == 30_000
        headers = auth_headers(answer["access_token"])
        await emulator.advance(29)
        assert (await ask(emulator, headers)).status_code == 200
        await emulator.advance(1)
        late = await ask(emulator, headers)
        assert late.status_code == 401
        assert late.json() == {"error_code": "401013", "message": "Oauth token is not valid"}


@pytest.mark.parametrize(
    ("name", "value", "status", "code"),
    [
        ("Authorization", None, 403, "403010"),
        ("Authorization", "Bearer ", 403, "403010"),
        ("Authorization", "Bearer nonsense", 401, "401013"),
        ("Authorization", "Bearer é.è.ê", 401, "401013"),
        ("x-api-key", None, 403, "403000"),
        ("x-api-key", "other", 403, "403003"),
        ("x-gw-ims-org-id", None, 400, "400003"),
        ("x-gw-ims-org-id", ORG_ID.lower(), 403, "403025"),
    ],
)
async def test_each_header_is_checked(
    emulator: Emulator, name: str, value: str | None, status: int, code: str
) -> None:
    headers = auth_headers(emulator.token())
    del headers[name]
    if value is not None:
        headers[name] = value
    async with httpx.AsyncClient(transport=emulator.transport(), base_url=emulator.url) as http:
        answer = await http.get(
            f"{QUERY_PATH}/schedules",
            headers={key.encode(): text.encode() for key, text in headers.items()},
        )
    assert answer.status_code == status
    assert answer.json()["error_code"] == code


async def test_a_sandbox_must_be_named_and_known(emulator: Emulator) -> None:
    headers = auth_headers(emulator.token(), sandbox="nowhere")
    unknown = await ask(emulator, headers)
    assert unknown.status_code == 403
    assert "'nowhere'" in unknown.json()["detail"]
    del headers["x-sandbox-name"]
    missing = await ask(emulator, headers)
    assert missing.status_code == 400
    assert missing.json()["message"] == "Missing header: x-sandbox-name"


async def test_sandboxes_are_listed_without_naming_one(emulator: Emulator) -> None:
    headers = auth_headers(emulator.token())
    del headers["x-sandbox-name"]
    async with httpx.AsyncClient(transport=emulator.transport(), base_url=emulator.url) as http:
        answer = await http.get("/data/foundation/sandbox-management/", headers=headers)
    found = {box["name"]: box["type"] for box in answer.json()["sandboxes"]}
    assert found == {"prod": "production", "dev": "development"}


async def test_data_belongs_to_one_sandbox(emulator: Emulator) -> None:
    async with emulator.client() as http:
        schedule = (await http.get("/schedules")).json()["schedules"][0]["id"]
    other = auth_headers(emulator.token(), sandbox="dev")
    assert (await ask(emulator, other)).json()["schedules"] == []
    assert (await ask(emulator, other, f"/schedules/{schedule}")).status_code == 404


async def test_answers_carry_request_id_and_virtual_date(emulator: Emulator) -> None:
    headers = auth_headers(emulator.token()) | {"x-request-id": "abc-1"}
    answer = await ask(emulator, headers)
    assert answer.headers["x-request-id"] == "abc-1"
    assert answer.headers["date"] == "Wed, 14 Jan 2026 12:00:30 GMT"
    assert answer.headers.get_list("date") == [answer.headers["date"]]
    assert len((await ask(emulator, {})).headers["x-request-id"]) == 36


async def test_unknown_paths_are_404_and_known_ones_refuse_other_methods(
    http: httpx.AsyncClient,
) -> None:
    assert (await http.get("/nothing")).json()["statusCode"] == 404
    assert (await http.delete("/queries/1")).status_code == 405
