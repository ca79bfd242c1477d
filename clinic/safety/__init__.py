"""Red flags: what a message may mean for someone's safety, and the fixed reply to it.

The rules are words in files that staff can read; nothing here needs a model or a network.
"""

from clinic.safety.alert import Alert, Level, Reason, SafetyError
from clinic.safety.country import Country, CrisisLine, load_country
from clinic.safety.reply import Replies, load_replies
from clinic.safety.screen import Screen, load_screen

__all__ = [
    "Alert",
    "Country",
    "CrisisLine",
    "Level",
    "Reason",
    "Replies",
    "SafetyError",
    "Screen",
    "load_country",
    "load_replies",
    "load_screen",
]
