"""The Jupyter side of the notebooks: how a kernel starts, how notebooks are executed, compared and exported."""

# What the support crate's panic hook prints (`PANIC_MARKER` there; a test holds the two together).
PANIC_MARKER = "✗ panicked: "
