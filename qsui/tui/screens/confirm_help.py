"""What F1 says in the confirm dialog: what each part means and why it asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qsui.live.plans import Plan


def explanation(
    plan: Plan | None, *, is_sending: bool = False, has_outcome: bool = False
) -> tuple[str, ...]:
    """Return paragraphs of our own words; no server text is in them."""
    if has_outcome or is_sending:
        return _OUTCOME if has_outcome else _SENDING
    paragraphs = [
        "Nothing was sent yet. Every target was read again just now; those that the server would "
        "refuse are left out, and the words beside them say why.",
        "Enter presses the button that has the keyboard, and that is Cancel at first. Tab and the "
        "arrows go to the other one. Esc always cancels.",
        "Each request leaves once and is never repeated by itself. Done is said only when the "
        "effect was read back, not when the server accepts it.",
    ]
    if plan is not None and plan.is_production:
        paragraphs.append(
            "This counts as production, so its name must be typed to arm the button and y does "
            "nothing. It counts so if the list of sandboxes says it or cannot be read; "
            "production = false in the profile says otherwise."
        )
    if plan is not None and plan.must_argue:
        paragraphs.append(
            "The same was sent before and its effect was not seen yet. A second one may do it "
            "twice, so the reason is needed here; elsewhere it may stay empty."
        )
    if plan is not None and plan.journal_trouble:
        paragraphs.append(
            "The journal cannot be written, so this would leave no trace here and u could not put "
            "it back. The button must be pressed twice."
        )
    paragraphs.append(
        "C copies the requests as curl commands; token and client id are left as variables. The "
        "reason goes into the journal beside what was done."
    )
    return tuple(paragraphs)


_SENDING = (
    "The requests leave one after the other, each once. What has left cannot be called back, so "
    "Esc waits for the answers; a lost one is waited for no longer than the time-out.",
)

_OUTCOME = (
    "Refused means that the server said no, or that the state had changed before it was sent. Not "
    "sent means that nothing left this machine.",
    "Unknown means that the request left and no answer came: it may have happened. It is looked "
    "for now; do not repeat it before it is known. The journal (7) keeps what was found.",
)
