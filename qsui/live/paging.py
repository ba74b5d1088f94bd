"""Pages of a list, each paid for before it is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from qsui.domain.ports import Page
    from qsui.live.read_log import ReadLog
    from qsui.live.reading import Read

T = TypeVar("T")


class Paying(Protocol):
    """Waits until one more request may be sent, and pays for it."""

    async def __call__(self, read: Read) -> None:
        """Pay for the next request of a read."""
        ...


async def paid_pages(
    read: Read,
    pages: AsyncIterator[Page[T]],
    *,
    pay: Paying,
    log: ReadLog,
    generation: Callable[[], int],
) -> AsyncIterator[Page[T]]:
    """Yield pages and pay for each after the first; ends early if the generation changed."""
    begun_in = generation()
    is_first = True
    while True:
        if not is_first:
            await pay(read)
        page = await anext(pages, None)
        if page is None or generation() != begun_in:
            return
        is_first = False
        log.bad_records += page.bad
        yield page
        if page.is_last:
            return
