"""memlint: what the kernel will do to a container's memory, known before the deploy."""

__version__ = "0.1.0"
