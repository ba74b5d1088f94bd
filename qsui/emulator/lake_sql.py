"""A tokenizer for SQL and the few questions the emulator asks of a text without running it.

It knows quotes, comments and dollar quotes, so that a semicolon or a table name inside a string
is never mistaken for one outside. It does not parse: what a statement means is the engine's job.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_TOKEN: Final = re.compile(
    r"""
      (?P<space>\s+)
    | (?P<line>--[^\n]*)
    | (?P<block>/\*)
    | (?P<string>[eE]?'(?:[^']|'')*(?:'|\Z))
    | (?P<quoted>"(?:[^"]|"")*(?:"|\Z))
    | (?P<dollar>\$(?P<tag>(?:[^\W\d]\w*)?)\$)
    | (?P<word>\$?\w[\w$]*)
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_COMMENT_EDGE: Final = re.compile(r"/\*|\*/")
_SPACE: Final = frozenset({"space", "comment"})


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of SQL; the pieces of a text joined together are the text.

    Attributes:
        kind: `space`, `comment`, `string`, `quoted` (identifier), `dollar`, `word` or `other`.
        text: The piece as written.
    """

    kind: str
    text: str

    @property
    def upper(self) -> str:
        """A bare word in capitals; empty for anything that cannot be a keyword."""
        return self.text.upper() if self.kind == "word" else ""

    @property
    def name(self) -> str:
        """The identifier this token spells, lower-case unless quoted; empty for others."""
        if self.kind == "quoted":
            return self.text[1:].removesuffix('"').replace('""', '"')
        return self.text.lower() if self.kind == "word" else ""


def tokens(sql: str) -> Iterator[Token]:
    """Cut `sql` into tokens; quotes and comments left open run to the end of the text."""
    at = 0
    while found := _TOKEN.match(sql, at):
        kind, end = found.lastgroup or "other", found.end()
        if kind == "dollar":
            end = _after(sql, found[0], end)
        elif kind == "block":
            kind, end = "comment", _comment_end(sql, end)
        elif kind == "line":
            kind = "comment"
        elif kind == "string" and found[0][0] in "eE":
            end = _escaped_end(sql, at + 2)
        yield Token(kind, sql[at:end])
        at = end


def words(sql: str) -> list[Token]:
    """The tokens of `sql` that are neither blank nor comment."""
    return [token for token in tokens(sql) if token.kind not in _SPACE]


def split_statements(sql: str) -> list[str]:
    """The statements of `sql` in order, stripped, without their final semicolons.

    Pieces holding only blanks and comments are left out. An anonymous block `$$ BEGIN … END $$`
    counts as the statements inside it; its `EXCEPTION` section, if any, is left out, since a
    failing statement ends the block either way.
    """
    statements: list[str] = []
    for piece in _pieces(sql):
        body = _block_body(piece)
        if body is None:
            statements.append(piece)
        else:
            statements.extend(body)
    return statements


def referenced(sql: str) -> tuple[str, ...]:
    """Names of the tables that `sql` reads or inserts into, sorted, without its own CTEs.

    A scan of the tokens: the names after FROM, JOIN, INSERT INTO and after commas of a FROM list.
    Of a qualified name the last part counts.
    """
    found: set[str] = set()
    own: set[str] = set()
    for statement in split_statements(sql):
        row = words(statement)
        own.update(_cte_names(row))
        for index, token in enumerate(row):
            if token.upper in {"FROM", "JOIN", "INTO"} and not _in_extract(row, index):
                found.update(_names_from(row, index + 1, many=token.upper == "FROM"))
    return tuple(sorted(found - own))


def without_ctas_options(sql: str) -> str:
    """`CREATE TABLE x WITH (…) AS SELECT` without the options, which no engine but Adobe's has."""
    parts = list(tokens(sql))
    at = [index for index, token in enumerate(parts) if token.kind not in _SPACE]
    if [parts[index].upper for index in at[:2]] != ["CREATE", "TABLE"]:
        return sql
    for order, index in enumerate(at[2:], start=2):
        if parts[index].upper == "AS" or parts[index].text == "(":
            return sql
        if parts[index].upper == "WITH":
            return _drop_group(parts, at, order)
    return sql


def _drop_group(parts: list[Token], at: list[int], order: int) -> str:
    """Blank the word at `order` and the parentheses after it, keeping every line break."""
    depth = 0
    for index in at[order + 1 :]:
        depth += {"(": 1, ")": -1}.get(parts[index].text, 0)
        if depth == 0:
            gap = "".join(token.text for token in parts[at[order] : index + 1])
            parts[at[order] : index + 1] = [Token("space", "\n" * gap.count("\n"))]
            break
    return "".join(token.text for token in parts)


def _after(sql: str, mark: str, start: int) -> int:
    end = sql.find(mark, start)
    return len(sql) if end < 0 else end + len(mark)


def _comment_end(sql: str, at: int) -> int:
    depth = 1
    for edge in _COMMENT_EDGE.finditer(sql, at):
        depth += 1 if edge[0] == "/*" else -1
        if depth == 0:
            return edge.end()
    return len(sql)


def _escaped_end(sql: str, at: int) -> int:
    """The end of an `E'…'` string, in which a backslash takes the next character with it."""
    while at < len(sql):
        if sql[at] == "\\" or sql.startswith("''", at):
            at += 2
        elif sql[at] == "'":
            return at + 1
        else:
            at += 1
    return len(sql)


def _pieces(sql: str) -> Iterator[str]:
    piece: list[Token] = []
    for token in (*tokens(sql), Token("other", ";")):
        if token.kind == "other" and token.text == ";":
            if any(part.kind not in _SPACE for part in piece):
                yield "".join(part.text for part in piece).strip()
            piece = []
        else:
            piece.append(token)


def _block_body(statement: str) -> list[str] | None:
    """The statements of an anonymous block; None if `statement` is not one."""
    row = words(statement)
    if len(row) != 1 or row[0].kind != "dollar":
        return None
    mark = row[0].text[: row[0].text.index("$", 1) + 1]
    parts = list(tokens(row[0].text[len(mark) :].removesuffix(mark)))
    at = [index for index, token in enumerate(parts) if token.kind not in _SPACE]
    while at and parts[at[-1]].text == ";":
        at.pop()
    if len(at) < 2 or parts[at[0]].upper != "BEGIN" or parts[at[-1]].upper != "END":
        return None
    inner = "".join(token.text for token in parts[at[0] + 1 : at[-1]])
    body: list[str] = []
    for piece in _pieces(inner):
        if words(piece)[0].upper == "EXCEPTION":
            break
        body.append(piece)
    return body


def _cte_names(row: list[Token]) -> Iterator[str]:
    for token, following, third in zip(row, row[1:], row[2:], strict=False):
        if following.upper == "AS" and third.text == "(":
            yield token.name


def _in_extract(row: list[Token], at: int) -> bool:
    """Whether the FROM at `at` belongs to `extract(day FROM …)`."""
    return at >= 3 and row[at - 2].text == "(" and row[at - 3].upper == "EXTRACT"


def _names_from(row: list[Token], at: int, *, many: bool) -> Iterator[str]:
    """Table names from position `at` on; with `many`, also after commas at the same level."""
    while at < len(row):
        if not row[at].name or row[at].upper in {"SELECT", "LATERAL", "VALUES"}:
            return
        while at + 2 < len(row) and row[at + 1].text == "." and row[at + 2].name:
            at += 2
        if at + 1 < len(row) and row[at + 1].text == "(" and row[at - 1].upper != "INTO":
            return
        yield row[at].name
        at += 1
        while at < len(row) and (row[at].upper == "AS" or _is_alias(row[at])):
            at += 1
        if not many or at >= len(row) or row[at].text != ",":
            return
        at += 1


def _is_alias(token: Token) -> bool:
    stops = {"WHERE", "GROUP", "ORDER", "JOIN", "LEFT", "INNER", "ON", "LIMIT", "UNION", "HAVING"}
    return bool(token.name) and token.upper not in stops
