"""Migrations, oldest first; `schema.upgrade` runs them."""
