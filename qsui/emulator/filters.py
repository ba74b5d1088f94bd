"""The `property` parameter: comma-separated clauses turned into one SQL condition per list."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from qsui.emulator.clock import to_us
from qsui.emulator.ids import encode_run_id
from qsui.emulator.quirks import Quirks
from qsui.emulator.replies import refused

_CLAUSE = re.compile(r"([A-Za-z_]+)\s*(>=|<=|==|!=|>|<|~|=)(.*)", re.DOTALL)
_COMPARE = frozenset({">", "<", ">=", "<=", "==", "!="})
_SAME = frozenset({"=="})
_MAX_VALUES = 10
_DAY_ONLY = re.compile(r"\d{4}-\d\d-\d\d")

Term = tuple[str, list[object]]


def parse_time(text: str, name: str) -> int:
    """Microseconds since 1970 of an ISO time; a date alone is its midnight, no zone is UTC.

    Raises:
        Refusal: 400, naming the parameter.
    """
    value = text.strip()
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        raise refused(400, f"{name}: {text!r} is not an ISO-8601 timestamp") from error
    if len(value) < len("2020-01-01") or (value.isdigit() and not _DAY_ONLY.fullmatch(value)):
        raise refused(400, f"{name}: {text!r} is not an ISO-8601 timestamp")
    return to_us(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


@dataclass(frozen=True, slots=True)
class Field:
    """What may be asked of one field: operators, number of values, SQL of one comparison."""

    operators: frozenset[str]
    term: Callable[[str, str], Term]
    max_values: int = _MAX_VALUES


def _sql_operator(operator: str) -> str:
    return {"==": "=", "!=": "<>"}.get(operator, operator)


def text_field(column: str, operators: frozenset[str] = _SAME, *, max_values: int = 1) -> Field:
    """A field compared as text; `~` means 'contains', whatever the case."""

    def term(operator: str, value: str) -> Term:
        if operator == "~":
            return f"instr(lower({column}), lower(?)) > 0", [value]
        return f"{column} {_sql_operator(operator)} ?", [value]

    return Field(operators, term, max_values)


def time_field(column: str, operators: frozenset[str]) -> Field:
    """A field compared as a moment."""

    def term(operator: str, value: str) -> Term:
        if operator == "~":
            return (
                f"instr(strftime('%Y-%m-%dT%H:%M:%S', {column} / 1000000, 'unixepoch'), ?) > 0",
                [value],
            )
        return f"{column} {_sql_operator(operator)} ?", [parse_time(value, "property")]

    return Field(operators, term, 1)


def state_field(column: str, operators: frozenset[str]) -> Field:
    """A state, folded to upper case."""

    def term(operator: str, value: str) -> Term:
        if operator == "~":
            return f"instr({column}, ?) > 0", [value.upper()]
        return f"{column} {_sql_operator(operator)} ?", [value.upper()]

    return Field(operators, term)


def _flag(operator: str, value: str) -> Term:
    if value.lower() not in ("true", "false"):
        raise refused(400, f"property: externalTrigger is true or false, not {value!r}")
    return f"r.external {_sql_operator(operator)} ?", [int(value.lower() == "true")]


def _dataset(_operator: str, value: str) -> Term:
    return "instr(t.datasets, ?) > 0", [f'"{value}"']


def _run_id(quirks: Quirks) -> Callable[[str, str], Term]:
    def term(_operator: str, value: str) -> Term:
        encoded, decoded = value, encode_run_id(value)
        mode = quirks["Q33"]
        if mode in ("ignored", "no-links"):
            return "1", []
        if mode == "either":
            return "q.run_id IN (?,?)", [encoded, decoded]
        return "q.run_id = ?", [encoded if mode == "encoded" else decoded]

    return term


def query_fields(quirks: Quirks) -> Mapping[str, Field]:
    """Fields of `GET /queries`."""
    every = _COMPARE | {"~"}
    return {
        "created": time_field("q.created_us", every),
        "updated": time_field("q.updated_us", every),
        "state": state_field("q.state", every),
        "id": text_field("q.id", every, max_values=_MAX_VALUES),
        "referenced_datasets": Field(_SAME, _dataset),
        "userId": text_field("q.user", max_values=_MAX_VALUES),
        "sql": text_field("t.sql", frozenset({"~"})),
        "templateName": text_field("coalesce(t.template_name, '')", frozenset({"~"})),
        "templateId": text_field("t.template_id"),
        "client": text_field("q.client"),
        "scheduleId": text_field("q.schedule_id"),
        "scheduleRunId": Field(_SAME, _run_id(quirks), 1),
    }


SCHEDULE_FIELDS: Mapping[str, Field] = {
    "created": time_field("s.created_us", frozenset({">", "<", ">=", "<=", "=="})),
    "templateId": text_field("s.template_id"),
    "userId": text_field("s.user", max_values=_MAX_VALUES),
}
RUN_FIELDS: Mapping[str, Field] = {
    "created": time_field("r.created_us", frozenset({">", "<", ">=", "<="})),
    "state": state_field("r.state", frozenset({"==", "!="})),
    "externalTrigger": Field(_SAME, _flag, 1),
}
TEMPLATE_FIELDS: Mapping[str, Field] = {
    "name": text_field("p.name", frozenset({"~", "=="})),
    "userId": text_field("p.user", max_values=_MAX_VALUES),
    "lastUpdatedBy": text_field("p.last_user"),
    "created": time_field("p.created_us", frozenset({">", "<"})),
}
COUNT_FIELDS: Mapping[str, Field] = {"userId": text_field("p.user")}


def condition(text: str | None, fields: Mapping[str, Field]) -> Term:
    """The SQL condition (with its parameters) of a `property` value; `1` if there is none.

    Raises:
        Refusal: 400, naming the clause that is not understood.
    """
    terms: list[str] = ["1"]
    parameters: list[object] = []
    for clause in (text or "").split(","):
        if clause.strip():
            sql, values = _clause(clause.strip(), fields)
            terms.append(sql)
            parameters += values
    return " AND ".join(terms), parameters


def _clause(clause: str, fields: Mapping[str, Field]) -> Term:
    match = _CLAUSE.fullmatch(clause)
    if match is None:
        raise refused(400, f"property: {clause!r} is not 'field operator value'")
    name, operator, text = match.groups()
    operator = "==" if operator == "=" else operator
    field = fields.get(name)
    if field is None:
        raise refused(
            400, f"property: {name!r} is not a filter here; use one of {', '.join(fields)}"
        )
    if operator not in field.operators:
        raise refused(400, f"property: {name} does not take {operator!r}")
    values = [value.strip() for value in text.split("||")]
    if len(values) > field.max_values or not all(values):
        raise refused(400, f"property: {name} takes 1 to {field.max_values} values")
    terms = [field.term(operator, value) for value in values]
    joined = " OR ".join(sql for sql, _ in terms)
    return f"({joined})", [value for _, given in terms for value in given]
