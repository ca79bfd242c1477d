"""The database's schema, one step after another; `clinic.database.upgrade` runs them."""
