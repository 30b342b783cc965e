"""What becomes of kernels that nobody uses. (In a file of its own: it needs an event loop, and so does a browser.)"""

import asyncio

import pytest
from jupyter_client.session import Session
from jupyter_server.services.kernels.connection.base import serialize_msg_to_ws_v1
from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

from test_lab import RUN, Lab


def test_kernels_that_nobody_uses_are_ended(tmp_path):
    """Not one that a page is connected to, and not one that works."""
    # Seconds instead of hours (more than a start takes on a busy machine); all else is as our configuration has it.
    limit = 30
    lab = Lab(tmp_path, f"--MappingKernelManager.cull_idle_timeout={limit}", "--MappingKernelManager.cull_interval=1")

    async def scene():
        def running():
            return {kernel["id"]: kernel["execution_state"] for kernel in lab.ask("GET", "/api/kernels")}

        async def connect(kernel):
            address = f"{lab.address.replace('http', 'ws')}/api/kernels/{kernel}/channels?token={lab.token}"
            request = HTTPRequest(address, connect_timeout=RUN, request_timeout=RUN)
            return await websocket_connect(request, subprotocols=["v1.kernel.websocket.jupyter.org"])

        async def until(condition, what):
            for _ in range(RUN * 5):
                if condition():
                    return
                await asyncio.sleep(0.2)
            pytest.fail(f"{what}: {running()}")

        idle, busy, opened = [lab.ask("POST", "/api/kernels", {"name": "rust"})["id"] for _ in range(3)]
        page, for_a_while = await asyncio.gather(connect(opened), connect(busy))
        session = Session()
        request = session.msg("execute_request", {"code": "loop {}", "silent": False, "allow_stdin": False})
        parts = [session.pack(request[part]) for part in ("header", "parent_header", "metadata", "content")]
        for_a_while.write_message(serialize_msg_to_ws_v1(parts, "shell"), binary=True)
        await until(lambda: running().get(busy) == "busy", "the cell does not run")
        await asyncio.sleep(1)
        for_a_while.close()
        await until(lambda: idle not in running(), "the kernel that nobody uses was not ended")
        await asyncio.sleep(limit + 5)
        assert set(running()) == {busy, opened}
        page.close()
        await until(lambda: opened not in running(), "the kernel of a closed page was not ended")

    try:
        lab.wait()
        asyncio.run(scene())
    finally:
        lab.stop()
