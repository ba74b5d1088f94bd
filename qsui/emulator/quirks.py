"""Where sources of the API contradict each other: one switch each, bundled into manners.

A switch is named by its number in the published comparison (`Q1` ... `Q36`) and takes one of a few
words; the first is the default. Numbers without a switch concern calls that this server does not
offer. The switches of the Alteryx half are called `A1` and so on.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from qsui.emulator.alteryx.quirks import CHOICES as ALTERYX_CHOICES

CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "Q1": ("iso", "offset"),  # `start`
    "Q2": (
        "mixed",
        "newest",
        "oldest",
        "latest",
    ),  # order without `orderby`; `latest`: last page, oldest first
    "Q3": ("epoch", "iso"),  # times of a schedule
    "Q4": ("bare", "z"),  # `created` in run detail
    "Q5": ("bare", "z"),  # task times
    "Q6": ("iso", "epoch"),  # `_page.start`, `_page.next` of schedules
    "Q7": ("optional", "required"),  # `endDate` when creating
    "Q8": ("string", "bool"),  # `externalTrigger`
    "Q9": ("lower", "upper"),  # state in run detail
    "Q10": ("int", "string"),  # task `duration`
    "Q11": ("object", "string"),  # `_links.next` of schedules and runs
    "Q12": ("docs", "oas"),  # query string of next links
    "Q13": ("here", "odd"),  # host of links
    "Q14": ("samples", "oas"),  # `body` of links
    "Q15": ("wrapped", "any"),  # PATCH of a schedule
    "Q16": ("accept", "refuse"),  # PATCH of the cron
    "Q17": ("200", "202"),  # soft delete
    "Q18": ("202", "200"),  # deletions
    "Q19": ("samples", "stops"),  # full stops in messages
    "Q20": ("always", "active"),  # cancel link of runs
    "Q21": ("off", "on"),  # `errors` on SUCCESS
    "Q22": ("created", "refuse"),  # runs ordered by `updated`
    "Q23": ("empty", "404"),  # an empty list
    "Q24": ("templateId", "templateID"),  # spelling in answers
    "Q25": ("any", "strict"),  # `dbName`
    "Q26": ("five", "six"),  # `six`: six cron fields are taken too and never fire
    "Q31": ("pages", "all"),  # a list without `limit`
    "Q33": (
        "either",
        "encoded",
        "decoded",
        "ignored",
        "no-links",
    ),  # `scheduleRunId`, links of queries to runs
    "Q34": ("off", "enrolled"),  # DISABLED after ten failures in a row
    "Q36": ("seconds", "ms"),  # `expires_in`
    **ALTERYX_CHOICES,
}
MANNERS: Final[Mapping[str, Mapping[str, str]]] = {
    "docs": {},
    "oas": {
        "Q2": "newest", "Q3": "iso", "Q4": "z", "Q5": "z", "Q8": "bool", "Q9": "upper",
        "Q10": "string", "Q11": "string", "Q12": "oas", "Q14": "oas", "Q17": "202",
        "Q33": "decoded",
    },
    "2020": {"Q1": "offset", "Q2": "latest", "Q17": "202"},
}  # fmt: skip


class Quirks:
    """The chosen answer to every contradiction."""

    def __init__(self, manner: str = "docs", overrides: Iterable[str] = ()) -> None:
        """Take a manner and `Q11=string` style overrides.

        Raises:
            ValueError: An unknown manner, switch or word; the sentence lists the known ones.
        """
        if manner not in MANNERS:
            raise ValueError(f"no manner {manner!r}; there are {', '.join(MANNERS)}")
        self.manner = manner
        self._chosen = {name: words[0] for name, words in CHOICES.items()} | dict(MANNERS[manner])
        for override in overrides:
            name, _, word = override.partition("=")
            words = CHOICES.get(name.upper())
            if words is None:
                raise ValueError(f"no quirk {name!r}; there are {', '.join(CHOICES)}")
            if word not in words:
                raise ValueError(f"quirk {name} takes {', '.join(words)}, not {word!r}")
            self._chosen[name.upper()] = word

    def __getitem__(self, name: str) -> str:
        """The word chosen for a switch."""
        return self._chosen[name]
