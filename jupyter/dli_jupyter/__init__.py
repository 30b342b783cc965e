"""The Jupyter side of the notebooks: how a kernel starts, how notebooks are executed, compared and exported."""

# How the line begins that a panic or a failed `?` prints (`FAILURE_MARKER` in the support crate; a test holds the two together).
FAILURE_MARKER = "\x1b[31m✗ "
# What a cell wrote to standard error comes in red, too: the kernel puts it where the cell's other lines are.
RED = "\x1b[31m"
