import Foundation

/// One run of git, without the surroundings that would lead it to another repository, to the network or to a
/// terminal. It only reads.
struct GitProcess {
    /// The folder that it runs in.
    let folder: String
    let arguments: [String]

    init(in folder: String, _ arguments: [String]) {
        self.folder = folder
        self.arguments = arguments
    }

    /// Hands over what it prints, piece by piece. `input` is its standard input.
    func run(input: FileHandle = .nullDevice, take: (UnsafeRawBufferPointer) -> Void) throws(GitFailure) {
        let git = Process()
        git.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        git.arguments = ["git", "--no-pager", "--no-replace-objects", "-C", folder] + arguments
        git.environment = Self.environment(ProcessInfo.processInfo.environment)
        let output = Pipe()
        git.standardOutput = output
        git.standardInput = input
        // A file: one who reads two pipes in turn may wait for the wrong one.
        let complaints = tmpfile()
        defer { if let complaints { fclose(complaints) } }
        git.standardError =
            complaints.map { FileHandle(fileDescriptor: fileno($0), closeOnDealloc: false) } ?? .nullDevice
        do {
            try git.run()
            try PieceReader(descriptor: output.fileHandleForReading.fileDescriptor).read(take)
        } catch {
            throw GitFailure(folder: folder, status: 127, complaint: "")
        }
        git.waitUntilExit()
        guard git.terminationStatus == 0 else {
            throw GitFailure(
                folder: folder, status: git.terminationStatus, complaint: complaints.map(Self.text) ?? "")
        }
    }

    /// All that it prints, without the line feed at its end.
    func text() throws(GitFailure) -> String {
        var bytes: [UInt8] = []
        try run { bytes += $0 }
        if bytes.last == 0x0A { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// What git shall know of a process's environment: neither the repository of a hook that this is run by,
    /// nor our settings.
    static func environment(_ environment: [String: String]) -> [String: String] {
        let local: Set = [
            "GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY",
            "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_NAMESPACE", "GIT_PREFIX", "GIT_GRAFT_FILE",
            "GIT_SHALLOW_FILE", "GIT_REPLACE_REF_BASE", "GIT_CONFIG",
        ]
        var kept = environment.filter { !local.contains($0.key) && !$0.key.hasPrefix("LATCHKEY_") }
        kept["LC_ALL"] = "C"
        kept["GIT_TERMINAL_PROMPT"] = "0"
        kept["GIT_OPTIONAL_LOCKS"] = "0"
        // What a partial clone lacks stays where it is.
        kept["GIT_NO_LAZY_FETCH"] = "1"
        return kept
    }

    private static func text(of file: UnsafeMutablePointer<FILE>) -> String {
        rewind(file)
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }
}

/// Why git did not answer.
struct GitFailure: Error, Equatable {
    let folder: String
    let status: Int32
    /// What it wrote to standard error.
    let complaint: String

    var trouble: ScanTrouble {
        let what = "cannot read the git history of \(folder)"
        if status == 127 {
            return ScanTrouble(
                "\(what): git is not installed", hint: "install git, or scan with --no-history")
        }
        if complaint.contains("dubious ownership") || complaint.contains("unsafe repository") {
            return ScanTrouble(
                "\(what): it belongs to another user, and git refuses to read it",
                hint:
                    "if you trust it: git config --global --add safe.directory \(repository ?? folder); or "
                    + "scan with --no-history")
        }
        let lines = complaint.split(separator: "\n")
        let line =
            lines.first { $0.hasPrefix("fatal: ") || $0.hasPrefix("error: ") } ?? lines.first ?? "git failed"
        return ScanTrouble(
            "\(what): \(line.replacing("fatal: ", with: "").replacing("error: ", with: ""))",
            hint: "it must be a git repository that this user may read; 'git fsck' looks for damage")
    }

    /// The one that git names in a refusal: `… in repository at '/srv/app'`.
    private var repository: String? {
        guard let start = complaint.range(of: "repository at '"),
            let end = complaint[start.upperBound...].firstIndex(of: "'")
        else { return nil }
        return String(complaint[start.upperBound..<end])
    }
}
