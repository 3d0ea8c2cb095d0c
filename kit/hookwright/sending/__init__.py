"""What `hookwright send` is made of: from options to an event, from attempts to a report."""
