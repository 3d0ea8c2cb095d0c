"""The receiver's tests: they need nothing but the project's own dependencies, and no network."""
