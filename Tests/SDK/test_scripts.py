"""What the scripts promise: builds that take what others have left, and a binary that knows its commit."""

import os
import pty
import re
import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "swift"
MANIFEST = """\
// swift-tools-version: 6.2
import PackageDescription
let package = Package(name: "small", targets: [.target(name: "part"), .executableTarget(name: "small", dependencies: ["part"])])
"""


def build(folder, terminal):
    """What a build prints."""
    environment = os.environ | {"TERM": "xterm-256color"}
    command = [SCRIPT, "build", "--configuration", "release"]
    if not terminal:
        return subprocess.run(
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, check=True).stdout
    ours, theirs = pty.openpty()
    process = subprocess.Popen(command, cwd=folder, env=environment, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    said = b""
    try:
        while piece := os.read(ours, 65536):
            said += piece
    except OSError:
        pass  # A terminal that nobody has open any more.
    os.close(ours)
    assert process.wait() == 0, said
    return said


def test_a_terminal_and_a_pipe_build_with_the_same_flags(tmp_path):
    (tmp_path / "Sources" / "small").mkdir(parents=True)
    (tmp_path / "Sources" / "part").mkdir(parents=True)
    (tmp_path / "Package.swift").write_text(MANIFEST)
    (tmp_path / "Sources" / "small" / "main.swift").write_text("import part\nprint(part())\n")
    (tmp_path / "Sources" / "part" / "part.swift").write_text("public func part() -> Int { 1 }\n")

    assert b"Compiling" in build(tmp_path, terminal=False)
    assert b"Compiling" not in build(tmp_path, terminal=True)
    assert b"Compiling" not in build(tmp_path, terminal=False)


def test_every_script_builds_through_it():
    for script in SCRIPT.parent.iterdir():
        if script.is_file() and script != SCRIPT:
            for line in script.read_text().splitlines():
                assert not line.lstrip().startswith(("swift build", "swift test")), f"{script.name}: {line}"


STAMPED = """\
// swift-tools-version: 6.2
import PackageDescription
let package = Package(name: "small", products: [.executable(name: "latchkey", targets: ["Small"])], targets: [
    .systemLibrary(name: "CBuild"), .executableTarget(name: "Small", dependencies: ["CBuild"])])
"""
PRINTING = """\
import CBuild
print(lk_build().map { String(cString: $0) } ?? "unknown")
"""


@pytest.fixture
def sources(tmp_path):
    """A small package that is built by the scripts, and tells what it was told of its commit."""
    root = SCRIPT.parents[1]
    folder = tmp_path / "sources"
    (folder / "Sources" / "Small").mkdir(parents=True)
    shutil.copytree(root / "Sources" / "CBuild", folder / "Sources" / "CBuild")
    (folder / "Sources" / "Small" / "main.swift").write_text(PRINTING)
    (folder / "Package.swift").write_text(STAMPED)
    (folder / "scripts").mkdir()
    for name in ("build", "commit", "swift"):
        shutil.copy(root / "scripts" / name, folder / "scripts")
    # What would look for packages of the system.
    (folder / "scripts" / "prepare").write_text("#!/bin/sh\n")
    (folder / "scripts" / "prepare").chmod(0o755)
    shutil.copy(root / ".gitattributes", folder)
    (folder / ".gitignore").write_text(".build/\n")
    return folder


def git(folder, *arguments):
    environment = os.environ | {
        "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b",
        "GIT_COMMITTER_DATE": "2026-11-30T10:30:00+01:00", "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_CONFIG_SYSTEM": "/dev/null"}
    return subprocess.run(
        ["git", *arguments], cwd=folder, env=environment, check=True, capture_output=True, text=True).stdout.strip()


def commit_of(folder):
    return subprocess.run([folder / "scripts" / "commit"], capture_output=True, text=True, check=True).stdout.strip()


def test_the_commit_is_told_of_a_clone_and_of_a_source_archive(sources, tmp_path):
    assert commit_of(sources) == ""
    git(sources, "init", "-q")
    assert commit_of(sources) == ""
    git(sources, "add", ".")
    git(sources, "commit", "-q", "-m", "First")
    told = f"{git(sources, 'rev-parse', 'HEAD')} 2026-11-30T09:30:00Z"
    assert commit_of(sources) == told
    (sources / "new").write_text("")
    assert commit_of(sources) == told + " modified"
    archive = tmp_path / "archive"
    archive.mkdir()
    git(sources, "archive", "--output", str(tmp_path / "archive.tar"), "HEAD")
    subprocess.run(["tar", "-xf", tmp_path / "archive.tar", "-C", archive], check=True)
    assert commit_of(archive) == told
    # Within another repository an archive is still of its own commit, and a copy of none.
    git(tmp_path, "init", "-q")
    assert commit_of(archive) == told
    shutil.rmtree(sources / ".git")
    assert commit_of(sources) == ""


def test_another_commit_is_linked_anew_and_compiles_nothing(sources):
    git(sources, "init", "-q")
    git(sources, "add", ".")
    git(sources, "commit", "-q", "-m", "First")

    def build():
        said = subprocess.run(
            [sources / "scripts" / "build"], capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL).stdout
        binary = sources / ".build" / "release" / "latchkey"
        return said, subprocess.run([binary], capture_output=True, text=True, check=True).stdout.strip()

    said, told = build()
    assert "Compiling" in said and told == commit_of(sources) and re.match("[0-9a-f]{40} 2026-11-30T09:30:00Z$", told)
    assert git(sources, "status", "--porcelain") == ""
    git(sources, "commit", "-q", "--allow-empty", "-m", "Second")
    again, new = build()
    assert "Compiling" not in again and new == commit_of(sources) != told
    shutil.rmtree(sources / ".git")
    assert build()[1] == "unknown"
