"""Where an Alteryx Server is undocumented or contradicts itself: one switch each.

They are chosen like those of the other half (`A1=array`); the first word is the default.
"""

from collections.abc import Mapping
from typing import Final

CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "A1": ("object", "array", "wrapped", "null"),  # body of the messages endpoint
    "A2": ("text", "number"),  # priority of a job
    "A3": ("objectid", "ulid"),  # ids of jobs and schedules
    "A4": ("given", "null"),  # `appId` of a job
    # times: `mixed` has seven digits of a second when a job is made, none when it is read, three
    # elsewhere; `seven` has seven everywhere; `naive` is `mixed` without the Z
    "A5": ("mixed", "seven", "naive"),
    "A6": ("json", "xml"),  # `xml`: answers are XML unless `Accept` asks for JSON
    "A7": ("v3", "both", "none"),  # whose lists of a workflow's jobs hold scheduled runs: v3, v1
    "A8": ("newest", "oldest"),  # order of a workflow's jobs without `direction`
    "A9": ("scene", "2500"),  # `2500`: that many workflows beside those of the scene
    "A10": ("json", "empty"),  # body of a 404
    "A11": ("hms", "fraction", "seconds"),  # `executionTime`
    "A12": ("all", "open"),  # jobs listed without `statuses`
    "A13": ("few", "full"),  # `full`: messages of every engine code, not only 1, 2, 3, 5 and 6
    "A14": ("404", "405"),  # a method that the release does not know, on a path that it knows
    "A15": ("poor", "full"),  # `iteration` of a schedule when read
    "A16": ("full", "reduced"),  # rows of the schedules list with `view=Full`
    "A17": ("null", "zero", "blank"),  # a time that has not come yet
    # a PATCH of `iteration` without `timeZone`: are its times of the schedule's zone, or UTC?
    "A18": ("zone", "utc"),
}
