"""Bookings, and what happened to them.

The database itself refuses two appointments whose busy times overlap: an exclusion constraint on
PostgreSQL, triggers on SQLite. No check made before an insert can do that.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

TIME = sa.DateTime(timezone=True)
BLOCKING = "('held', 'pending', 'confirmed')"


def upgrade() -> None:
    """Create the tables and their guards."""
    op.create_table(
        "booking",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("reference", sa.String(16), nullable=False, unique=True),
        sa.Column("conversation", sa.String(255), nullable=False),
        sa.Column("idempotency_key", sa.String(128), unique=True),
        sa.Column("resource", sa.String(64), nullable=False, server_default="clinic"),
        sa.Column("service", sa.String(120), nullable=False),
        sa.Column("starts_at", TIME, nullable=False),
        sa.Column("ends_at", TIME, nullable=False),
        sa.Column("busy_from", TIME, nullable=False),
        sa.Column("busy_until", TIME, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("hold_expires_at", TIME),
        sa.Column("first_name", sa.String(40)),
        sa.Column("contact_kind", sa.String(8)),
        sa.Column("contact", sa.String(254)),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.Column("consent_version", sa.String(32)),
        sa.CheckConstraint(
            "status IN ('held', 'pending', 'confirmed', 'cancelled', 'expired')",
            name="booking_status",
        ),
        sa.CheckConstraint("contact_kind IN ('email', 'phone')", name="booking_contact_kind"),
        sa.CheckConstraint(
            "busy_from <= starts_at AND starts_at < ends_at AND ends_at <= busy_until",
            name="booking_times",
        ),
        sa.CheckConstraint(
            "status <> 'held' OR hold_expires_at IS NOT NULL", name="booking_hold_expires"
        ),
    )
    op.create_index("booking_conversation", "booking", ["conversation"])
    op.create_index(
        "booking_one_hold",
        "booking",
        ["conversation"],
        unique=True,
        sqlite_where=sa.text("status = 'held'"),
        postgresql_where=sa.text("status = 'held'"),
    )
    op.create_index(
        "booking_busy",
        "booking",
        ["resource", "busy_from"],
        sqlite_where=sa.text(f"status IN {BLOCKING}"),
        postgresql_where=sa.text(f"status IN {BLOCKING}"),
    )
    op.create_table(
        "booking_event",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("booking_id", sa.Integer, sa.ForeignKey("booking.id"), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("what", sa.String(32), nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
    )
    op.create_index("booking_event_booking", "booking_event", ["booking_id"])
    statements = POSTGRESQL if op.get_bind().dialect.name == "postgresql" else SQLITE
    for statement in statements:
        op.execute(statement)


def _sqlite_guard(name: str, moment: str) -> str:
    return f"""
        CREATE TRIGGER {name} BEFORE {moment} ON booking
        WHEN NEW.status IN {BLOCKING}
        BEGIN
            SELECT RAISE(ABORT, 'overlap') WHERE EXISTS (
                SELECT 1 FROM booking
                WHERE resource = NEW.resource AND status IN {BLOCKING}
                AND busy_from < NEW.busy_until AND NEW.busy_from < busy_until
                AND id IS NOT NEW.id
            );
        END
    """  # noqa: S608  (only constants of this file)


def _sqlite_append_only(moment: str) -> str:
    return f"""
        CREATE TRIGGER booking_event_no_{moment.lower()} BEFORE {moment} ON booking_event
        BEGIN SELECT RAISE(ABORT, 'booking_event is append-only'); END
    """


SQLITE = (
    _sqlite_guard("booking_no_overlap_insert", "INSERT"),
    _sqlite_guard("booking_no_overlap_update", "UPDATE OF busy_from, busy_until, resource, status"),
    _sqlite_append_only("UPDATE"),
    _sqlite_append_only("DELETE"),
)

POSTGRESQL = (
    "CREATE EXTENSION IF NOT EXISTS btree_gist",
    f"""
        ALTER TABLE booking ADD CONSTRAINT booking_no_overlap EXCLUDE USING gist
        (resource WITH =, tstzrange(busy_from, busy_until, '[)') WITH &&)
        WHERE (status IN {BLOCKING})
    """,
    """
        CREATE FUNCTION booking_event_append_only() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'booking_event is append-only'; END $$
    """,
    """
        CREATE TRIGGER booking_event_append_only BEFORE UPDATE OR DELETE ON booking_event
        FOR EACH ROW EXECUTE FUNCTION booking_event_append_only()
    """,
)
