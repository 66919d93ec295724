package import Vault

/// A file that breaks the rule of `FileProtection`, in an operator's words.
extension FileExposure {
    /// What can follow the file's path: "is accessible to other users (mode 644)".
    package var clause: String {
        isWritable
            ? "can be changed by other users (mode \(mode.permissions))"
            : "is accessible to other users (mode \(mode.permissions))"
    }

    /// What to do about it.
    ///
    /// - Parameter closed: the mode that it should have: `600`, or `700` for a folder.
    package func hint(_ path: String, closed: String = "600") -> String {
        canChangeMode
            ? "run: chmod \(closed) \(path)"
            : "as its owner, or where it is mounted, remove that permission: chmod go-w \(path)"
    }
}
