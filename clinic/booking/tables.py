"""The tables of the diary as the migrations leave them; the rules live in the database itself."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Integer, MetaData, String, Table

from clinic.database import Instant

metadata = MetaData()

bookings = Table(
    "booking",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("reference", String(16), nullable=False, unique=True),
    Column("conversation", String(255), nullable=False),
    Column("idempotency_key", String(128), unique=True),
    Column("resource", String(64), nullable=False, server_default="clinic"),
    Column("service", String(120), nullable=False),
    Column("starts_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("busy_from", Instant, nullable=False),
    Column("busy_until", Instant, nullable=False),
    Column("status", String(16), nullable=False),
    Column("hold_expires_at", Instant),
    Column("first_name", String(40)),
    Column("contact_kind", String(8)),
    Column("contact", String(254)),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("consent_version", String(32)),
)

events = Table(
    "booking_event",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("booking_id", Integer, ForeignKey("booking.id"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("what", String(32), nullable=False),
    Column("by", String(64), nullable=False),
)
