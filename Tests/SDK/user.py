"""The ordinary user that the product is for. The binary runs as one, without capabilities, also when root runs the tests."""

import os
import shutil
import tempfile
from pathlib import Path

IS_ROOT = os.geteuid() == 0
NOBODY = 65534
AS_USER = [] if not IS_ROOT else [
    "/usr/bin/setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--inh-caps=-all",
    "--bounding-set=-all", "--no-new-privs", "--"]
"""What a command line begins with so that it runs as that user; the process keeps its id."""


def give(*paths):
    """Makes the user the owner of files that root has made."""
    if IS_ROOT:
        for path in paths:
            os.chown(path, NOBODY, NOBODY)


def may_look_into(pid):
    """Whether this process may see a server's memory and descriptors: only one with CAP_SYS_PTRACE may."""
    return os.access(f"/proc/{pid}/fd", os.R_OK) and _opens(f"/proc/{pid}/environ")


def _opens(path):
    try:
        with open(path, "rb"):
            return True
    except PermissionError:
        return False


def reachable_folder():
    """A new folder that every user may pass through."""
    folder = Path(tempfile.mkdtemp(prefix="latchkey-tests-"))
    folder.chmod(0o711)
    return folder


def reachable_copy(binary, folder):
    """The binary itself, or a copy where the user cannot reach it for certain: below root's home, say."""
    if not IS_ROOT:
        return os.path.abspath(binary)
    copy = folder / "bin" / "latchkey"
    copy.parent.mkdir(mode=0o755)
    shutil.copy(binary, copy)
    return str(copy)
