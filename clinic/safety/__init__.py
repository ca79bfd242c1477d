"""Red flags: what a message may mean for someone's safety, and the fixed reply to it.

The rules are words in files that staff can read and need no model and no network. `model` may
raise what they find; it is imported where it is wanted, as its libraries load slowly.
"""

from clinic.safety.alert import Alert, Level, Reason, SafetyError
from clinic.safety.country import Country, CrisisLine, load_country
from clinic.safety.layers import Layers
from clinic.safety.reply import Replies, load_replies
from clinic.safety.screen import Screen, load_screen

__all__ = [
    "Alert",
    "Country",
    "CrisisLine",
    "Layers",
    "Level",
    "Reason",
    "Replies",
    "SafetyError",
    "Screen",
    "load_country",
    "load_replies",
    "load_screen",
]
