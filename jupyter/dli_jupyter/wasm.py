"""Runs a program for WebAssembly (WASI): `python -m dli_jupyter.wasm PROGRAM.wasm FOLDER [ARGUMENT]…`.

It may read FOLDER, has this process's environment, and ends with the program's exit status.
"""

import sys
from pathlib import Path

import wasmtime


def main(program, folder, *arguments):
    engine = wasmtime.Engine()
    linker = wasmtime.Linker(engine)
    linker.define_wasi()
    store = wasmtime.Store(engine)
    wasi = wasmtime.WasiConfig()
    wasi.argv = [Path(program).name, *arguments]
    wasi.inherit_env()
    wasi.inherit_stdout()
    wasi.inherit_stderr()
    wasi.preopen_dir(folder, folder)
    store.set_wasi(wasi)
    instance = linker.instantiate(store, wasmtime.Module.from_file(engine, program))
    try:
        instance.exports(store)["_start"](store)
    except wasmtime.ExitTrap as end:
        return end.code
    except wasmtime.Trap as trap:
        # A panic ends in one, behind what its hook has said.
        print(str(trap).splitlines()[-1], file=sys.stderr)
        return 101
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
