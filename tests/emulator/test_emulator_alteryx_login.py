"""Tokens of the Alteryx half, and who may call what."""

import httpx
import pytest

from tests.support.alteryx import (
    BASE,
    KEY,
    SECRET,
    SHARER,
    AlteryxEmulator,
)

pytestmark = pytest.mark.anyio

DENIED = {"message": "Authorization has been denied for this request."}
GRANT = {"grant_type": "client_credentials"}


def plain(server: AlteryxEmulator) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=server.transport(), base_url=BASE)


async def test_key_and_secret_come_as_basic_or_in_the_form() -> None:
    async with AlteryxEmulator() as server, plain(server) as http:
        basic = await http.post("oauth2/token", data=GRANT, auth=(KEY, SECRET))
        form = await http.post(
            "oauth2/token",
            data=GRANT | {"client_id": KEY, "client_secret": SECRET, "scope": "any"},
        )
        for answer in (basic, form):
            assert answer.status_code == 200
            body = answer.json()
            assert set(body) == {"access_token", "token_type", "expires_in"}
            assert (body["token_type"], body["expires_in"]) == ("bearer", 3600)
            assert len(body["access_token"]) > 400
            headers = {"Authorization": f"Bearer {body['access_token']}"}
            assert (await http.get("v3/credentials", headers=headers)).status_code == 200


@pytest.mark.parametrize(
    ("form", "auth", "error"),
    [
        (GRANT, (KEY, "wrong"), "invalid_client"),
        (GRANT, ("nobody", SECRET), "invalid_client"),
        (GRANT, ("locked", "locked-secret"), "invalid_client"),
        (GRANT, ("", ""), "invalid_client"),
        ({}, (KEY, SECRET), "unsupported_grant_type"),
    ],
)
async def test_bad_keys_are_refused_with_400(
    form: dict[str, str], auth: tuple[str, str], error: str
) -> None:
    async with AlteryxEmulator() as server, plain(server) as http:
        answer = await http.post("oauth2/token", data=form, auth=auth)
        assert answer.status_code == 400
        assert answer.json()["error"] == error
        assert answer.json()["error_description"]


@pytest.mark.parametrize("header", [None, "Bearer ", "Bearer nonsense", "Basic abc", "Bearer ÄÖ"])
async def test_a_call_without_a_good_token_is_denied(header: str | None) -> None:
    headers = {} if header is None else {b"Authorization": header.encode()}
    async with AlteryxEmulator() as server, plain(server) as http:
        answer = await http.get("v3/credentials", headers=headers)
        assert (answer.status_code, answer.json()) == (401, DENIED)


async def test_a_token_ends_with_its_life() -> None:
    async with AlteryxEmulator(token_life_s=120) as server, plain(server) as http:
        http.headers["Authorization"] = f"Bearer {server.token()}"
        await server.advance(119)
        assert (await http.get("v3/credentials")).status_code == 200
        await server.advance(1)
        answer = await http.get("v3/credentials")
        assert (answer.status_code, answer.json()) == (401, DENIED)


async def test_a_revoked_token_is_denied_in_alteryx_words() -> None:
    async with AlteryxEmulator() as server, server.client() as http:
        server.fault("expired-token", count=1)
        answer = await http.get("v3/credentials")
        assert (answer.status_code, answer.json()) == (401, DENIED)
        assert (await http.get("v3/credentials")).status_code == 200
        server.fault("expired-token")
        assert (await http.post("oauth2/token", data=GRANT, auth=(KEY, SECRET))).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "v3/jobs",
        "v3/users",
        "v3/users/x",
        "v3/collections",
        "v3/subscriptions",
        "admin/v1/workflows/jobs",
        "admin/v1/schedules",
        "admin/v2/schedule/forecast",
    ],
)
@pytest.mark.parametrize("key", ["owner", "member", "viewer"])
async def test_a_wrong_role_is_denied_as_a_bad_token_is(path: str, key: str) -> None:
    async with AlteryxEmulator() as server, server.client(key) as http:
        answer = await http.get(path)
        assert (answer.status_code, answer.json()) == (401, DENIED)
        assert (await http.get("v3/credentials")).status_code == 200


