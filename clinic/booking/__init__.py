"""Booking a consultation: the diary, its hours, and reading what visitors write about time."""
