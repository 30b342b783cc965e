"""Keeps one kernel started in advance, so that opening a notebook or restarting its kernel takes no time.

A kernel needs about five seconds until it has loaded the crate. With `DLI_SPARE_KERNEL=1` (`cargo xtask lab` sets it,
unless told `--no-spare`) the Jupyter server starts the next kernel while the reader reads; whoever opens or restarts
a notebook then gets that one. A spare costs about 330 MB of memory. It watches the server like any other kernel does
(see `kernel`), so it ends with it, however the server ends.

Jupyter finds this class by the entry point in `pyproject.toml` and by the name in the kernelspec.
"""

import asyncio
import atexit
import os
import signal
import tempfile

from jupyter_client.connect import write_connection_file
from jupyter_client.launcher import launch_kernel
from jupyter_client.provisioning import LocalProvisioner

from . import template

# Seconds between handing out a kernel and starting the next spare: the new kernel's first cells come first.
PAUSE = 8


class Spare:
    """One kernel that nobody uses yet."""

    def __init__(self, argv, env, cwd):
        self.argv, self.cwd = argv, cwd
        self.built_from = template.fingerprint(template.settings())
        handle, self.file = tempfile.mkstemp(prefix="spare-", suffix=".json")
        os.close(handle)
        _, self.connection = write_connection_file(self.file, ip="127.0.0.1", key=os.urandom(16).hex().encode())
        self.connection["key"] = self.connection["key"].encode()
        command = [*(part.replace("{connection_file}", self.file) for part in argv), "--spare"]
        self.process = launch_kernel(command, env=env, cwd=cwd, independent=False)

    def fits(self, argv, cwd):
        """Whether this is the kernel that would be started now: same command and folder, alive, and not outdated."""
        return (
            (self.argv, self.cwd) == (argv, cwd)
            and self.process.poll() is None
            and self.built_from == template.fingerprint(template.settings())
        )

    def end(self):
        if self.process.poll() is None:
            self.process.terminate()
        self.forget()

    def forget(self):
        """Takes away the connection file: the kernel has read it, and Jupyter writes one of its own.

        The kernel does that, too, when it ends, unless it is killed; this process may be killed as well.
        """
        try:
            os.unlink(self.file)
        except FileNotFoundError:
            pass


class SpareProvisioner(LocalProvisioner):
    """Hands out the spare kernel if there is one that fits, and starts a kernel otherwise."""

    spare = None  # one for the whole server
    refill = None
    interrupts = 0  # how many this kernel got; `run_all` reads it

    async def launch_kernel(self, cmd, **kwargs):
        cls, argv, cwd = SpareProvisioner, list(self.kernel_spec.argv), str(kwargs.get("cwd") or os.getcwd())
        if os.environ.get("DLI_SPARE_KERNEL") != "1":
            return await super().launch_kernel(cmd, **kwargs)
        spare, cls.spare = cls.spare, None
        if spare and spare.fits(argv, cwd):
            self.process, self.pid, self.cwd = spare.process, spare.process.pid, cwd
            self.pgid = os.getpgid(self.pid)
            self.connection_info = spare.connection
            self.handed_out = spare
        else:
            if spare:
                spare.end()
            await super().launch_kernel(cmd, **kwargs)
        if cls.refill:
            cls.refill.cancel()
        # A notebook's own name is the one thing in the environment that belongs to this kernel alone.
        env = {k: v for k, v in kwargs["env"].items() if k != "JPY_SESSION_NAME"}
        cls.refill = asyncio.get_running_loop().create_task(cls.start_spare(argv, env, cwd))
        return self.connection_info

    @classmethod
    async def start_spare(cls, argv, env, cwd):
        await asyncio.sleep(PAUSE)
        try:
            cls.spare = Spare(argv, env, cwd)
        except (OSError, template.KernelError):
            cls.spare = None  # no spare, then; the next kernel starts in the ordinary way and says what is wrong

    async def send_signal(self, signum):
        self.interrupts += signum == signal.SIGINT
        await super().send_signal(signum)

    async def cleanup(self, restart=False):
        spare = getattr(self, "handed_out", None)
        if spare:
            spare.forget()
        await super().cleanup(restart=restart)


@atexit.register
def end_spare():
    if SpareProvisioner.spare:
        SpareProvisioner.spare.end()
