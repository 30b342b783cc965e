"""“Run All” in JupyterLab ends at the first cell that fails or is stopped, as it does with Python.

JupyterLab sends all cells at once and leaves it to the kernel to skip those after a failure. evcxr skips nothing, and
it answers "ok" to a panic and to a failed `?`. So this connection between the browser and a kernel sends a cell when the
one before has ended well. What a cell gets wrong it shows in readable colours and with a hint: see `hints`.
`jupyter_config.py` puts it in the place of the stock one.
"""

import re
from collections import deque
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

import zmq
from jupyter_server.services.kernels.connection.base import deserialize_msg_from_ws_v1
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection

from . import FAILURE_MARKER, hints

HEADER, PARENT, CONTENT = 0, 1, 3  # the parts of a message

# What each kernel's process has run, whichever page sent it: see `hints.explain`.
HISTORIES = WeakKeyDictionary()


@dataclass
class Cell:
    """A request to execute a cell, and what has become of it."""

    header: dict
    request: list
    source: str
    stop_on_error: bool
    # Of the kernel that it was sent to, at that time:
    process: int | None = None
    interrupts: int | None = None
    failed: bool = False
    errors: list = field(default_factory=list)
    idle: bool = False
    reply: tuple | None = None


class Connection(ZMQChannelsWebsocketConnection):
    """Jupyter Server's connection, which holds back cells while one runs."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.running, self.waiting = None, deque()  # cells wait only while one runs

    def handle_incoming_message(self, message):
        cell = self._cell_in(message)
        if cell is None:
            return super().handle_incoming_message(message)
        self._forget_a_kernel_that_is_gone()
        self.waiting.append(cell)
        if self.running is None:
            self._send_next()

    def _cell_in(self, message):
        # Nothing is held back for an old client, on a closed connection, or where the server limits what may be sent.
        old = self.subprotocol != "v1.kernel.websocket.jupyter.org"
        if old or not self.channels or self.multi_kernel_manager.allowed_message_types:
            return None
        channel, parts = deserialize_msg_from_ws_v1(message)
        header = self.session.unpack(parts[HEADER])
        if channel != "shell" or header["msg_type"] != "execute_request":
            return None
        content = self.session.unpack(parts[CONTENT])
        return Cell(header, parts, content.get("code", ""), content.get("stop_on_error", True))

    def _kernel(self, attribute):
        """Of the kernel that is behind the connection now; `None` while there is none."""
        try:
            return getattr(self.kernel_manager.provisioner, attribute, None)
        except KeyError:
            return None

    def _forget_a_kernel_that_is_gone(self):
        """After a restart, by this page or another one, nobody will answer what was sent, and nobody waits for the rest."""
        if self.running and self.running.process != self._kernel("pid"):
            self.running = None
            self.waiting.clear()

    def _send_next(self):
        self.running = cell = self.waiting.popleft() if self.waiting else None
        if cell:
            cell.process, cell.interrupts = self._kernel("pid"), self._kernel("interrupts")
            self.session.send_raw(self.channels["shell"], cell.request)

    def _on_zmq_reply(self, stream, parts):
        cell = self.running
        if cell is None or self.session.unpack(parts[PARENT]).get("msg_id") != cell.header["msg_id"]:
            return super()._on_zmq_reply(stream, parts)
        kind, content = self.session.unpack(parts[HEADER])["msg_type"], self.session.unpack(parts[CONTENT])
        if kind == "execute_reply":
            cell.reply = stream, parts, content
        elif kind == "error":
            cell.errors.append((stream, parts, content))  # shown together, when the last of them is there
        else:
            idle = kind == "status" and content["execution_state"] == "idle"
            if idle:
                self._show_errors(cell)
            super()._on_zmq_reply(stream, parts)
            if kind == "stream" and re.search(f"^{re.escape(FAILURE_MARKER)}", content["text"], re.MULTILINE):
                cell.failed = True
            cell.idle = cell.idle or idle
        # The reply and the outputs come on two channels; whether there was a panic is known after the last output.
        if cell.reply and cell.idle:
            self._end(cell)

    def _history(self):
        process = self._kernel("process")
        return HISTORIES.setdefault(process, []) if process else []

    def _show_errors(self, cell):
        explained = hints.explain([content for *_, content in cell.errors], cell.source, self._history())
        for (stream, parts, _), content in zip(cell.errors, explained):
            super()._on_zmq_reply(stream, [*parts[:CONTENT], self.session.pack(content), *parts[CONTENT + 1 :]])

    def _end(self, cell):
        stream, parts, content = cell.reply
        crashed = any(hints.CRASH in error["evalue"] for *_, error in cell.errors)
        if crashed or content["status"] == "ok" and not cell.failed:
            self._history().append((content["execution_count"], None if crashed else cell.source))
        if cell.failed and content["status"] == "ok":
            content.update(status="error", ename="failure", evalue="see the output", traceback=[])
            parts = [*parts[:CONTENT], self.session.pack(content), *parts[CONTENT + 1 :]]
        super()._on_zmq_reply(stream, parts)
        failed = content["status"] == "error" and cell.stop_on_error
        if failed or cell.interrupts != self._kernel("interrupts"):
            for skipped in self.waiting:
                self._tell("iopub", "status", skipped, {"execution_state": "busy"})
                self._tell("shell", "execute_reply", skipped, {"status": "aborted", "execution_count": None})
                self._tell("iopub", "status", skipped, {"execution_state": "idle"})
            self.waiting.clear()
        self._send_next()

    def _tell(self, channel, kind, cell, content):
        message = self.session.msg(kind, content, parent=cell.header)
        parts = [self.session.pack(message[part]) for part in ("header", "parent_header", "metadata", "content")]
        super()._on_zmq_reply(self.channels[channel], parts)

    def disconnect(self):
        # Whoever closes the page wants the rest to run, as without us.
        self._forget_a_kernel_that_is_gone()
        shell = self.channels.get("shell")
        if self.waiting and shell and not shell.closed():
            for cell in self.waiting:
                self.session.send_raw(shell, cell.request)
            shell.flush(zmq.POLLOUT)
        self.waiting.clear()
        super().disconnect()
