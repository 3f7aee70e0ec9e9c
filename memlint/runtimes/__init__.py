"""The memory models that memlint brings, one module a runtime, each imported when something in a container calls for it."""
