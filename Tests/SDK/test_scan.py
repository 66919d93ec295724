"""`latchkey token scan`: credentials in files and in git history, found without a server and never printed whole."""

import json
import os
import re
import subprocess

import pytest
from test_credentials import altered
from user import AS_USER, give

TOKEN = "lk_000000000001_003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf3vzhO3"
OTHER = "lkm_Latchkey0123_yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp11dpV40"
FOUND = "access token lk_000000000001_…"


class Ground:
    """A folder of the user's, in which repositories are made and scanned."""

    def __init__(self, binary, folder):
        self.binary, self.folder = binary, folder
        self.environment = {
            "PATH": os.environ["PATH"], "HOME": str(folder), "GIT_AUTHOR_NAME": "Ann Author",
            "GIT_AUTHOR_EMAIL": "ann@example.com", "GIT_COMMITTER_NAME": "Bob", "GIT_COMMITTER_EMAIL": "bob@example.com",
            "GIT_CONFIG_NOSYSTEM": "1"}
        self.hour = 0

    def git(self, *arguments, at="repository", **environment):
        """Each command is an hour after the one before."""
        self.hour += 1
        time = f"2026-11-{1 + self.hour // 24:02}T{self.hour % 24:02}:15:30+00:00"
        done = subprocess.run(
            [*AS_USER, "git", *arguments], cwd=self.folder / at, check=True, capture_output=True, text=True,
            env=self.environment | {"GIT_AUTHOR_DATE": time, "GIT_COMMITTER_DATE": time} | environment)
        return done.stdout.strip()

    def write(self, path, text, at="repository"):
        file = self.folder / at / path
        for folder in reversed(file.relative_to(self.folder).parents[:-1]):
            if not (self.folder / folder).exists():
                (self.folder / folder).mkdir()
                give(self.folder / folder)
        file.write_text(text)
        give(file)
        return file

    def commit(self, message, at="repository"):
        self.git("add", "-A", at=at)
        self.git("commit", "-q", "--allow-empty", "-m", message, at=at)
        return self.git("rev-parse", "HEAD", at=at)

    def scan(self, *arguments, at="repository", standard_input="", **environment):
        done = subprocess.run(
            [*AS_USER, self.binary, "token", "scan", *arguments], cwd=self.folder / at,
            env=self.environment | environment, capture_output=True, text=True, input=standard_input, timeout=60)
        assert TOKEN not in done.stdout + done.stderr and OTHER not in done.stdout + done.stderr
        return done

    def findings(self, *arguments, status=1, **named):
        done = self.scan(*arguments, "--json", **named)
        assert done.returncode == status, done.stderr
        return json.loads(done.stdout)


@pytest.fixture
def ground(binary, tmp_path):
    ground = Ground(binary, tmp_path)
    (tmp_path / "repository").mkdir()
    give(tmp_path / "repository")
    ground.git("init", "-q", "-b", "main")
    return ground


def test_history_is_looked_at_unasked_and_names_the_first_commit(ground):
    ground.write("README", "hello\n")
    ground.commit("Begin")
    ground.write("config/key.env", f"# key\nKEY={TOKEN}\n")
    first = ground.commit("Add the key")
    ground.write("config/key.env", f"# the key\n# of production\nKEY={TOKEN}\n")
    ground.commit("Say which")
    (ground.folder / "repository/config/key.env").unlink()
    ground.commit("Take it away")

    done = ground.scan(".")

    assert done.returncode == 1
    pattern = (
        rf"\./config/key\.env:2: {FOUND}, commit {first[:12]} by Ann Author <ann@example\.com>, 2026-11-01 "
        r"[0-9]{2}:15Z, no longer in the working tree\n")
    assert re.fullmatch(pattern, done.stdout), done.stdout
    assert re.search(r"^Looked at [0-9]+ files and 4 commits\.$", done.stderr, re.M)
    [finding] = ground.findings(".")["findings"]
    date = finding.pop("date")
    assert re.fullmatch(r"2026-11-01T[0-9]{2}:15:30\.000Z", date)
    assert finding == {
        "kind": "access_token", "id": "000000000001", "path": "./config/key.env", "line": 2, "place": "text",
        "repository": ".", "commit": first, "object": None, "author": "Ann Author <ann@example.com>",
        "in_working_tree": False}

    without = ground.scan(".", "--no-history")
    assert (without.returncode, without.stdout) == (0, "")
    assert re.fullmatch(r"Looked at [0-9]+ files, and at no git history\.\n", without.stderr)


def test_what_is_still_checked_out_is_told_and_untracked_and_ignored_files_are_read(ground):
    ground.write("key", f"{TOKEN}\n")
    ground.write(".gitignore", "*.log\n")
    ground.commit("Add")
    ground.write("debug.log", f"\n{OTHER}")
    ground.write("new/notes", OTHER)

    lines = ground.scan(".").stdout.splitlines()

    assert lines[0] == "./debug.log:2: management key lkm_Latchkey0123_…"
    assert lines[1] == f"./key:1: {FOUND}"
    assert lines[2] == "./new/notes:1: management key lkm_Latchkey0123_…"
    assert lines[3].startswith(f"./key:1: {FOUND}, commit ") and lines[3].endswith(", still in the working tree")
    assert len(lines) == 4


