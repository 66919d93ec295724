"""What other processes of the same user, and those that are started from here, can see of the keys: nothing."""

import os
import secrets

import pytest
from conftest import UPSTREAM_KEY
from latchkey import until
from user import give, may_look_into


@pytest.fixture
def keyed(own):
    """A server whose keys come in its environment. The test may change that before the start."""
    server = own(LATCHKEY_MASTER_KEY=secrets.token_hex(32))
    server._environment["LATCHKEY_ADMIN_KEY"] = server.admin_key
    server.secrets.append(server._environment["LATCHKEY_MASTER_KEY"])
    return server


def assert_keeps_its_keys(server):
    """Where the kernel lets nobody look, there is nothing to see; where it lets us, it holds no secret."""
    environment = f"/proc/{server.pid}/environ"
    assert os.stat(environment).st_uid == 0, "the process is not closed to others"
    if not may_look_into(server.pid):
        return
    for part in ["environ", "cmdline"]:
        with open(f"/proc/{server.pid}/{part}", "rb") as file:
            content = file.read()
        for secret in server.secrets:
            assert secret.encode() not in content
    files = [os.path.join(folder, name) for folder, _, names in os.walk(f"/proc/{server.pid}/fd") for name in names]
    assert files and not any("memfd:" in os.readlink(file) for file in files if os.path.lexists(file))


# With SWIFT_BACKTRACE the process runs on as it was started; without, it starts itself once more.
@pytest.mark.parametrize("backtrace", ["enable=no", None])
def test_keys_of_the_environment_are_used_and_leave_it(keyed, backtrace, upstream):
    if backtrace is None:
        del keyed._environment["SWIFT_BACKTRACE"]
    keyed.run("init")
    keyed.serve()
    assert_keeps_its_keys(keyed)
    # Both keys were understood: the operator's one opens the management API, the master key the upstream's.
    keyed.create_project("acme", upstream.url, UPSTREAM_KEY)
    assert not (keyed.data / "master.key").exists()
    assert keyed.stop() == 0

    keyed.serve()

    assert_keeps_its_keys(keyed)
    assert [project["name"] for project in keyed.manage("project", "list")["items"]] == ["acme"]
    assert keyed.stop() == 0


@pytest.mark.parametrize("backtrace", ["enable=no", None])
def test_first_management_key_reaches_a_server_that_makes_its_folder(keyed, backtrace):
    if backtrace is None:
        del keyed._environment["SWIFT_BACKTRACE"]

    keyed.serve("--init")

    assert keyed.ask("GET", "/manage/projects").status == 200
    assert "management key" not in keyed.output()
    assert_keeps_its_keys(keyed)
    assert keyed.stop() == 0


@pytest.mark.parametrize("backtrace", ["enable=no", None])
def test_empty_variable_wins_over_the_file_as_ever(own, backtrace):
    server = own(LATCHKEY_MASTER_KEY="", LATCHKEY_ADMIN_KEY="")
    if backtrace is None:
        del server._environment["SWIFT_BACKTRACE"]
    env = server.folder / ".env"
    env.write_text("LATCHKEY_MASTER_KEY=none\nLATCHKEY_ADMIN_KEY=short\n")
    env.chmod(0o600)
    give(env)

    server.serve("--init")

    assert (server.data / "master.key").exists()
    assert "management key (shown once; keep it): lkm_" in server.output()
    server.secrets = []
    assert server.stop() == 0


def test_key_of_the_environment_that_is_not_one_is_refused_without_it(keyed):
    keyed._environment["LATCHKEY_MASTER_KEY"] = "canary-with-some-length"

    result = keyed._run(["serve"], "", {})
    keyed.output_path.write_text(result.stdout + result.stderr)

    assert result.returncode == 2
    assert result.stderr.startswith("latchkey: LATCHKEY_MASTER_KEY (environment) is not valid: ")
    assert "canary" not in result.stderr


def test_process_that_is_started_from_here_inherits_no_setting(own, tmp_path):
    server = own()
    tools = tmp_path / "tools"
    tools.mkdir()
    git = tools / "git"
    git.write_text(f"#!/bin/sh\nenv > {tools}/seen\n")
    git.chmod(0o755)
    give(tools)

    result = server._run(
        ["token", "scan", "--git", "."], "",
        {"PATH": f"{tools}:{os.environ['PATH']}", "LATCHKEY_ADMIN_KEY": server.admin_key})
    server.output_path.write_text(result.stdout + result.stderr)

    seen = until((tools / "seen").read_text, "git was started")[0]
    assert "PATH=" in seen and "LATCHKEY_" not in seen


def test_variables_of_a_service_of_the_same_name_stop_no_start(own):
    server = own(
        LATCHKEY_SERVICE_HOST="10.96.0.9", LATCHKEY_SERVICE_PORT="8080", LATCHKEY_SERVICE_PORT_HTTP="8080",
        LATCHKEY_PORT="tcp://10.96.0.9:8080", LATCHKEY_PORT_8080_TCP="tcp://10.96.0.9:8080",
        LATCHKEY_PORT_8080_TCP_PROTO="tcp", LATCHKEY_PORT_8080_TCP_PORT="8080",
        LATCHKEY_PORT_8080_TCP_ADDR="10.96.0.9")
    server.start()
    assert server.stop() == 0

    slip = server._run(["serve"], "", {"LATCHKEY_PORTS": "8080"})
    person = server._run(["serve"], "", {"LATCHKEY_PORT": "8080"})

    assert (slip.returncode, person.returncode) == (2, 2)
    assert "there is no setting LATCHKEY_PORTS (environment)" in slip.stderr
    assert "there is no setting LATCHKEY_PORT (environment)" in person.stderr
