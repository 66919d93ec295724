"""scripts/ensure-packages, run with stand-ins for the system's programs: which commands it gives, and what it says."""

import os
import pathlib
import subprocess

import pytest

SCRIPT = pathlib.Path(__file__).parents[2] / "scripts" / "ensure-packages"
TOOLS = ["bash", "env", "mktemp", "rm", "tail", "cat"]
"""What the script may use of the real system."""


class System:
    """A folder of programs that is the whole PATH; the stand-ins write down how they were called."""

    def __init__(self, folder, installed=(), user=0, apt=True, sudo=True):
        self.folder = folder
        self.log = folder / "log"
        self.log.write_text("")
        for tool in TOOLS:
            os.symlink(self._real(tool), folder / tool)
        self._program("id", f"echo {user}")
        if apt:
            names = "|".join(installed) or "-"
            self._program("dpkg-query", f'case "${{@: -1}}" in {names}) printf installed ;; *) exit 1 ;; esac')
            self.apt()
        if sudo:
            self._program("sudo", f'echo "sudo $*" >>{self.log}; exec "$@"')

    def apt(self, update=0, install=0):
        """How apt-get ends."""
        self._program(
            "apt-get",
            f'echo "apt-get $*" "$DEBIAN_FRONTEND" >>{self.log}; echo "apt says $1"\n'
            f"case $1 in update) exit {update} ;; *) exit {install} ;; esac")

    def run(self, *packages, **environment):
        return subprocess.run(
            [SCRIPT, *packages], env={"PATH": str(self.folder)} | environment, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=30)

    def calls(self):
        return self.log.read_text().splitlines()

    def _program(self, name, text):
        path = self.folder / name
        path.unlink(missing_ok=True)
        path.write_text(f"#!{self._real('bash')}\n{text}\n")
        path.chmod(0o755)

    @staticmethod
    def _real(tool):
        return next(f"{folder}/{tool}" for folder in ("/usr/bin", "/bin") if os.path.exists(f"{folder}/{tool}"))


INSTALL = "apt-get install --yes --no-install-recommends"


@pytest.fixture
def system(tmp_path):
    return lambda **options: System(tmp_path, **options)


def test_nothing_missing_says_and_does_nothing(system):
    machine = system(installed=["wrk", "nginx"])

    result = machine.run("wrk", "nginx")

    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert machine.calls() == []


def test_root_installs_only_what_is_missing_and_says_so_first(system):
    machine = system(installed=["wrk"], user=0)

    result = machine.run("wrk", "nginx", "libsodium-dev")

    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("Installing missing packages: nginx libsodium-dev\n")
    assert "apt says" not in result.stdout + result.stderr
    assert machine.calls() == ["apt-get update noninteractive", f"{INSTALL} nginx libsodium-dev noninteractive"]


def test_another_user_installs_with_sudo(system):
    machine = system(user=1000)

    result = machine.run("nginx")

    assert result.returncode == 0, result.stderr
    assert "sudo env DEBIAN_FRONTEND=noninteractive apt-get" in result.stdout
    assert machine.calls() == [
        "sudo env DEBIAN_FRONTEND=noninteractive apt-get update", "apt-get update noninteractive",
        f"sudo env DEBIAN_FRONTEND=noninteractive {INSTALL} nginx", f"{INSTALL} nginx noninteractive"]


def test_without_sudo_another_user_is_told_what_root_has_to_run(system):
    machine = system(user=1000, sudo=False)

    result = machine.run("nginx")

    assert result.returncode == 1
    assert "Missing packages: nginx" in result.stderr
    assert "As root, run: apt-get update && apt-get install nginx" in result.stderr
    assert machine.calls() == []


def test_without_apt_the_names_are_told_and_the_way_round(system):
    machine = system(apt=False)

    result = machine.run("nginx", "wrk")

    assert result.returncode == 1
    assert "nginx wrk" in result.stderr and "SKIP_PACKAGES=1" in result.stderr
    assert machine.run("nginx", SKIP_PACKAGES="1").returncode == 0
    assert machine.calls() == []


def test_old_package_lists_are_used_where_no_new_ones_can_be_had(system):
    machine = system()
    machine.apt(update=100)

    result = machine.run("nginx")

    assert result.returncode == 0
    assert "apt-get update failed" in result.stderr
    assert machine.calls()[-1] == f"{INSTALL} nginx noninteractive"


def test_a_failed_installation_is_told_in_apts_own_words(system):
    machine = system()
    machine.apt(install=100)

    result = machine.run("nginx")

    assert result.returncode == 1
    assert "apt says install" in result.stderr
    assert "The packages could not be installed: nginx" in result.stderr
