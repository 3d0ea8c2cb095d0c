"""What an owner does with the platform: objects, webhooks, proofs of ownership, events in."""
