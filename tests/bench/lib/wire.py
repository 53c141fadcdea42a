# SPDX-License-Identifier: Apache-2.0
"""Bytes between a client and the daemon: a socket in between that counts what passes.

What is counted is the stream itself (HTTP/2 with its frames and headers); a unix socket adds
nothing to it.
"""
import contextlib
import socket
import tempfile
import threading


class Counter:
    def __init__(self, upstream: str):
        self._upstream, self._lock = upstream, threading.Lock()
        self.sent = self.received = 0  # by clients
        self._directory = tempfile.TemporaryDirectory(prefix="footprint-bench-")
        self.path = f"{self._directory.name}/proxy.sock"
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(self.path)
        self._listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._directory.cleanup()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                daemon = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
                daemon.connect(self._upstream)
                for source, sink, name in ((client, daemon, "sent"), (daemon, client, "received")):
                    threading.Thread(target=self._pump, args=(source, sink, name),
                                     daemon=True).start()

    def _pump(self, source, sink, name: str):
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                with self._lock:
                    setattr(self, name, getattr(self, name) + len(data))
                sink.sendall(data)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)
