"""Runs notebooks that were compiled as programs (`xtask/src/program/`), under any seeds.

    python -m dli_jupyter.program place           where to compile them, and with what, as JSON
    python -m dli_jupyter.program run [--check] [--show] [--jobs N] [--seed S]… [--timeout S] (NOTEBOOK PROGRAM)…

Running prints the same lines of JSON as `dli_jupyter.execute`, and then, with several seeds, what the claims of each notebook
came to over them.
"""

import argparse
import asyncio
import fcntl
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat

from . import compare, execute, template

PLACE = template.KERNEL / "program"
CELL = "DLI_CELL "
BEGIN, END = "EVCXR_BEGIN_CONTENT ", "EVCXR_END_CONTENT"
CLAIM = "text/x-claim"
# Those that this process may use.
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def place():
    """The folder in which programs are compiled, made anew from the template when that has changed."""
    found = template.ensure()
    stamp = json.dumps({key: value for key, value in template._stamp().items() if key != "files"})
    with template._lock("program.lock", fcntl.LOCK_EX):
        mark = PLACE / "made-from"
        if not (mark.is_file() and mark.read_text() == stamp):
            compiled = PLACE / "target"
            shutil.rmtree(compiled, ignore_errors=True)
            compiled.mkdir(parents=True)
            with template._lock("template.lock", fcntl.LOCK_SH):
                template._copy(template.TEMPLATE / "target", compiled)
                shutil.copyfile(template.ROOT / "Cargo.lock", PLACE / "Cargo.lock")
            mark.write_text(stamp)
    env = template.environment(found, PLACE)
    # Of no use to a program: its lines stand in it as they are.
    del env["RUSTC_WORKSPACE_WRAPPER"], env["CARGO"]
    # What evcxr sets, or cargo would take what it has compiled for something else.
    lld = shutil.which("lld", path=env["PATH"]) and not shutil.which("mold", path=env["PATH"])
    env["RUSTFLAGS"] = "-Cprefer-dynamic" + (" -Clink-arg=-fuse-ld=lld" if lld else "")
    version = subprocess.run([env["RUSTC"], "-vV"], check=True, text=True, capture_output=True).stdout
    host = next(line.removeprefix("host: ") for line in version.splitlines() if line.startswith("host: "))
    return {"folder": str(PLACE), "target": host, "environment": env}


def outputs(said):
    """What a program printed: the outputs of its cells, {id: [output, …]}, and its claims, {id: [low, high, required, holds]}."""
    cells, claims = {}, {}
    text, data, lines = [], {}, iter(said.split("\n"))
    for line in lines:
        if line.startswith(CELL):
            text, data = [], {}
            cells[line.removeprefix(CELL)] = (text, data)
        elif line.startswith(BEGIN):
            content = []
            for line_inside in lines:
                if line_inside == END:
                    break
                content.append(line_inside)
            if line.removeprefix(BEGIN) == CLAIM:
                name, *rest = "\n".join(content).split("\t")
                claims[name] = rest
            else:
                data[line.removeprefix(BEGIN)] = "\n".join(content)
        else:
            text.append(line + "\n")
    if text and text[-1] == "\n":
        text.pop()  # what follows the last line break
    return {name: _as_outputs("".join(text), data) for name, (text, data) in cells.items()}, claims


def _as_outputs(text, data):
    stream = [nbformat.v4.new_output("stream", name="stdout", text=text)] if text else []
    return stream + ([nbformat.v4.new_output("execute_result", data=data)] if data else [])


def command(program):
    """How a program is started: one for WebAssembly needs a machine that runs it."""
    if program.suffix != ".wasm":
        return [str(program)]
    return [sys.executable, "-m", "dli_jupyter.wasm", str(program), str(template.CRATE / "data" / "mnist")]


async def run_one(path, program, seed, options):
    """Runs one program under one seed: its failures as in `execute.run_notebook`, and its claims."""
    notebook = nbformat.read(path, 4)
    own = {"DLI_SEED": seed, "DLI_CLOCK": "0", "DLI_CLAIMS": "1", "RAYON_NUM_THREADS": options.threads}
    env = {**template.MEMORY, **os.environ, **own}
    with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        started = await asyncio.create_subprocess_exec(
            *command(program), env=env, cwd=path.parent, stdin=asyncio.subprocess.DEVNULL, stdout=stdout, stderr=stderr
        )
        try:
            status = await asyncio.wait_for(started.wait(), options.timeout)
        except asyncio.TimeoutError:
            started.kill()
            status = await started.wait()
            return [_failure(notebook, None, f"still running after its limit of {options.timeout} s")], {}
        finally:
            if started.returncode is None:  # this program is told to end
                started.kill()
        said, complaints = [_text(file) for file in (stdout, stderr)]
    ran, claims = outputs(said)
    last = list(ran)[-1] if ran else None
    failures = []
    for cell in notebook.cells:
        if cell.id in ran:
            executed = nbformat.from_dict({**cell, "outputs": ran[cell.id]})
            message = execute.failure(executed)
            if message:
                failures.append(_failure(notebook, cell.id, message))
            elif options.check and seed == execute.DEFAULT_SEED and (drift := compare.difference(cell, executed)):
                failures.append(_failure(notebook, cell.id, f"shows something else than in its kernel\n{drift}"))
    if options.show:
        for name, shown in ran.items():
            lines = compare.visible({"outputs": [_plain(output) for output in shown]})
            if lines:
                print(f"\n[{name}]", *lines, sep="\n", flush=True)
    missing = [c.id for c in notebook.cells if c.cell_type == "code" and c.source.strip() and c.id not in ran]
    if not failures and complaints.strip():
        failures.append(_failure(notebook, last, complaints.strip()))
    if not failures and (status or missing):
        failures.append(_failure(notebook, last, f"the program ended with {status} in or after this cell"))
    return failures, claims