async def test_people_see_their_own_and_shared_workflows() -> None:
    async with AlteryxEmulator() as server:
        seen = {}
        for key in (KEY, "owner", "sharer", "viewer"):
            async with server.client(key) as http:
                seen[key] = [row["name"] for row in (await http.get("v3/workflows")).json()]
        assert seen[KEY] == ["Good", "Bad", "Warns", "Tagged", "App", "Macro"]
        assert seen["owner"] == ["Good", "Bad", "Warns", "Tagged", "Macro"]
        assert seen["sharer"] == ["Good", "Bad", "App"]
        assert seen["viewer"] == []


async def test_running_what_one_may_not_run_is_forbidden() -> None:
    async with AlteryxEmulator() as server, server.client("viewer") as http:
        answer = await http.post(f"v3/workflows/{server.workflow_id('Good')}/jobs", json={})
        assert answer.status_code == 403
        assert "permission" in answer.json()["message"]


async def test_a_job_is_seen_and_cancelled_by_who_started_it_and_by_admins() -> None:
    async with (
        AlteryxEmulator() as server,
        server.client("owner") as owner,
        server.client("sharer") as other,
        server.client() as admin,
    ):
        job = await server.run(owner, "Good")
        assert (await owner.get(f"v3/jobs/{job}")).status_code == 200
        assert (await other.get(f"v3/jobs/{job}")).status_code == 404
        assert (await owner.get(f"v3/jobs/{job}/messages")).status_code == 401
        refused = await other.delete(f"v3/jobs/{job}")
        assert refused.status_code == 400
        assert refused.json() == {"message": "You do not have permission to cancel this job."}
        assert (await admin.delete(f"v3/jobs/{job}")).status_code == 200


async def test_credentials_are_all_for_admins_and_own_for_others() -> None:
    async with AlteryxEmulator() as server:
        seen = {}
        for key in (KEY, "owner", "viewer"):
            async with server.client(key) as http:
                rows = (await http.get("v3/credentials")).json()
                seen[key] = [row["userName"] for row in rows]
        assert seen == {KEY: ["ACME\\svc", "ACME\\other"], "owner": ["ACME\\svc"], "viewer": []}


async def test_users_collections_and_studios_are_read_by_id() -> None:
    async with AlteryxEmulator() as server, server.client() as http:
        users = (await http.get("v3/users", params={"role": "Artisan"})).json()
        assert [user["firstName"] for user in users] == ["Otto", "Sara", "Lea"]
        whole = (await http.get(f"v3/users/{server.user_id(SHARER)}")).json()
        assert (whole["email"], whole["canScheduleJobs"], whole["canPrioritizeJobs"]) == (
            SHARER,
            True,
            False,
        )
        assets = (await http.get(f"v3/users/{whole['id']}/assets")).json()
        assert [row["name"] for row in assets["workflows"]] == ["App"]
        shared = (await http.get("v3/collections", params={"view": "Full"})).json()[0]
        assert shared["workflowIds"] == [server.workflow_id("Good"), server.workflow_id("Bad")]
        again = (await http.get(f"v3/collections/{shared['id']}")).json()
        assert again == shared
        studio = (
            await http.get(f"v3/subscriptions/{await _studio_of(http, 'Sara Sharer')}")
        ).json()
        assert studio["users"] == [{"id": whole["id"], "name": "Sara Sharer"}]
        assert [row["name"] for row in studio["workflows"]] == ["App"]
        for path in ("users", "collections", "subscriptions", "credentials", "workflows", "jobs"):
            assert (await http.get(f"v3/{path}/000000000000000000000000")).status_code == 404


async def _studio_of(http: httpx.AsyncClient, name: str) -> str:
    rows = (await http.get("v3/subscriptions", params={"name": name})).json()
    assert [row["workflowCount"] for row in rows] == [1]
    return str(rows[0]["id"])
