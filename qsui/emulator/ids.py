"""Identifiers as Query Service prints them: UUIDs, schedule, run (base64) and task ids."""

import base64
import re
import string
from random import Random

from qsui.emulator.clock import from_us

ORG = "DE3000000000000000000001@AdobeOrg"
_TASK_LETTERS = string.ascii_letters + string.digits
_SLUG_GAP = re.compile(r"[^a-z0-9]+")


def uuid(rng: Random) -> str:
    """A random (version 4) UUID from a seeded source."""
    digits = f"{rng.getrandbits(128):032x}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


def task_id(rng: Random) -> str:
    """Ten letters and digits, as in `taskStatusList[].taskId`."""
    return "".join(rng.choices(_TASK_LETTERS, k=10))


def schedule_id(rng: Random, *, sandbox_id: str, name: str, task_ids: list[str]) -> str:
    """Org, sandbox, slug of the name, all task ids in lower case, six random characters."""
    slug = _SLUG_GAP.sub("_", name.lower()).strip("_")[:40] or "scheduled_query"
    tasks = "".join(task_ids).lower()
    tail = "".join(rng.choices(string.ascii_lowercase, k=6))
    return f"{ORG.partition('@')[0].lower()}_{sandbox_id}_{slug}{tasks}_{tail}"


def run_id(slot_us: int, *, manual: bool) -> str:
    """The base64 of an Airflow run id: `scheduled__<slot>` or `manual__<moment with µs>`."""
    moment = from_us(slot_us)
    text = (
        f"manual__{moment.isoformat(timespec='microseconds')}"
        if manual
        else f"scheduled__{moment.isoformat(timespec='seconds')}"
    )
    return encode_run_id(text)


def encode_run_id(text: str) -> str:
    """Base64 with its padding, as run ids travel."""
    return base64.b64encode(text.encode()).decode()
