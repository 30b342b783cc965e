"""Starts one Rust kernel: `python -m dli_jupyter.kernel CONNECTION_FILE`.

Gives the kernel a private clone of the template (see `template`), runs evcxr in it, stays beside it, and takes the
clone away afterwards. The kernel dies with whoever started it, however that one ends.
"""

import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import time

from . import template


def _in_evcxr():
    # Inherited by the compilers that it starts, too: an interrupt is for the running cell alone.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Linux only, and enough there: even a launcher that is killed by SIGKILL takes its kernel along.
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)


def _end_group():
    """Ends what the kernel may have left running (a cell in an endless loop does not notice that evcxr is gone)."""
    if os.getpgrp() == os.getpid():
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        os.killpg(0, signal.SIGTERM)


def main(connection_file):
    parent = os.getppid()
    try:
        found = template.ensure()
        folder, lock = template.clone()
    except template.KernelError as error:
        print(f"kernel: {error}", file=sys.stderr, flush=True)
        return 1
    process = None

    def end(*_):
        if process:
            process.terminate()

    def interrupt(*_):
        # JupyterLab signals the whole process group, and so the process that runs the cells, where a training listens (see
        # `progress.rs` in the support crate). VS Code signals this process alone: hand it on to all that evcxr has started.
        if process:
            import psutil  # only here: a start should not wait for it

            with contextlib.suppress(psutil.Error):
                for child in psutil.Process(process.pid).children(recursive=True):
                    child.send_signal(signal.SIGINT)

    signal.signal(signal.SIGINT, interrupt)
    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGHUP, end)
    try:
        process = subprocess.Popen(
            [found["evcxr"], "--control_file", connection_file],
            env=template.environment(found, folder),
            stdout=subprocess.DEVNULL,  # only says that it found no settings of the user's; errors go to stderr
            pass_fds=[lock],  # the clone counts as in use for as long as any process of this kernel lives
            preexec_fn=_in_evcxr,
        )
        while True:
            try:
                return process.wait(timeout=1)
            except subprocess.TimeoutExpired:
                if os.getppid() != parent:  # the server is gone, and nobody else will ever talk to this kernel
                    process.terminate()
                    time.sleep(0.2)
                    process.kill()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        _end_group()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m dli_jupyter.kernel CONNECTION_FILE")
    sys.exit(main(sys.argv[1]))
