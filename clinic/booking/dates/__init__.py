"""What visitors mean by "next tues after 3": read, explain, and match with free times.

A grammar of our own, because general date libraries are often confidently wrong on such phrases
("any day but friday", "tuesday week"); one of them is asked last, about whole written dates only.
"""

from clinic.booking.dates.matching import Matches, matching
from clinic.booking.dates.reading import read_when
from clinic.booking.dates.when import Days, Hours, When, describe, spoken

__all__ = [
    "Days",
    "Hours",
    "Matches",
    "When",
    "describe",
    "matching",
    "read_when",
    "spoken",
]
