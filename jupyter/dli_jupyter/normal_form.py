"""The one form in which notebooks are committed, whichever tool saved them, so that a diff shows what changed."""

import nbformat

# `language_info` is what this kernel answers, word for word: JupyterLab writes that into a notebook that it opens, and
# a notebook that says something else would count as changed before the reader has done anything.
METADATA = {
    "kernelspec": {"display_name": "Rust", "language": "rust", "name": "rust"},
    "language_info": {
        "codemirror_mode": "rust",
        "file_extension": ".rs",
        "mimetype": "text/rust",
        "name": "Rust",
        "pygment_lexer": "rust",
        "version": "",
    },
}


def normalize(notebook):
    """Stable ids, merged streams, counts from 1, no time stamps, the least metadata. Changes and returns `notebook`."""
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    notebook.metadata = nbformat.from_dict(METADATA)
    taken = set()
    count = 0
    for index, cell in enumerate(notebook.cells):
        if not cell.get("id") or cell.id in taken:
            cell.id = f"cell-{index}"
        taken.add(cell.id)
        tags = cell.metadata.get("tags")
        cell.metadata = nbformat.from_dict({"tags": tags} if tags else {})
        if cell.cell_type != "code":
            continue
        ran = bool(cell.source.strip() and (cell.outputs or cell.execution_count is not None))
        count += ran
        cell.execution_count = count if ran else None
        cell.outputs = _merged(cell.outputs, cell.execution_count)
    return notebook


def _merged(outputs, count):
    merged = []
    for output in outputs:
        output.pop("transient", None)
        # Whether late stderr is recorded is a matter of luck; a cell that writes any has failed anyway.
        if output.output_type == "stream" and output.name == "stderr":
            continue
        last = merged[-1] if merged else None
        if output.output_type == "stream" and last and last.output_type == "stream":
            last.text += output.text
            continue
        if output.output_type == "execute_result":
            output.execution_count = count
        merged.append(output)
    return merged
