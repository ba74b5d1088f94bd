"""The published examples of records and error bodies, with the same fields and oddities."""

from __future__ import annotations

from typing import Any

HOST = "https://platform-int.adobe.io/data/foundation/query"
SCHEDULE_ID = (
    "e95186d65a28abf00a495d82_28e74200-e3de-11e9-8f5d-7f27416c5f0d_"
    "sample_scheduled_query7omob151bm_birvwm"
)
RUN_ID = "c2NoZWR1bGVkX18yMDIwLTAxLTA4VDIwOjQ1OjAwKzAwOjAw"
QUERY_ID = "9957bd7f-2244-4fd5-91bc-077d7df1d8e5"
TEMPLATE_ID = "0094d000-9062-4e6a-8fdb-05606805f08f"

SCHEDULE: dict[str, Any] = {
    "id": SCHEDULE_ID,
    "state": "ENABLED",
    "query": {
        "dbName": "prod:all",
        "sql": "SELECT * FROM accounts;",
        "name": "Sample Scheduled Query",
        "description": "A sample of a scheduled query.",
    },
    "schedule": {
        "schedule": "30 * * * *",
        "startDate": "2020-01-08T12:30:00.000Z",
        "maxActiveRuns": 1,
    },
    "userId": "{USER_ID}",
    "updatedUserId": "{USER_ID}",
    "created": "1578523458919",
    "updated": "1578523458919",
    "version": 2,
    "_links": {
        "self": {"href": f"{HOST}/schedules/x", "method": "GET"},
        "enable": {"href": f"{HOST}/schedules/x", "body": '{ "op": "enable" }'},
        "disable": {"href": f"{HOST}/schedules/x", "body": {"op": "disable"}},
    },
}
RUN: dict[str, Any] = {
    "id": RUN_ID,
    "scheduleId": SCHEDULE_ID,
    "state": "success",
    "externalTrigger": "false",
    "created": "2020-01-08T20:45:00",
    "version": 1,
    "taskStatusList": [
        {
            "taskId": "7Omob151BM",
            "state": "SUCCESS",
            "message": "Processed Successfully",
            "duration": 303,
            "startDate": "2020-01-08T23:43:58.936269",
            "endDate": "2020-01-08T23:49:02.346318",
        }
    ],
    "_links": {"cancel": {"href": f"{HOST}/x", "body": '{ "op": "cancel" }'}},
}
QUERY: dict[str, Any] = {
    "id": QUERY_ID,
    "request": {
        "dbName": "prod:all",
        "sql": "SELECT 1",
        "templateID": TEMPLATE_ID,
        "insertIntoParameters": "a string for an object",
    },
    "effectiveSQL": "CREATE TABLE y AS SELECT 1",
    "state": "SUCCESS",
    "rowCount": 0,
    "elapsedTime": 28411,
    "isCTAS": True,
    "isInsertInto": False,
    "client": "Adobe Query Service UI",
    "clientId": "8c2455819a624534bb665c43c3759877",
    "userId": "A5A5@AdobeID",
    "copyURI": None,
    "errors": [{"code": 408, "message": "Timed out", "errorType": "SYSTEM_ERROR"}],
    "created": "2019-12-06T22:00:17.362Z",
    "updated": "2019-12-06T22:00:17.390Z",
    "version": 1,
    "_links": {
        "soft_delete": {"href": f"{HOST}/queries/x", "body": '{ "op": "soft_delete"}'},
        "referenced_datasets": {"id": "5b2bdb5230d4401de87397c", "href": "https://c/5b2b"},
        "created_dataset": {"id": "5f7e2b", "href": "https://c/5f7e2b"},
        "schedule": {"id": SCHEDULE_ID, "href": f"{HOST}/x", "method": "GET"},
        "schedule_run": {"id": RUN_ID, "href": f"{HOST}/x", "method": "GET"},
    },
}
TEMPLATE: dict[str, Any] = {
    "id": TEMPLATE_ID,
    "name": "Sample",
    "sql": "SELECT $key FROM t",
    "queryParameters": {"key": "v"},
    "userId": "A5A5@techacct.adobe.com",
    "updated": "2020-01-09T00:29:20.028Z",
    "_links": {"update": {"href": f"{HOST}/query_templates/x", "body": {"sql": "new sql "}}},
}

ERRORS: list[tuple[int, Any, int]] = [
    (403, {"error_code": "403025", "message": "Profile is not valid"}, 4),
    (403, {"error_code": "403003", "message": "Api Key is invalid"}, 4),
    (401, {"error_code": "401013", "message": "Oauth token is not valid"}, 4),
    (401, None, 4),
    (404, {"message": "not found", "statusCode": 404}, 1),
    (404, None, 1),
    (400, {"error_code": "400003", "message": "Missing header"}, 1),
    (400, {"type": "x", "status": 400, "title": "BadRequestError", "detail": "no"}, 1),
    (400, {"errorMessage": "A valid content-type must be specified"}, 1),
    (400, None, 1),
    (422, {"type": "x", "title": "Invalid request", "status": 422, "detail": "limit"}, 1),
    (500, None, 1),
]
