"""Unix sockets in folders of any depth.

The address of a Unix socket holds 107 characters, which the folder of a test or of a deep checkout passes; through
/proc/self/fd the folder's own path does not count.
"""

import os
import socket
from pathlib import Path

_NAME = "control.sock"


def listen(folder: Path) -> socket.socket:
    """Listen on the control socket in `folder`, in place of one that an earlier process left."""
    (folder / _NAME).unlink(missing_ok=True)
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        server = socket.socket(socket.AF_UNIX)
        server.bind(f"/proc/self/fd/{handle}/{_NAME}")
    finally:
        os.close(handle)
    (folder / _NAME).chmod(0o600)
    server.listen()
    return server


def connect(folder: Path) -> socket.socket:
    """Connect to the control socket in `folder`; raises `OSError` when nobody listens."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        client = socket.socket(socket.AF_UNIX)
        client.connect(f"/proc/self/fd/{handle}/{_NAME}")
    finally:
        os.close(handle)
    return client
