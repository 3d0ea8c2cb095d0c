"""The routes, a module for each kind of object: its schemas, how it is shown, what can be done."""