def _plain(output):
    """An output without its pictures and tables for a browser."""
    if output.output_type == "stream":
        return nbformat.from_dict({**output, "text": execute.ANSI.sub("", output.text)})
    return nbformat.from_dict({**output, "data": {"text/plain": output.data.get("text/plain", "")}})


def _text(file):
    file.seek(0)
    return file.read().decode(errors="replace")


def _failure(notebook, name, message):
    code = [cell.id for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]
    return {"cell": code.index(name) + 1 if name in code else 0, "id": name or "", "message": message}


def ranges(claims):
    """What a notebook's claims came to over the seeds, a line for each: {seed: claims} as `outputs` gives them."""
    lines = []
    for name in sorted({name for of in claims.values() for name in of}):
        made = {seed: of[name] for seed, of in claims.items() if name in of}
        failed = [seed for seed, (_, _, _, holds) in made.items() if holds != "true"]
        numbers = [float(end) for low, high, _, _ in made.values() for end in (low, high) if end]
        measured = ""
        if numbers:
            low, high = f"{min(numbers):.4g}", f"{max(numbers):.4g}"
            measured = low if low == high else f"{low} … {high}"
            if any(map(math.isnan, numbers)):  # which has no place among others
                measured = "NaN"
        required = " or ".join(sorted({required for _, _, required, _ in made.values() if numbers}))
        sign = f"✗ under seed {', '.join(failed)}" if failed else "✓"
        lines.append(f"    {name:7} {measured:24} {required:24} {sign}".rstrip())
    return lines


async def run_all(programs, options):
    gate = asyncio.Semaphore(options.jobs)
    claims = {}

    async def one(path, program, seed):
        name = path.stem if len(options.seeds) == 1 else f"{path.stem} (seed {seed})"

        def say(event, **more):
            print(json.dumps({"notebook": name, "event": event, **more}, ensure_ascii=False), flush=True)

        async with gate:
            start = time.monotonic()
            say("start", cells=1)
            try:
                failures, made = await run_one(path, program, seed, options)
            except Exception as error:  # one notebook's trouble must not keep the others from running
                failures, made = [_failure(nbformat.v4.new_notebook(), None, f"{type(error).__name__}: {error}")], {}
            claims.setdefault(path, {})[seed] = made
            say("done", seconds=round(time.monotonic() - start, 1), failures=failures)
            return not failures

    passed = await asyncio.gather(*(one(*pair, seed) for pair in programs for seed in options.seeds))
    if len(options.seeds) > 1:
        for path, _ in programs:
            print(f"\n  {path.stem}: measured under {len(options.seeds)} seeds, required")
            print("\n".join(ranges(claims[path])) or "    no claims")
    return all(passed)


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="dli_jupyter.program", description=__doc__.splitlines()[0])
    parser.add_argument("task", choices=["place", "run"])
    parser.add_argument("programs", nargs="*", type=Path, metavar="NOTEBOOK PROGRAM")
    parser.add_argument("--show", action="store_true", help="print what the cells say")
    parser.add_argument("--check", action="store_true", help="compare with what the notebooks hold, under seed 42")
    parser.add_argument("--jobs", type=int, default=CORES)
    parser.add_argument("--seed", dest="seeds", action="append")
    parser.add_argument("--timeout", type=int, default=600, help="seconds that one program may take")
    options = parser.parse_intermixed_args(arguments)
    options.seeds = options.seeds or [execute.DEFAULT_SEED]
    try:
        if options.task == "place":
            print(json.dumps(place()))
            return 0
    except template.KernelError as error:
        print(error, file=sys.stderr)
        return 1
    programs = list(zip(options.programs[::2], options.programs[1::2]))
    # A program by itself shares its convolutions among all cores. Several at once share the cores.
    at_once = min(options.jobs, max(1, len(programs) * len(options.seeds)))
    options.threads = str(max(1, CORES // at_once))
    return 0 if asyncio.run(run_all(programs, options)) else 1


if __name__ == "__main__":
    sys.exit(main())
