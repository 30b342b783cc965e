"""The Jupyter side of the notebooks: how a kernel starts, how notebooks are executed, compared and exported."""
