import Foundation

/// Goes through everything that a git repository ever held, as far as it is still there.
struct GitScan {
    let repository: String

    /// Throws why git could not be asked, or did not answer to the end.
    func findings() throws(CommandFailure) -> [ScanFinding] {
        let git = Process()
        git.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        git.arguments = [
            "git", "-C", repository, "cat-file", "--batch-all-objects", "--unordered", "--batch",
        ]
        // Our settings, secrets among them, are not git's.
        git.environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("LATCHKEY_") }
        let output = Pipe()
        git.standardOutput = output
        git.standardInput = FileHandle.nullDevice
        git.standardError = FileHandle.nullDevice
        var objects = GitObjects()
        do {
            try git.run()
            try PieceReader(descriptor: output.fileHandleForReading.fileDescriptor).read { objects.read($0) }
        } catch {
            throw failure
        }
        git.waitUntilExit()
        guard git.terminationStatus == 0, objects.isComplete else { throw failure }
        return objects.findings.map { finding in
            var finding = finding
            finding.path = "\(repository): \(finding.path)"
            return finding
        }
    }

    private var failure: CommandFailure {
        CommandFailure(
            .usage, "cannot read the git repository \(repository)",
            hint: "it has to be a git repository that this user owns, and git has to be installed")
    }
}
