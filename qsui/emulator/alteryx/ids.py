"""Record ids as Alteryx Server makes them: MongoDB's 24 hex digits, or ULIDs on SQL databases.

Both begin with the moment of creation.
"""

from random import Random

from qsui.emulator.clock import SECOND

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_ULID_LENGTH = 26


def new_id(style: str, us: int, chance: Random) -> str:
    """An id of a record made at `us`; `style` is `objectid` or `ulid`."""
    if style == "ulid":
        number = (us // 1000) << 80 | chance.getrandbits(80)
        return "".join(_CROCKFORD[number >> 5 * at & 31] for at in reversed(range(_ULID_LENGTH)))
    return f"{us // SECOND:08x}{chance.getrandbits(64):016x}"
