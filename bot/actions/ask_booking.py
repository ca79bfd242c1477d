"""What the booking form asks: a time, a first name, a contact, and a yes to it all."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from bot import payloads, resources
from bot.actions.base import Button, ClinicAction, Event, say
from bot.actions.booking_turn import read_wish, stored_contact, stored_start
from bot.actions.times import slot_buttons, when_text
from clinic.booking.contact import Suggestion, read_contact
from clinic.booking.dates import When, matching

OFFERED = 4
STOP: Button = {"title": "Stop booking", "payload": payloads.STOP_BOOKING}


class AskBookingSlot(ClinicAction):
    """Offers free times: those that fit the visitor's wish, else the nearest, else the next."""

    action_name = "action_ask_booking_form_booking_slot"
    during_emergency = False

    def perform(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Iterable[Event]:
        """List a few free times as buttons."""
        profile = resources.profile()
        free = resources.diary().free(conversation=tracker.sender_id)
        if not free:
            text = f"There are no free times to book online. Please ring {profile.phone}."
            say(dispatcher, text, "booking", buttons=[STOP])
            return []
        service = profile.booking.service.lower()
        text = f"These are the next free times for a {service}. Which suits you?"
        starts = _spread(free)
        if wish := tracker.get_slot("time_wish"):
            when = read_wish(wish)
            if when is not None:
                starts, fitting = _for_wish(free, when)
                text = (
                    "These times fit. Which one would you like?"
                    if fitting
                    else "Nothing is free then, I am afraid. These are the nearest times."
                )
        text += f" Times are in the clinic's time zone ({profile.time_zone})."
        say(dispatcher, text, "booking", buttons=[*slot_buttons(starts), STOP], asks="time")
        return []


class AskFirstName(ClinicAction):
    """Reads the held time back and asks for a first name."""

    action_name = "action_ask_booking_form_first_name"
    during_emergency = False

    def perform(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Iterable[Event]:
        """Ask for a first name."""
        start, minutes = stored_start(tracker), resources.profile().booking.hold_minutes
        kept = f"I am keeping {when_text(start)} for you for {minutes} minutes. " if start else ""
        text = kept + "What is your first name?"
        say(dispatcher, text, "booking", buttons=[STOP], asks="first_name")
        return []


class AskContact(ClinicAction):
    """Asks for one way to reach the visitor and says what it is kept for."""

    action_name = "action_ask_booking_form_contact"
    during_emergency = False

    def perform(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Iterable[Event]:
        """Ask for an e-mail address or a phone number."""
        name = tracker.get_slot("first_name")
        text = (
            f"Thank you, {name}. Which e-mail address or phone number can we reach you on? We keep "
            "your first name, this contact and the time, for this booking only. Please send no "
            "health details."
        )
        say(dispatcher, text, "booking", buttons=[STOP], asks="contact")
        return []


class AskAgreed(ClinicAction):
    """Reads everything back before it is booked."""

    action_name = "action_ask_booking_form_booking_agreed"
    during_emergency = False

    def perform(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Iterable[Event]:
        """Ask for a yes or no."""
        profile, start = resources.profile(), stored_start(tracker)
        contact = stored_contact(tracker, "contact")
        if start is None or contact is None:
            raise LookupError("the booking form asks for agreement without a time or a contact")
        text = (
            f"{profile.booking.service} on {when_text(start)}, for "
            f"{tracker.get_slot('first_name')}, contact {contact.display}."
        )
        doubt = read_contact(contact.value, profile.phone_region)
        if isinstance(doubt, Suggestion):
            text += f" Did you mean {doubt.meant.display}? If so, type it before you confirm."
        minimum_age = profile.facts.get("minimum_age", 18)
        text += f" By booking you say that you are {minimum_age} or over. Shall I book it?"
        buttons: list[Button] = [
            {"title": "Yes, book it", "payload": payloads.AFFIRM},
            {"title": "No, another time", "payload": payloads.DENY},
            STOP,
        ]
        say(dispatcher, text, "booking", buttons=buttons, asks="agreement")
        return []


def _for_wish(free: list[dt.datetime], when: When) -> tuple[list[dt.datetime], bool]:
    """A few times for what was wished, over all its readings, and whether they fit it."""
    zone = resources.profile().zone
    found = [matching(free, reading, zone, limit=len(free)) for reading in when.readings]
    fitting = [matches for matches in found if matches.fits]
    if not fitting:
        nearest = [matching(free, reading, zone, limit=OFFERED) for reading in when.readings]
        return sorted({start for matches in nearest for start in matches.starts})[:OFFERED], False
    each = max(1, OFFERED // len(fitting))
    chosen = {start for matches in fitting for start in _spread(list(matches.starts))[:each]}
    return sorted(chosen), True


def _spread(free: list[dt.datetime]) -> list[dt.datetime]:
    """A few times over different days, so that the choice is a real one."""
    zone = resources.profile().zone
    days: dict[dt.date, list[dt.datetime]] = {}
    for start in free:
        days.setdefault(start.astimezone(zone).date(), []).append(start)
    if len(days) == 1:
        step = max(1, len(free) // OFFERED)
        return free[::step][:OFFERED]
    chosen = [
        start
        for day in list(days.values())[: OFFERED // 2]
        for start in (day[0], day[len(day) // 2])
    ]
    return sorted(dict.fromkeys(chosen))
