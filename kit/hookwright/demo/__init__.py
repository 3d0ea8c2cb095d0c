"""What `hookwright demo` is made of: receivers as processes, what is sent them, what is seen."""
