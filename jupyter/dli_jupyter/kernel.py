"""Starts one Rust kernel: `python -m dli_jupyter.kernel CONNECTION_FILE [--spare | --in-template]`.

Gives the kernel a private clone of the template (see `template`), runs evcxr in it, stays beside it, and takes the
clone away afterwards. The kernel dies with whoever started it, however that one ends. With `--spare` (see `spare`) it takes
the connection file away, too; with `--in-template` (see `warm`) it works in the template itself.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from . import template


# Waits until this process is gone, however it ended, and ends all that it has started: a cell in an endless loop does not
# notice that its kernel is no more.
GUARD = "trap '' INT TERM HUP; read _; kill -KILL 0"


def _start_guard():
    if os.getpgrp() != os.getpid():  # not started by Jupyter, which gives each kernel a process group of its own
        os.setpgid(0, 0)
    reader, _ = os.pipe()  # the other end stays open, in this process alone, until it ends
    subprocess.Popen(["sh", "-c", GUARD], stdin=reader, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(reader)


def main(connection_file, option=None):
    parent = os.getppid()
    _start_guard()
    process = folder = None

    def end(*_):
        if process is None:
            sys.exit(1)  # to `finally`
        process.terminate()

    def interrupt(*_):
        # JupyterLab signals the whole process group, and so the process that runs the cells, where a training listens (see
        # `progress.rs` in the support crate). VS Code signals this process alone: hand it on to all that evcxr has started.
        with contextlib.suppress(psutil.Error):
            for child in psutil.Process(process.pid).children(recursive=True):
                child.send_signal(signal.SIGINT)

    # Inherited by evcxr and the compilers that it starts, too: an interrupt is for the running cell alone.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGHUP, end)
    try:
        if option == "--in-template":
            found, place, locks = template.settings(), template.TEMPLATE, []
        else:
            found = template.ensure()
            folder, lock = template.clone()
            place, locks = folder, [lock]
        process = subprocess.Popen(
            [found["evcxr"], "--control_file", connection_file],
            env=template.environment(found, place),
            stdout=subprocess.DEVNULL,  # only says that it found no settings of the user's; errors go to stderr
            pass_fds=locks,  # the clone counts as in use for as long as any process of this kernel lives
        )
        # Only now: evcxr's start should not wait for it. And not in the handler: a second interrupt during the first would
        # find half a module.
        import psutil

        signal.signal(signal.SIGINT, interrupt)
        while True:
            try:
                return process.wait(timeout=1)
            except subprocess.TimeoutExpired:
                if os.getppid() != parent:  # the server is gone, and nobody else will ever talk to this kernel
                    process.terminate()
                    time.sleep(0.2)
                    process.kill()
    except template.KernelError as error:
        print(f"kernel: {error}", file=sys.stderr, flush=True)
        return 1
    finally:
        if folder:
            shutil.rmtree(folder, ignore_errors=True)
        if option == "--spare":
            Path(connection_file).unlink(missing_ok=True)


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[2:] not in ([], ["--spare"], ["--in-template"]):
        sys.exit("usage: python -m dli_jupyter.kernel CONNECTION_FILE [--spare | --in-template]")
    sys.exit(main(*sys.argv[1:]))