def test_a_subfolder_is_looked_at_alone_and_so_is_its_history(ground):
    for name in ("src/deep/a", "docs/b"):
        ground.write(name, TOKEN)
    ground.commit(f"Add {TOKEN}")
    for name in ("src/deep/a", "docs/b"):
        (ground.folder / "repository" / name).write_text("clean")
    ground.commit("Clean")

    inside = ground.findings(".", at="repository/src")["findings"]
    outside = ground.findings("repository/docs", at=".")["findings"]
    whole = ground.findings("repository", at=".")["findings"]

    assert [finding["path"] for finding in inside] == ["./deep/a"]
    assert [finding["path"] for finding in outside] == ["repository/docs/b"]
    places = sorted((finding["place"], finding["path"]) for finding in whole)
    assert places == [
        ("commit_message", "repository"), ("text", "repository/docs/b"), ("text", "repository/src/deep/a")]
    [message] = [finding for finding in whole if finding["place"] == "commit_message"]
    assert message["commit"] == ground.git("rev-parse", "HEAD~1") and message["author"].startswith("Ann Author")
    both = ground.findings("repository/src", "repository/docs", at=".")
    assert len(both["findings"]) == 2 and len(both["histories"]) == 1


@pytest.mark.parametrize("packed", [False, True], ids=["loose", "packed"])
def test_merges_tags_stashes_and_what_nothing_reaches_any_more(packed, ground):
    ground.write("base", "base")
    ground.commit("Begin")
    ground.git("checkout", "-q", "-b", "side")
    ground.write("side", "side")
    ground.commit("Side")
    ground.git("checkout", "-q", "main")
    ground.write("main", "main")
    ground.commit("Main")
    ground.git("merge", "-q", "--no-ff", "--no-commit", "side")
    ground.write("in-merge", TOKEN)
    merge = ground.commit("Merge")
    ground.git("rm", "-q", "in-merge")
    ground.commit("Remove")
    ground.git("tag", "-a", "v1", "-m", f"Release {OTHER}")
    ground.write("stashed", TOKEN)
    ground.git("stash", "-q", "-u")
    ground.write("amended", f"lost {TOKEN}")
    lost = ground.commit("To be lost")
    ground.git("reset", "-q", "--hard", "HEAD~1")
    ground.git("reflog", "expire", "--expire=now", "HEAD", "main")
    ground.write("staged", f"staged {OTHER}")
    ground.git("add", "staged")
    ground.git("rm", "-q", "--cached", "staged")
    (ground.folder / "repository/staged").unlink()
    if packed:
        ground.git("repack", "-q", "-a", "-d", "--keep-unreachable")
        assert list((ground.folder / "repository/.git/objects/pack").glob("*.pack"))

    found = {finding["path"]: finding for finding in ground.findings(".")["findings"] if finding["place"] == "text"}
    others = {finding["place"]: finding for finding in ground.findings(".")["findings"] if finding["place"] != "text"}

    assert set(found) == {"./in-merge", "./stashed", "./amended"}
    assert found["./in-merge"]["commit"] == merge and found["./amended"]["commit"] == lost
    assert set(others) == {"tag_message", "loose_object"}
    assert others["tag_message"]["author"].startswith("Bob") and others["tag_message"]["commit"] is None
    assert others["loose_object"]["commit"] is None and len(others["loose_object"]["object"]) == 40
    text = ground.scan(".").stdout
    assert "in the message of tag" in text and "in a file that no commit has (blob " in text


def test_a_commit_that_a_branch_has_is_named_before_one_that_was_amended(ground):
    ground.write("key", TOKEN)
    ground.commit("Frist")
    ground.git("commit", "-q", "--amend", "-m", "First")

    [finding] = [finding for finding in ground.findings(".")["findings"] if finding["commit"]]

    assert finding["commit"] == ground.git("rev-parse", "HEAD")


def test_bare_repositories_worktrees_submodules_and_clones_in_folders(ground):
    ground.write("key", TOKEN)
    ground.commit("Add")
    ground.git("rm", "-q", "key")
    ground.commit("Remove")
    ground.git("clone", "-q", "--bare", "repository", "bare.git", at=".")
    ground.git("worktree", "add", "-q", "../tree", "HEAD~1")
    ground.write("README", "super", at="super")
    ground.git("init", "-q", at="super")
    ground.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", "../repository", "part", at="super")
    ground.commit("Begin", at="super")

    bare = ground.findings("bare.git", at=".")
    assert [(f["path"], f["in_working_tree"]) for f in bare["findings"]] == [("bare.git/key", None)]
    alone = ground.findings("--git", "bare.git", at=".")
    assert alone["files"] == 0 and alone["commits"] == 2 and len(alone["findings"]) == 1
    tree = ground.findings(".", at="tree")["findings"]
    assert [f["in_working_tree"] for f in tree] == [None, True] and tree[0]["commit"] is None
    part = ground.findings("super", at=".")
    assert [f["path"] for f in part["findings"]] == ["super/part/key"]
    assert sorted(history["repository"] for history in part["histories"]) == ["super", "super/part"]
    everything = ground.findings(".", at=".")
    assert {history["commits"] for history in everything["histories"]} == {1, 2}
    # The repository and its second working tree are one history.
    assert len(everything["histories"]) == 4


