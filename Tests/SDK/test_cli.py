"""The command line as operators and their scripts meet it: what is printed where, and with which exit status."""

import json
import os
import re
import shutil
import subprocess
import time

import pytest
from latchkey import STARTS_WITHIN, free_port, until
from user import give

LONG_ENOUGH = "an-operators-own-key-of-32-characters"


@pytest.fixture
def command(server, tmp_path):
    """Runs the binary in an empty folder, with nothing set but what is given."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LATCHKEY_")}

    def run(*arguments, standard_input="", **environment):
        return subprocess.run(
            [*server.command, *arguments], env=clean | environment, cwd=tmp_path, input=standard_input,
            capture_output=True, text=True, timeout=30)

    return run


@pytest.fixture
def serve(command, server, tmp_path):
    """Runs `latchkey serve` in the empty folder until it is ready, ends it, and gives all that it printed.

    With `admin_key` it also has to let that management key in.
    """

    def run(*arguments, admin_key=None, **environment):
        url = f"http://127.0.0.1:{(port := free_port())}"
        clean = {name: value for name, value in os.environ.items() if not name.startswith("LATCHKEY_")}
        process = subprocess.Popen(
            [*server.command, "serve", *arguments], cwd=tmp_path, stdin=subprocess.DEVNULL, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=clean | {"LATCHKEY_LISTEN": f"127.0.0.1:{port}"} | environment)
        try:
            deadline = time.monotonic() + STARTS_WITHIN
            while command("project", "list", LATCHKEY_URL=url, LATCHKEY_ADMIN_KEY=LONG_ENOUGH).returncode == 3:
                assert process.poll() is None and time.monotonic() < deadline, "the server is not ready"
                time.sleep(0.05)
            if admin_key:
                assert command("key", "list", LATCHKEY_URL=url, LATCHKEY_ADMIN_KEY=admin_key).returncode == 0
        finally:
            process.terminate()
            stdout, stderr = process.communicate(timeout=20)
        assert process.returncode == 0, stderr
        return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)

    return run


@pytest.fixture
def operator(command, server):
    """The same, as an operator of the running server."""

    def run(*arguments, standard_input=""):
        return command(
            *arguments, standard_input=standard_input, LATCHKEY_URL=server.origin, LATCHKEY_ADMIN_KEY=server.admin_key)

    return run


def assert_fails(result, status, *words):
    assert result.returncode == status, result.stderr
    assert result.stdout == ""
    first, second = result.stderr.splitlines()
    assert first.startswith("latchkey: ")
    assert first[10].islower() or first[10:].startswith(("LATCHKEY_", ".", "--", "<"))
    assert second.startswith("hint: ")
    for word in words:
        assert word in result.stderr


def test_init_makes_everything_and_prints_the_key_once(command, tmp_path):
    made = command("init", "--json")

    assert made.returncode == 0
    key = json.loads(made.stdout)["key"]
    assert key.startswith("lkm_")
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "data" / "master.key").stat().st_mode & 0o777 == 0o600
    before = {path.name: path.read_bytes() for path in (tmp_path / "data").iterdir()}
    assert_fails(command("init"), 1, "initialised already")
    assert {path.name: path.read_bytes() for path in (tmp_path / "data").iterdir()} == before


def test_init_takes_the_operators_key_and_prints_none(command):
    made = command("init", "--json", LATCHKEY_ADMIN_KEY=LONG_ENOUGH)

    assert made.returncode == 0
    assert json.loads(made.stdout).get("key") is None
    assert LONG_ENOUGH not in made.stdout + made.stderr


def test_init_refuses_a_short_key_and_makes_nothing(command, tmp_path):
    assert_fails(command("init", LATCHKEY_ADMIN_KEY="short"), 2, "LATCHKEY_ADMIN_KEY", "32 characters")

    assert not (tmp_path / "data").exists()


def test_serve_without_a_data_folder_says_so(command, tmp_path):
    assert_fails(command("serve"), 1, "not initialised", "latchkey init")

    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("content", [None, b"", b"-----BEGIN PRIVATE KEY-----\n"], ids=["missing", "empty", "other"])
def test_serve_refuses_upstream_certificates_that_are_none(content, command, tmp_path):
    if content is not None:
        (tmp_path / "ca.pem").write_bytes(content)

    result = command("serve", "--init", LATCHKEY_UPSTREAM_CA_FILE="ca.pem")

    assert_fails(result, 1, "ca.pem", "LATCHKEY_UPSTREAM_CA_FILE")
    assert not (tmp_path / "data").exists()
    doctor = command("doctor", LATCHKEY_UPSTREAM_CA_FILE="ca.pem")
    assert doctor.returncode == 1 and "fail  upstream certificates: " in doctor.stdout


def test_serve_init_prints_the_first_management_key_once(command, serve, tmp_path):
    first = serve("--init")
    keys = re.findall(r"lkm_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}", first.stdout)
    assert len(keys) == 1
    assert first.stdout.count("lkm_") == 1 and "lkm_" not in first.stderr
    assert (tmp_path / "data" / "master.key").stat().st_mode & 0o777 == 0o600

    again = serve("--init", admin_key=keys[0])

    assert "lkm_" not in again.stdout + again.stderr


def test_serve_init_takes_the_operators_key_and_prints_none(serve):
    first = serve("--init", admin_key=LONG_ENOUGH, LATCHKEY_ADMIN_KEY=LONG_ENOUGH)

    assert "lkm_" not in first.stdout + first.stderr
    assert LONG_ENOUGH not in first.stdout + first.stderr


def test_second_server_on_a_folder_is_refused(command, server):
    assert_fails(
        command("serve", LATCHKEY_DATA_DIR=str(server.folder / "data"), LATCHKEY_LISTEN=f"127.0.0.1:{free_port()}"),
        1, "in use by process")


def test_taken_port_is_told(command, server):
    assert command("init").returncode == 0

    assert_fails(
        command("serve", LATCHKEY_LISTEN=f"127.0.0.1:{server.port}"), 1, "cannot listen",
        "LATCHKEY_LISTEN")


def test_dev_server_beyond_loopback_is_refused(command):
    assert_fails(command("serve", "--dev", LATCHKEY_LISTEN="0.0.0.0:0"), 2, "loopback")


def test_misspelt_setting_gets_a_suggestion(command):
    assert_fails(command("init", LATCHKEY_LISTN="x"), 2, "LATCHKEY_LISTN", "did you mean LATCHKEY_LISTEN?")


def test_malformed_line_is_told_with_its_place(command, tmp_path):
    (tmp_path / ".env").write_text("# settings\nLATCHKEY_LISTEN\n")

    assert_fails(command("serve"), 2, ".env:2")


def test_environment_wins_over_the_file(command, tmp_path):
    (tmp_path / ".env").write_text("LATCHKEY_DATA_DIR=./of-the-file\n")

    assert command("init", LATCHKEY_DATA_DIR="./of-the-environment").returncode == 0
    assert not (tmp_path / "of-the-file").exists()


def test_server_that_does_not_run_is_told(command):
    url = f"http://127.0.0.1:{free_port()}"

    assert_fails(
        command("project", "list", LATCHKEY_URL=url, LATCHKEY_ADMIN_KEY=LONG_ENOUGH), 3, url, "latchkey serve")


def test_missing_and_wrong_keys_are_told(command, server):
    assert_fails(command("project", "list", LATCHKEY_URL=server.origin), 4, "LATCHKEY_ADMIN_KEY")
    wrong = command("project", "list", LATCHKEY_URL=server.origin, LATCHKEY_ADMIN_KEY=LONG_ENOUGH)
    assert_fails(wrong, 4, "refused")
    assert LONG_ENOUGH not in wrong.stderr


@pytest.mark.parametrize("arguments", [
    ["bogus"], ["project", "list", "--bogus"], ["project", "create"], ["token", "issue", "--name", "bob"],
    ["project", "update", "p"]])
def test_wrong_usage_is_refused(arguments, operator):
    assert_fails(operator(*arguments), 2, "--help")


def test_a_time_that_is_none_is_answered_with_the_forms_there_are(operator):
    result = operator("token", "issue", "--project", "p", "--name", "n", "--expires-in", "30x")

    assert_fails(result, 2, "30x", "--expires-in", "90s, 45m, 12h or 30d", "never", "--help")


@pytest.mark.parametrize("arguments", [
    ["project", "create", "p", "--upstream-key", "sk-as-an-argument"],
    ["project", "create", "p", "--upstream-key=sk-as-an-argument"],
    ["project", "update", "p", "--upstream-key", "sk-as-an-argument"],
    ["credential", "set", "p", "--upstream-key", "sk-as-an-argument"]])
def test_an_upstream_key_as_an_argument_is_refused(arguments, operator):
    result = operator(*arguments)

    assert_fails(result, 2, "--upstream-key-file")
    assert "sk-as-an-argument" not in result.stderr
    assert "--upstream-url" not in result.stderr


@pytest.mark.parametrize("arguments, words", [
    (["project", "show", "nobody"], ["no such project", "latchkey project list"]),
    (["token", "show", "000000000000"], ["no access token '000000000000'", "latchkey token list"]),
    (["token", "show", "lk_000000000000"], ["no such access token", "latchkey token list"]),
    (["token", "issue", "--project", "nobody", "--name", "bob"],
     ["--project: there is no such project", "latchkey project list"]),
    (["key", "revoke", "000000000000"], ["no management key", "latchkey key list"]),
    (["invitation", "show", "nobody"], ["no invitation", "latchkey invitation list"]),
    (["usage", "--token", "nobody"], ["no access token 'nobody'", "latchkey token list"]),
    (["price", "show", "no-such-model"], ["no such price", "latchkey price list"]),
    (["backup", "delete", "no-such.db"], ["no such backup", "latchkey backup list"]),
    (["alarm", "test"], ["LATCHKEY_ALARM_URL", "set LATCHKEY_ALARM_URL where the server runs"])])
def test_refusals_of_the_server_are_told(arguments, words, operator):
    assert_fails(operator(*arguments), 1, *words)


@pytest.mark.parametrize("arguments, words", [
    (["project", "create", "Bad Name"], ["<name>: ", "'latchkey project create --help'"]),
    (["project", "create", "p", "--upstream-url", "ftp://x"], ["--upstream-url: ", "https://"]),
    (["project", "create", "p", "--time-zone", "Nowhere"], ["--time-zone: "]),
    (["invitation", "create", "--project", "a", "--name", "b", "--valid-for", "60d"], ["--valid-for: "]),
    (["key", "create", "--name", "x", "--role", "boss"], ["--role: ", "read, issue or admin"]),
    (["token", "issue", "--project", "a", "--name", "b", "--model", "ok", "--model", "x y"], ["--model (no. 2): "]),
    (["token", "list", "--status", "asleep"], ["--status: "]), (["token", "list", "--label", "Team=x"], ["--label: "]),
    (["usage", "--by", "moon"], ["--by: "]),
    (["usage", "--from", "2026-02-01", "--to", "2026-01-01"], ["--to: ", "--from"]),
    (["audit", "list", "--from", "yesterday"], ["--from: "]), (["alarm", "list", "--kind", "loud"], ["--kind: "]),
    (["credential", "set", "p", "--upstream-key-file", "no-such-file"], ["no-such-file"]),
    (["price", "set", "m", "--file", "no-such-file"], ["no-such-file"]),
    (["audit", "verify", "--head", "no-such-file"], ["--head"]),
    (["audit", "export", "--output", "/no-such-folder/file"], ["/no-such-folder/file"]),
    (["restore", "no-such-file", "--data-dir", "empty"], ["no-such-file"]),
    (["help", "bogus"], ["latchkey bogus"]), (["--generate-completion-script", "tcsh"], ["tcsh"])])
def test_wrong_usage_has_one_status_wherever_it_is_found(arguments, words, operator, tmp_path):
    if arguments[0] == "restore":
        assert operator("init").returncode == 0
        (tmp_path / "empty").mkdir(mode=0o700)
        give(tmp_path / "empty")
        shutil.copy(tmp_path / "data" / "master.key", tmp_path / "empty")
        give(tmp_path / "empty" / "master.key")
    assert_fails(operator(*arguments), 2, *words)


@pytest.mark.parametrize("arguments, meant", [
    (["tokn", "list"], "token"), (["token", "lst"], "list"), (["backup", "craete"], "create"),
    (["help", "tokn"], "token"),
    (["token", "issue", "--projet", "a", "--name", "b"], "--project"), (["project", "list", "--jsn"], "--json")])
def test_a_misspelt_command_or_option_gets_a_suggestion(arguments, meant, operator):
    assert_fails(operator(*arguments), 2, f"did you mean '{meant}'?")


def test_upstream_key_comes_from_standard_input_or_a_file(operator, tmp_path):
    (tmp_path / "key").write_text("sk-of-a-file\n")
    (tmp_path / "key").chmod(0o600)
    give(tmp_path / "key")

    first = operator(
        "project", "create", "cli-stdin", "--upstream-url", "https://upstream.test", "--upstream-key-file", "-",
        "--json", standard_input="sk-of-the-input\n")
    second = operator("project", "create", "cli-file", "--upstream-key-file", "key", "--json")

    created = json.loads(first.stdout)
    assert created["id"].startswith("proj_")
    assert created["upstream_url"] == "https://upstream.test/v1"
    assert json.loads(second.stdout)["upstream_url"] == "https://api.openai.com/v1"
    assert "sk-of" not in first.stdout + first.stderr + second.stdout + second.stderr
    assert_fails(
        operator("project", "create", "cli-file"), 1, "name")


def test_token_is_issued_shown_and_revoked(operator):
    assert operator("project", "create", "cli-tokens", "--upstream-url", "dummy:").returncode == 0

    plain = operator("token", "issue", "--project", "cli-tokens", "--name", "bob", "--expires-in", "30d")
    assert plain.stdout.count("\n") == 1 and plain.stdout.startswith("lk_")
    issued = json.loads(operator("token", "issue", "--project", "cli-tokens", "--name", "bob", "--json").stdout)
    assert issued["token"].split("_")[1] == issued["id"]
    listed = json.loads(operator("token", "list", "--project", "cli-tokens", "--json").stdout)["items"]
    assert {item["status"] for item in listed} == {"active"} and len(listed) == 2
    assert all("token" not in item for item in listed)

    revoked = json.loads(operator("token", "revoke", issued["id"], "--json").stdout)
    assert revoked["status"] == "revoked"
    again = json.loads(operator("token", "revoke", issued["id"], "--json").stdout)
    assert again["revoked_at"] == revoked["revoked_at"]
    assert json.loads(operator("token", "show", issued["id"], "--json").stdout) == again


def test_a_revoked_token_is_reissued_with_what_was_used_of_its_limits(operator, server):
    assert operator("project", "create", "cli-reissue", "--upstream-url", "dummy:").returncode == 0
    issued = json.loads(operator(
        "token", "issue", "--project", "cli-reissue", "--name", "bob", "--owner", "bob@x", "--label", "team=a",
        "--description", "Search team", "--model", "dummy", "--limit", "requests=2/day", "--json").stdout)

    def ask(token):
        chat = {"model": "dummy", "messages": [{"role": "user", "content": "Hi"}]}
        return server.ask("POST", "/v1/chat/completions", chat, key=token).status

    assert ask(issued["token"]) == 200
    assert_fails(operator("token", "reissue", issued["id"]), 1, "rotate it, or revoke it first")
    revoked = operator("token", "revoke", issued["id"])
    assert f"latchkey token reissue {issued['id']}" in revoked.stderr

    reissued = operator("token", "reissue", issued["id"])

    assert reissued.returncode == 0
    assert re.fullmatch(r"lk_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}\n", reissued.stdout)
    token = reissued.stdout.strip()
    shown = json.loads(operator("token", "show", token[3:15], "--json").stdout)
    for name in ["project", "name", "description", "owner", "labels", "models", "expires_at", "lineage"]:
        assert shown[name] == issued[name], name
    assert shown["rotated_from"] == issued["id"] and shown["limits"][0]["used"] == 1
    assert [ask(issued["token"]), ask(token), ask(token)] == [401, 200, 429]
    assert_fails(operator("token", "reissue", issued["id"]), 1, "rotated_to")
    again = operator("token", "revoke", issued["id"])
    assert again.returncode == 0 and "reissue" not in again.stderr
    actions = [event["action"] for event in json.loads(operator(
        "audit", "list", "--project", "cli-reissue", "--action", "token", "--json").stdout)["items"]]
    assert actions == ["token.issue", "token.reissue", "token.revoke", "token.issue"]


def test_a_description_is_set_shown_listed_and_removed(operator):
    assert operator(
        "project", "create", "cli-described", "--upstream-url", "dummy:", "--description", "Search team").returncode == 0
    issued = json.loads(operator("token", "issue", "--project", "cli-described", "--name", "bob", "--json").stdout)
    assert issued["description"] is None
    assert operator("token", "update", issued["id"], "--description", "Nightly runs").returncode == 0
    for shown in [
        operator("project", "show", "cli-described"), operator("project", "list", "--wide"),
    ]:
        assert "Search team" in shown.stdout
    for shown in [
        operator("token", "show", issued["id"]), operator("token", "list", "--project", "cli-described", "--wide"),
    ]:
        assert "Nightly runs" in shown.stdout
    refused = operator("project", "update", "cli-described", "--description", "two\nlines")
    assert refused.returncode != 0 and "--description" in refused.stderr
    assert json.loads(operator(
        "project", "update", "cli-described", "--description", "", "--json").stdout)["description"] is None
    assert json.loads(operator(
        "token", "update", issued["id"], "--description", "", "--json").stdout)["description"] is None


def test_an_expired_token_is_reissued_for_a_given_time(operator):
    assert operator("project", "create", "cli-expired", "--upstream-url", "dummy:").returncode == 0
    issued = json.loads(operator(
        "token", "issue", "--project", "cli-expired", "--name", "bob", "--expires-in", "1s", "--json").stdout)
    until(lambda: json.loads(operator("token", "show", issued["id"], "--json").stdout)["status"] == "expired", "its end")

    assert_fails(operator("token", "reissue", issued["id"]), 2, "--expires-in", "lifetime is over")
    made = json.loads(operator("token", "reissue", issued["id"], "--expires-in", "never", "--json").stdout)

    assert made["status"] == "active" and made["expires_at"] is None and made["token"].startswith("lk_")


def test_usage_of_a_month_is_told_by_weeks(operator):
    report = json.loads(operator("usage", "--month", "2026-02", "--by", "month,week", "--json").stdout)

    assert (report["from"], report["to"]) == ("2026-02-01T00:00:00.000Z", "2026-03-01T00:00:00.000Z")
    assert_fails(operator("usage", "--month", "2026-02", "--from", "2026-02-01"), 2, "not both")
    assert_fails(operator("usage", "--month", "2026-13"), 2, "--month", "2026-11")


def test_revoked_management_key_is_refused(operator, command, server):
    made = json.loads(operator("key", "create", "--name", "cli", "--role", "admin", "--json").stdout)
    assert operator("key", "revoke", made["id"]).returncode == 0

    assert_fails(
        command("key", "list", LATCHKEY_URL=server.origin, LATCHKEY_ADMIN_KEY=made["key"]), 4, "refused")


def test_version_is_told(command):
    told = json.loads(command("version", "--json").stdout)
    commit = f"commit {told['commit'][:12]} of {told['date'][:10]}" if told["commit"] else "unknown commit"
    modified = ", modified" if told["modified"] else ""

    assert command("version").stdout == command("--version").stdout == f"{told['version']} ({commit}{modified})\n"


def test_doctor_warns_of_addresses_that_clients_may_not_open(command):
    away = {"LATCHKEY_LISTEN": "0.0.0.0:0", "LATCHKEY_URL": f"http://127.0.0.1:{free_port()}"}
    text = command("doctor", **away).stdout
    assert "warn  public URL: LATCHKEY_PUBLIC_URL is not set" in text and "      hint: set it to" in text
    checks = json.loads(command("doctor", "--json", **away).stdout)["checks"]
    [check] = [check for check in checks if check["name"] == "public URL"]
    assert (check["ok"], check["status"]) == (True, "warn")
    assert "public URL" not in command("doctor", LATCHKEY_PUBLIC_URL="https://llm.example.com", **away).stdout
    assert "public URL" not in command("doctor", **away | {"LATCHKEY_LISTEN": "127.0.0.1:0"}).stdout


def test_doctor_tells_what_is_wrong(command):
    result = command("doctor", "--json", LATCHKEY_URL=f"http://127.0.0.1:{free_port()}")

    assert result.returncode == 1
    checks = {check["name"].split(":")[0]: check for check in json.loads(result.stdout)["checks"]}
    assert checks["settings"]["ok"]
    assert not checks["data folder"]["ok"] and not checks["server"]["ok"]
