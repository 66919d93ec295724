import Foundation
import Vault

/// Goes through files and folders, whatever is in them. Symbolic links are followed where they are named, and
/// nowhere else; devices, pipes and sockets are left out.
struct FileScan {
    /// Git repositories are told to ``repositories``, and what git reads of them itself, or makes of that, is
    /// left out.
    let includesHistory: Bool
    private(set) var findings: [ScanFinding] = []
    /// What could not be read.
    private(set) var troubles: [ScanTrouble] = []
    /// Files that were read, standard input counted.
    private(set) var files = 0
    /// Folders that are in a git repository, or are one: first the working trees.
    var repositories: [String] { workTrees + bareRepositories }
    private var workTrees: [String] = []
    private var bareRepositories: [String] = []

    init(includesHistory: Bool = false) { self.includesHistory = includesHistory }

    /// `-` is standard input.
    mutating func scan(_ path: String) {
        guard path != "-" else { return scan(STDIN_FILENO, as: "standard input") }
        guard let facts = FileFacts(path: path, followsLinks: true) else { return trouble(path) }
        guard facts.kind == .folder else { return scanFile(path, following: true) }
        // A working tree may begin above the folder that is named.
        if includesHistory, !GitRepository.isWorkTree(path), GitRepository.contains(path) {
            workTrees.append(path)
        }
        walk(path)
    }

    /// The objects, their names in the working tree, and the subjects of commits in the reflogs.
    private static let ofGit: Set = ["objects", "index", "logs"]

    private mutating func walk(_ folder: String) {
        guard let entries = opendir(folder) else { return trouble(folder) }
        defer { closedir(entries) }
        var names: [String] = []
        errno = 0
        while let entry = readdir(entries) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { name in
                name.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
            errno = 0
        }
        if errno != 0 { trouble(folder) }
        let isBare = includesHistory && GitRepository.isBare(names)
        if isBare { bareRepositories.append(folder) }
        if includesHistory, names.contains(".git"), GitRepository.isWorkTree(folder) {
            workTrees.append(folder)
        }
        for name in names.sorted() where !(isBare && Self.ofGit.contains(name)) {
            let path = folder.hasSuffix("/") ? folder + name : folder + "/" + name
            findings += FoundCredential.all(in: name.utf8).map {
                ScanFinding($0, path: path, line: nil, place: .name)
            }
            switch FileFacts(path: path, followsLinks: false)?.kind {
            case .folder: walk(path)
            case .file: scanFile(path, following: false)
            case .link, .other: break
            case nil: trouble(path)
            }
        }
    }

    private mutating func scanFile(_ path: String, following: Bool) {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | (following ? 0 : O_NOFOLLOW))
        guard file >= 0 else { return trouble(path) }
        defer { close(file) }
        scan(file, as: path)
    }

    private mutating func scan(_ descriptor: Int32, as path: String) {
        var lines = LineScan()
        var found: [ScanFinding] = []
        do throws(ReadFailure) {
            try PieceReader(descriptor: descriptor).read { piece in
                lines.scan(piece) { found.append(ScanFinding(FoundCredential($0), path: path, line: $1)) }
            }
            files += 1
        } catch {
            trouble(path, error)
        }
        findings += found
    }

    private mutating func trouble(_ path: String, _ failure: ReadFailure = ReadFailure(code: errno)) {
        troubles.append(ScanTrouble("cannot read \(FoundCredential.redacted(path)): \(failure.reason)"))
    }
}
