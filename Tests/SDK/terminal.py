"""A terminal that a process is started on, and what it shows."""

import fcntl
import os
import pty
import select
import termios
import threading


class Terminal:
    def __init__(self):
        self._ours, self._theirs = pty.openpty()
        self._shown = b""
        self._is_closed = False
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def take(self):
        """In a new process: the terminal becomes its own, and its standard error."""
        os.setsid()
        fcntl.ioctl(self._theirs, termios.TIOCSCTTY, 0)
        os.dup2(self._theirs, 2)

    @property
    def shown(self):
        return self._shown.decode(errors="replace").replace("\r\n", "\n")

    def interrupt(self):
        """Ctrl-C."""
        os.write(self._ours, b"\x03")

    def close(self):
        """As the window is closed."""
        self._is_closed = True
        self._reader.join(timeout=20)
        self.let_go()

    def let_go(self):
        """Only the process has it open on the far side; behind its end nothing more is shown."""
        if self._theirs is not None:
            os.close(self._theirs)
        self._theirs = None

    def rest(self):
        """All that was shown, when the process has ended."""
        self._reader.join(timeout=20)
        return self.shown

    def _read(self):
        # A descriptor that is being read stays open, and the terminal with it.
        while not self._is_closed:
            if select.select([self._ours], [], [], 0.05)[0]:
                try:
                    self._shown += os.read(self._ours, 65536)
                except OSError:
                    break
        os.close(self._ours)
