"""A receiver that is right in every case, and small variations of it that are not."""
