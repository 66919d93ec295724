import Foundation
import Vault

/// Which commit first put each find where: of the same credential in the same file, the oldest. Commits that
/// a branch or a tag reaches come before others.
struct Origins {
    private struct Place: Hashable {
        let credential: FoundCredential
        /// From the top of the repository.
        let path: [UInt8]
    }

    private struct Origin {
        let commit: GitLog.Commit
        /// In the file; nil where the credential is in the file's name.
        let line: Int?
        /// Which of the logs told it.
        let log: Int
    }

    /// Those that are sought, by the hash of the file that they are in.
    private var files: [String: [GitObjects.Finding]] = [:]
    /// Those in names.
    private let names: Set<FoundCredential>
    /// Hashes of files that no commit had yet.
    private var missing: Set<String>
    private var origins: [Place: Origin] = [:]
    /// How many logs were read.
    private var log = 0

    init(files: [GitObjects.Finding], names: Set<FoundCredential>) {
        self.names = names
        self.files = Dictionary(grouping: files, by: \.hash)
        missing = Set(self.files.keys)
    }

    /// Every file that has a find was in some commit.
    var isComplete: Bool { missing.isEmpty }

    /// Another log comes: what is known stays as it is.
    mutating func seekMissing() {
        files = files.filter { missing.contains($0.key) }
        log += 1
    }

    /// Commits come in the order of `git log`, so that the last one is the first that had it.
    mutating func take(_ commit: GitLog.Commit, blob: String, path: [UInt8]) {
        if let found = files[blob] {
            missing.remove(blob)
            for finding in found {
                set(commit, line: finding.line, Place(credential: finding.credential, path: path))
            }
        }
        guard !names.isEmpty else { return }
        var end = 0
        for component in path.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            end += component.count
            for credential in FoundCredential.all(in: component) where names.contains(credential) {
                set(commit, line: nil, Place(credential: credential, path: Array(path[..<end])))
            }
            end += 1
        }
    }

    private mutating func set(_ commit: GitLog.Commit, line: Int?, _ place: Place) {
        if let known = origins[place], known.log < log { return }
        origins[place] = Origin(commit: commit, line: line, log: log)
    }

    /// In the order of paths; those that no commit has are at the end.
    func findings(in repository: GitRepository) -> [ScanFinding] {
        var trees = WorkTrees(repository.parts.compactMap(\.workTree))
        let placed = origins.compactMap { place, origin -> ScanFinding? in
            let path = String(decoding: place.path, as: UTF8.self)
            guard let shown = repository.shown(path) else { return nil }
            return ScanFinding(
                place.credential, path: shown, line: origin.line, place: origin.line == nil ? .name : .text,
                origin: ScanFinding.Origin(
                    repository: repository.shown, commit: origin.commit.hash, author: origin.commit.author,
                    isInWorkTree: trees.has(place.credential, at: place.path, isName: origin.line == nil)))
        }
        let lost = repository.isWhole ? missing.sorted().flatMap { files[$0] ?? [] } : []
        return placed.sorted {
            ($0.path, $0.line ?? 0, $0.credential.id) < ($1.path, $1.line ?? 0, $1.credential.id)
        }
            + Self.once(lost).map { finding in
                ScanFinding(
                    finding.credential, path: repository.shown, line: finding.line,
                    place: .looseObject(finding.hash),
                    origin: ScanFinding.Origin(repository: repository.shown))
            }
    }

    /// The first find of each credential.
    private static func once(_ findings: [GitObjects.Finding]) -> [GitObjects.Finding] {
        var known: Set<FoundCredential> = []
        return findings.filter { known.insert($0.credential).inserted }
    }
}
