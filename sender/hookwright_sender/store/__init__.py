"""What the platform keeps: SQLite or PostgreSQL, the same tables and the same statements."""
