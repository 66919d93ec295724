import Domain
import Foundation
import Vault

/// Goes through everything that a git repository ever held, as far as it is still there, and finds out which
/// commit brought each find. Git streams; what is kept is what was found.
struct HistoryScan {
    let repository: GitRepository
    private(set) var findings: [ScanFinding] = []
    private(set) var commits = 0

    init(_ repository: GitRepository) { self.repository = repository }

    /// Throws why git could not be asked, or did not answer to the end.
    mutating func run() throws(GitFailure) {
        var objects = GitObjects()
        try git("cat-file", "--batch-all-objects", "--unordered", "--batch").run { objects.read($0) }
        guard objects.isComplete else { throw broken }
        commits = objects.commits
        let inFiles = objects.findings.filter { $0.type == .blob }
        let inNames = Set(objects.findings.filter { $0.type == .tree }.map(\.credential))
        if !inFiles.isEmpty || !inNames.isEmpty {
            var origins = Origins(files: inFiles, names: inNames)
            // First what branches and tags have, then what is only remembered.
            try readLog(into: &origins, from: "--all")
            origins.seekMissing()
            if !origins.isComplete { try readLog(into: &origins, from: "--reflog") }
            origins.seekMissing()
            if !origins.isComplete { try readLogOfAllCommits(into: &origins) }
            findings += origins.findings(in: repository)
        }
        guard repository.isWhole else { return }
        findings += objects.findings.filter { $0.type == .commit || $0.type == .tag }.map { finding in
            ScanFinding(
                finding.credential, path: repository.shown, line: nil,
                place: finding.type == .commit ? .commitMessage : .tagMessage,
                origin: ScanFinding.Origin(
                    repository: repository.shown, commit: finding.hash, author: finding.author))
        }
    }

    private func git(_ arguments: String...) -> GitProcess {
        GitProcess(in: repository.folder, arguments)
    }

    private var broken: GitFailure {
        GitFailure(folder: repository.shown, status: 0, complaint: "git's output was cut off")
    }

    /// The oldest commit comes last, and none before its children.
    private func readLog(
        into origins: inout Origins, input: FileHandle = .nullDevice, from commits: String...
    ) throws(GitFailure) {
        var log = GitLog()
        try GitProcess(
            in: repository.folder,
            [
                "log", "--raw", "-z", "-c", "--root", "--no-abbrev", "--no-renames", "--no-relative",
                "--no-color",
                "--no-show-signature", "--no-mailmap", "--no-ext-diff", "--no-textconv", "--date-order",
                "--encoding=UTF-8", "--format=\(GitLog.format)",
            ] + commits
        ).run(input: input) { piece in
            log.read(piece) { origins.take($0, blob: $1, path: $2) }
        }
        if log.isMalformed { throw broken }
    }

    /// Of what neither a branch nor a reflog reaches: all commits that are there are asked. Some may lack
    /// their parents; then it is told by its object alone.
    private func readLogOfAllCommits(into origins: inout Origins) throws(GitFailure) {
        guard let file = tmpfile() else { return }
        defer { fclose(file) }
        var line: [UInt8] = []
        try git("cat-file", "--batch-all-objects", "--batch-check=%(objecttype) %(objectname)").run { piece in
            for byte in piece {
                line.append(byte)
                guard byte == 0x0A else { continue }
                if line.starts(with: "commit ".utf8) {
                    fwrite(Array(line.dropFirst(7)), 1, line.count - 7, file)
                }
                line.removeAll(keepingCapacity: true)
            }
        }
        rewind(file)
        let input = FileHandle(fileDescriptor: fileno(file), closeOnDealloc: false)
        do throws(GitFailure) {
            try readLog(into: &origins, input: input, from: "--ignore-missing", "--stdin")
        } catch {}
    }
}
