"""Completion in a shell: bash itself asks the command what could come next."""

import os
import shutil
import subprocess
import time

import pytest
from latchkey import free_port
from user import AS_USER

ASK = r"""
source "$SCRIPT"
COMP_LINE=$LINE COMP_POINT=${#LINE}
read -ra COMP_WORDS <<< "$LINE"
[[ $LINE == *' ' ]] && COMP_WORDS+=('')
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_latchkey latchkey "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
printf '%s\n' "${COMPREPLY[@]}"
"""


@pytest.fixture(scope="module")
def script(binary, folders):
    path = folders("completion") / "latchkey.bash"
    made = subprocess.run(
        [*AS_USER, binary, "--generate-completion-script", "bash"], capture_output=True, text=True, timeout=30, check=True)
    path.write_text(made.stdout)
    path.chmod(0o644)
    return path


@pytest.fixture
def complete(binary, script, tmp_path):
    """What bash offers behind a line that is typed in a folder, and what is said meanwhile."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LATCHKEY_")}

    def complete(line, **settings):
        # `bind` tells of a shell without line editing.
        done = subprocess.run(
            [*AS_USER, "bash", "--norc", "-c", ASK], cwd=tmp_path, capture_output=True, text=True, timeout=60,
            env=clean | settings | {
                "SCRIPT": str(script), "LINE": line, "PATH": f"{os.path.dirname(binary)}:{os.environ['PATH']}"})
        assert done.returncode == 0, done.stderr
        return [word.rstrip() for word in done.stdout.splitlines() if word.strip()], done.stderr

    return complete


def test_words_that_are_few_are_offered(complete):
    def offered(line):
        return complete(line)[0]

    assert offered("latchkey key create --role ") == ["read", "issue", "admin"]
    assert offered("latchkey project update acme --state ") == ["active", "disabled", "archived"]
    assert offered("latchkey project update acme --state d") == ["disabled"]
    assert offered("latchkey token list --status s") == ["suspended"]
    assert offered("latchkey token list --sort last") == ["last_used_at"]
    assert offered("latchkey alarm list --kind honey") == ["honey_token_used"]
    assert offered("latchkey token issue --endpoint chat") == ["chat_completions", "chatkit"]
    assert offered("latchkey token top-up 0123456789ab cost/m") == ["cost/minute", "cost/month"]
    assert offered("latchkey usage --by day,mod") == ["day,model"]
    assert offered("latchkey project create acme --time-zone Europe/Berl") == ["Europe/Berlin"]
    assert offered(f"latchkey usage --month {time.strftime('%Y-%m', time.gmtime())}")
    assert "reissue" in offered("latchkey token re")


def test_files_are_offered_where_files_are_meant(complete, tmp_path):
    (tmp_path / "upstream.key").write_text("sk-x")
    (tmp_path / "folder").mkdir()

    assert complete("latchkey credential set acme --upstream-key-file up")[0] == ["upstream.key"]
    assert complete("latchkey token scan fo")[0] == ["folder"]
    assert complete("latchkey restore up")[0] == ["upstream.key"]
    assert complete("latchkey token scan --git fo")[0] == ["folder"]


def test_what_the_server_has_is_offered(complete, own):
    server = own()
    server.start()
    for name in ("acme", "acorn", "beta"):
        server.create_project(name, "dummy:")
    tokens = [server.issue_token("acme")["id"] for _ in range(2)]
    server.revoke_token(tokens[0])
    invitation = server.manage("invitation", "create", "--project", "acme", "--name", "bob")["id"]
    backup = server.manage("backup")["name"]
    settings = {"LATCHKEY_URL": server.origin, "LATCHKEY_ADMIN_KEY": server.admin_key}

    def offered(line):
        words, said = complete(line, **settings)
        assert said == ""
        return words

    assert sorted(offered("latchkey token issue --project ")) == ["acme", "acorn", "beta"]
    assert sorted(offered("latchkey usage --project ac")) == ["acme", "acorn"]
    assert offered("latchkey project show b") == ["beta"]
    assert sorted(offered("latchkey token show ")) == sorted(tokens)
    assert offered("latchkey token revoke ") == [tokens[1]]
    assert offered("latchkey token reissue ") == [tokens[0]]
    assert offered("latchkey invitation revoke ") == [invitation]
    assert offered("latchkey backup delete ") == [backup]
    assert len(offered("latchkey key show ")) == 1
    assert offered("latchkey price show gpt-4.1-m") == ["gpt-4.1-mini"]


def test_without_a_server_completion_is_quick_silent_and_empty(complete):
    key = "an-operators-own-key-of-32-characters"
    for settings in [
            {}, {"LATCHKEY_ADMIN_KEY": key, "LATCHKEY_URL": f"http://127.0.0.1:{free_port()}"},
            # Nobody answers there (TEST-NET-1).
            {"LATCHKEY_ADMIN_KEY": key, "LATCHKEY_URL": "http://192.0.2.1:8080"}, {"LATCHKEY_NONSENSE": "x"}]:
        began = time.monotonic()
        assert complete("latchkey token issue --project ", **settings) == ([], "")
        assert time.monotonic() - began < 20, "the bound of a machine that is busy; the command's own is a second"


@pytest.mark.parametrize("shell, check", [("zsh", ["zsh", "-n"]), ("fish", ["fish", "--no-execute"])])
def test_scripts_of_other_shells_are_sound(shell, check, binary, tmp_path):
    made = subprocess.run(
        [*AS_USER, binary, "--generate-completion-script", shell], capture_output=True, text=True, timeout=30)
    assert made.returncode == 0 and "honey_token_used" in made.stdout and made.stderr == ""
    if shutil.which(check[0]):
        path = tmp_path / "script"
        path.write_text(made.stdout)
        assert subprocess.run([*check, path], timeout=30).returncode == 0
