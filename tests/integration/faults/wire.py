"""A wire between the service and its database that can be cut, stopped, and cut at a commit."""

import ctypes
import socket
import struct
import threading
from contextlib import suppress
from typing import Self

CHUNK = 65_536
#: Linux: a program that sees each packet before TCP does (asm-generic/socket.h, Documentation/networking/filter.rst).
SO_ATTACH_FILTER = 26
#: Its one instruction, `ret #0`: nothing of the packet is kept.
_RETURN_NOTHING = ctypes.create_string_buffer(struct.pack("HBBI", 0x06, 0, 0, 0), 8)


def _drop_everything() -> bytes:
    return struct.pack("HL", 1, ctypes.addressof(_RETURN_NOTHING))


class Wire:
    """Forwards TCP from a port of its own.

    `cut()` resets what is open and refuses what comes; `stop()` forwards nothing and says nothing; `mend()` ends
    both. `swallow()` is a network that drops every packet of what is open, so that not even its arrival is
    acknowledged; what comes later gets through. `cut_at_commit` breaks each connection after its next COMMIT was
    forwarded, before the answer.
    """

    def __init__(self, port: int) -> None:
        self._to = port
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = int(self._listener.getsockname()[1])
        self._open: set[socket.socket] = set()
        self._flows = threading.Event()
        self._flows.set()
        self._is_cut = False
        self.cut_at_commit = 0
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.mend()
        self._is_cut = True
        self._listener.close()
        self._reset_all()

    def cut(self) -> None:
        self._is_cut = True
        self._reset_all()

    def stop(self) -> None:
        self._flows.clear()

    def swallow(self) -> None:
        with self._lock:
            for each in self._open:
                each.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, _drop_everything())

    def mend(self) -> None:
        self._is_cut = False
        if not self._flows.is_set():
            self._reset_all()
        self._flows.set()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            if self._is_cut:
                near.close()
                continue
            far = socket.create_connection(("127.0.0.1", self._to))
            with self._lock:
                self._open |= {near, far}
            for give, take in ((near, far), (far, near)):
                threading.Thread(target=self._forward, args=(give, take, give is near), daemon=True).start()

    def _forward(self, give: socket.socket, take: socket.socket, from_us: bool) -> None:
        with suppress(OSError):
            while data := give.recv(CHUNK):
                self._flows.wait()
                take.sendall(data)
                if from_us and self._cuts_at(data):
                    break
        self._reset(give)
        self._reset(take)

    def _cuts_at(self, data: bytes) -> bool:
        with self._lock:
            if self.cut_at_commit and b"COMMIT" in data:
                self.cut_at_commit -= 1
                return True
        return False

    def _reset_all(self) -> None:
        with self._lock:
            open_ = list(self._open)
        for each in open_:
            self._reset(each)

    def _reset(self, each: socket.socket) -> None:
        with self._lock:
            self._open.discard(each)
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
        each.close()
