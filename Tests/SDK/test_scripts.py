"""scripts/swift: a build in a terminal takes what a build in a pipe has left, and the other way round."""

import os
import pty
import subprocess
from pathlib import Path

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
