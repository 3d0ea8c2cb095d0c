"""Both ends of a webhook as objects for a test: what the fixtures of the plugin return."""