def test_a_shallow_clone_says_that_there_is_more(ground):
    ground.write("a", "a")
    ground.commit("One")
    ground.commit("Two")
    ground.git("clone", "-q", "--depth", "1", f"file://{ground.folder}/repository", "clone", at=".")

    done = ground.scan("clone", at=".")

    assert done.returncode == 0 and "1 commit." in done.stderr and "git fetch --unshallow" in done.stderr


def test_a_file_that_is_named_after_a_token_is_found_and_shown_without_it(ground):
    ground.write(f"dump-{TOKEN}.txt", "nothing")
    ground.write(f"{TOKEN}/one", "nothing")
    ground.write(f"{TOKEN}/two", "nothing")
    ground.commit("Add")

    done = ground.scan(".")

    lines = done.stdout.splitlines()
    assert done.returncode == 1 and all("lk_000000000001_…" in line for line in lines)
    assert lines[0] == f"./dump-lk_000000000001_….txt: {FOUND} in its name"
    assert len([line for line in lines if "commit" in line]) == 2 and all("in its name" in line for line in lines)


def test_the_repositorys_own_configuration_changes_nothing(ground):
    ground.write("sub/ü key", f"{TOKEN}\n")
    ground.commit("Añadir")
    expected = ground.findings(".")
    for name, value in [
            ("color.ui", "always"), ("log.showRoot", "false"), ("diff.relative", "true"), ("diff.renames", "copies"),
            ("log.showSignature", "true"), ("core.quotePath", "true"), ("i18n.logOutputEncoding", "latin1"),
            ("diff.noprefix", "true"), ("log.decorate", "full"), ("core.abbrev", "4"), ("log.date", "relative"),
            ("log.follow", "true"), ("diff.external", "/bin/false"), ("format.pretty", "email"), ("core.pager", "/bin/false")]:
        ground.git("config", name, value)

    assert ground.findings(".") == expected | {"files": expected["files"]}
    assert expected["findings"][-1]["path"] == "./sub/ü key"


def test_the_surroundings_of_a_hook_lead_nowhere_else(ground):
    ground.write("key", TOKEN)
    ground.commit("Add")
    ground.git("rm", "-q", "key")
    ground.commit("Remove")
    ground.write("README", "other", at="other")
    ground.git("init", "-q", at="other")
    ground.commit("Begin", at="other")

    found = ground.findings(
        ".", GIT_DIR=str(ground.folder / "other/.git"), GIT_WORK_TREE=str(ground.folder / "other"), GIT_INDEX_FILE="x")

    assert len(found["findings"]) == 1 and found["commits"] == 2


def test_what_git_refuses_or_cannot_read_is_told_with_what_to_do(ground):
    ground.write("key", TOKEN)
    ground.commit("Add")

    refused = ground.scan(".", GIT_TEST_ASSUME_DIFFERENT_OWNER="1")
    assert refused.returncode == 2 and f"./key:1: {FOUND}\n" == refused.stdout
    assert "belongs to another user" in refused.stderr
    assert f"git config --global --add safe.directory {ground.folder}/repository" in refused.stderr
    assert "--no-history" in refused.stderr
    missing = ground.scan(".", PATH="/nonexistent")
    assert missing.returncode == 2 and "git is not installed" in missing.stderr and "hint: install git" in missing.stderr
    nothing = ground.scan("--git", ".", at=".")
    assert nothing.returncode == 2 and "not a git repository" in nothing.stderr
    for file in (ground.folder / "repository/.git/objects").glob("??/*"):
        file.chmod(0o644)
        file.write_bytes(b"damaged")
    damaged = ground.scan(".")
    assert damaged.returncode == 2 and "cannot read the git history of ." in damaged.stderr
    assert ground.scan(".", "--no-history").returncode == 1


def test_files_and_standard_input_are_scanned_without_a_repository(ground):
    (ground.folder / "log").write_text(f"one\nx{TOKEN}x")
    assert ground.scan("nothing", at=".").returncode == 2
    named = ground.scan("log", at=".")
    assert (named.returncode, named.stdout) == (1, f"log:2: {FOUND}\n")
    assert named.stderr == "Looked at 1 file, and at no git history: none is in a repository.\n"
    whole = json.loads(ground.scan("--json", "log", at=".").stdout)
    assert (whole["files"], whole["commits"], whole["histories"]) == (1, 0, [])
    assert whole["findings"] == [{
        "kind": "access_token", "id": "000000000001", "path": "log", "line": 2, "place": "text", "repository": None,
        "commit": None, "object": None, "author": None, "date": None, "in_working_tree": None}]
    piped = ground.scan("-", at=".", standard_input=altered(TOKEN, 40))
    assert (piped.returncode, piped.stdout) == (0, "")
    assert ground.scan(at=".").returncode == 2
