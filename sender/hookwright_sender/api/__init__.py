"""The HTTP API of the platform, under `/api/v1`: `create_app(services, settings)`."""
