import Foundation
import Vault

/// A git repository, and what of it is asked for.
struct GitRepository {
    /// A folder of it, and how its files are shown.
    struct Part: Equatable {
        /// Below the top, with a slash at its end; empty is all of the repository.
        let prefix: String
        /// What is put in front of a path below it.
        let base: String
        /// The top of the working tree that it is in; nil for a bare repository.
        let workTree: String?
    }

    /// Where its objects are: the same for all its working trees.
    let commonFolder: String
    /// Its older history was not fetched.
    let isShallow: Bool
    var parts: [Part]

    /// The repository that `folder` is in. - Parameter isWhole: all of it, not that folder alone.
    init(at folder: String, isWhole: Bool = false) throws(GitFailure) {
        func fact(_ name: String) throws(GitFailure) -> String {
            try GitProcess(in: folder, ["rev-parse", name]).text()
        }
        let common = try fact("--git-common-dir")
        commonFolder = Self.resolved(common.hasPrefix("/") ? common : folder + "/" + common)
        isShallow = try fact("--is-shallow-repository") == "true"
        guard try fact("--is-inside-work-tree") == "true" else {
            parts = [Part(prefix: "", base: folder, workTree: nil)]
            return
        }
        let (top, prefix) = try (fact("--show-toplevel"), fact("--show-prefix"))
        parts = [
            isWhole && !prefix.isEmpty
                ? Part(prefix: "", base: top, workTree: top)
                : Part(prefix: prefix, base: folder, workTree: top)
        ]
    }

    /// Where git is run.
    var folder: String { parts.lazy.compactMap(\.workTree).first ?? commonFolder }

    /// Another folder of the same repository. The `.git` of a working tree that is there already tells
    /// nothing new.
    mutating func add(_ part: Part) {
        guard part.workTree != nil || !isWhole, !parts.contains(part) else { return }
        parts.append(part)
    }

    /// Whether the folder may be the top of a working tree.
    static func isWorkTree(_ folder: String) -> Bool {
        guard let facts = FileFacts(path: folder + "/.git", followsLinks: true) else { return false }
        return facts.kind == .file || FileFacts(path: folder + "/.git/HEAD", followsLinks: true) != nil
    }

    /// Whether a folder with these entries may be a bare repository, or the `.git` of one.
    static func isBare(_ names: some Sequence<String>) -> Bool {
        Set(["HEAD", "objects", "refs"]).isSubset(of: names)
    }

    /// Whether the folder is somewhere in a working tree.
    static func contains(_ folder: String) -> Bool {
        var folder = resolved(folder)
        while true {
            if isWorkTree(folder) { return true }
            guard let slash = folder.lastIndex(of: "/"), folder != "/" else { return false }
            folder = slash == folder.startIndex ? "/" : String(folder[..<slash])
        }
    }

    /// The path as it is shown; nil where it is in none of the parts.
    func shown(_ path: String) -> String? {
        guard let part = parts.first(where: { path.hasPrefix($0.prefix) }) else { return nil }
        return (part.base.hasSuffix("/") ? part.base : part.base + "/") + path.dropFirst(part.prefix.count)
    }

    /// All of it is asked for, not only some of its folders.
    var isWhole: Bool { parts.contains { $0.prefix.isEmpty } }

    /// How it is shown itself.
    var shown: String { parts.first { $0.prefix.isEmpty }?.base ?? folder }

    private static func resolved(_ path: String) -> String {
        guard let resolved = realpath(path, nil) else { return path }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}
