"""What the platform's commands share: opening the store, serving, working, ending, printing."""
