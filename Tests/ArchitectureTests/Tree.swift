import Foundation

/// What a fresh clone holds: everything but what is built, downloaded or private.
enum Tree {
    /// The folders at the top, hidden ones left out.
    static func folders() throws -> Set<String> {
        try Set(entries().filter { !$0.hasPrefix(".") && isFolder($0) })
    }

    /// All files that are text, by their path below the root.
    static func texts() throws -> [(path: String, text: String)] {
        let files = try entries().flatMap { entry in
            guard isFolder(entry) else { return [entry] }
            let folder = SourceFile.root.appending(path: entry).path
            return try FileManager.default.subpathsOfDirectory(atPath: folder).map { "\(entry)/\($0)" }
        }
        return try files.sorted().compactMap { path in
            guard !isFolder(path), !path.contains("/__pycache__/") else { return nil }
            let data = try Data(contentsOf: SourceFile.root.appending(path: path))
            return String(data: data, encoding: .utf8).map { (path, $0) }
        }
    }

    private static func entries() throws -> [String] {
        let ignored: Set = [".git", ".swiftpm", ".venv", ".env", "data", "demo", "Package.resolved"]
        return try FileManager.default.contentsOfDirectory(atPath: SourceFile.root.path).filter {
            !ignored.contains($0) && !$0.hasPrefix(".build")
        }
    }

    private static func isFolder(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        let exists = FileManager.default.fileExists(
            atPath: SourceFile.root.appending(path: path).path, isDirectory: &isFolder)
        return exists && isFolder.boolValue
    }
}
