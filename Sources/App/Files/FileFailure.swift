import Glibc
import Vault

/// Why the system refused something about a file, in words: where permission is denied, which file or folder
/// on the way to it denies it, to whom that belongs, and its mode.
package struct FileFailure: Hashable, Sendable {
    /// A clause, as "no such file or directory".
    package let reason: String
    /// What to do, where that can be told.
    package let hint: String?

    /// - Parameter code: a value of `errno`.
    package init(_ code: Int32, at path: String) {
        let whole = Self.absolute(path)
        guard code == EACCES || code == EPERM, let obstacle = Obstacle(on: whole) else {
            reason = String(cString: strerror(code)).lowercased()
            hint = nil
            return
        }
        let user = Self.name(of: geteuid())
        let owner = Self.name(of: obstacle.owner)
        let subject = obstacle.path == whole ? "it" : obstacle.path
        reason =
            "permission denied: \(subject) belongs to \(owner) (mode \(obstacle.mode.permissions)), "
            + "and this process runs as \(user)"
        hint =
            obstacle.owner == geteuid()
            ? "run: chmod u+rwX \(obstacle.path)"
            : "run this as \(owner), or give \(user) access to \(obstacle.path)"
    }

    /// What denies it: the first folder that may not be passed, or else the file itself, or else the folder
    /// that it would be made in.
    private struct Obstacle {
        let path: String
        let owner: UInt32
        let mode: UInt32

        /// nil where not even the root can be looked at.
        init?(on path: String) {
            var last: Obstacle?
            for end in path.indices.filter({ path[$0] == "/" }) + [path.endIndex] {
                let folder = end == path.startIndex ? "/" : String(path[..<end])
                guard let found = Obstacle(at: folder) else { break }
                last = found
                if end != path.endIndex, faccessat(AT_FDCWD, folder, X_OK, AT_EACCESS) != 0 { break }
            }
            guard let last else { return nil }
            self = last
        }

        private init?(at path: String) {
            guard let found = try? FileProtection(path: path) else { return nil }
            self.path = path
            owner = found.owner
            mode = found.mode
        }
    }

    private static func absolute(_ path: String) -> String {
        guard !path.hasPrefix("/"), let folder = getcwd(nil, 0) else { return path }
        defer { free(folder) }
        return String(cString: folder) + "/" + (path.hasPrefix("./") ? String(path.dropFirst(2)) : path)
    }

    /// As the system knows the user, or else the number.
    private static func name(of user: UInt32) -> String {
        guard let entry = getpwuid(user) else { return "user \(user)" }
        return String(cString: entry.pointee.pw_name)
    }
}

extension UInt32 {
    /// Permission bits as `chmod` takes them: "644", "000".
    var permissions: String {
        let digits = String(self, radix: 8)
        return String(repeating: "0", count: Swift.max(0, 3 - digits.count)) + digits
    }
}
