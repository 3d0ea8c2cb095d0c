"""The templates of generated receivers: `common`, one folder per language, one per stack; data only."""
