"""Answers in the service's wording: JSON, and the several shapes of its errors."""

import json

from starlette.responses import Response


class JsonReply(Response):
    """A JSON body, compact, UTF-8."""

    media_type = "application/json"

    def render(self, content: object) -> bytes:
        """Encode `content`."""
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


class Refusal(Exception):
    """Ends a request with an error answer; `body` is what the client reads."""

    def __init__(self, status: int, body: object) -> None:
        super().__init__(f"{status} {body}")
        self.status = status
        self.body = body


def refused(status: int, message: str) -> Refusal:
    """An error in Query Service's own form."""
    return Refusal(status, {"message": message, "statusCode": status})


def gateway_refused(status: int, code: str, message: str) -> Refusal:
    """An error in the gateway's form; `code` is a string that begins with the status."""
    return Refusal(status, {"error_code": code, "message": message})


def problem(status: int, title: str, detail: str) -> Refusal:
    """An error in the problem-details form of newer services."""
    kind = f"http://ns.adobe.com/aep/errors/QS-{status}"
    return Refusal(status, {"type": kind, "status": status, "title": title, "detail": detail})
