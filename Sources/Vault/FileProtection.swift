import Glibc

/// Who may use a file that holds a secret: the one rule for the master key, the secrets of webhooks, upstream
/// keys, a `.env` with a secret in it, and the data folder with its files.
///
///     the file                                     its group and others may
///     belongs to this user, who can change it      do nothing: 0600, a folder 0700
///     belongs to another user, or is mounted       read it: 0440, 0444
///     read-only                                    (and never write to it)
///
/// The second row is how secrets are mounted into containers: neither their owner nor their mode is this
/// user's to change, and who is on that machine was decided by whoever mounted them.
package struct FileProtection: Hashable, Sendable {
    /// The nine permission bits.
    package let mode: UInt32
    /// A user id.
    package let owner: UInt32
    /// Of the mount, as this process sees it.
    package let isReadOnly: Bool

    package init(mode: UInt32, owner: UInt32, isReadOnly: Bool) {
        self.mode = mode
        self.owner = owner
        self.isReadOnly = isReadOnly
    }

    /// nil where the file keeps the rule.
    package func exposure(to user: UInt32) -> FileExposure? {
        let canChangeMode = owner == user && !isReadOnly
        guard mode & (canChangeMode ? 0o077 : 0o022) != 0 else { return nil }
        return FileExposure(mode: mode, canChangeMode: canChangeMode)
    }
}

/// How a file breaks the rule of ``FileProtection``.
package struct FileExposure: Hashable, Sendable {
    /// The nine permission bits.
    package let mode: UInt32
    /// Whether this user can set that right.
    package let canChangeMode: Bool
    /// Others than its owner can change what it holds.
    package var isWritable: Bool { mode & 0o022 != 0 }

    package init(mode: UInt32, canChangeMode: Bool) {
        self.mode = mode
        self.canChangeMode = canChangeMode
    }
}

extension FileProtection {
    /// Of an open file, for this process. Throws a value of `errno`.
    package init(descriptor: Int32) throws(SystemFailure) {
        var facts = stat()
        var mount = statvfs()
        guard unsafe fstat(descriptor, &facts) == 0, unsafe fstatvfs(descriptor, &mount) == 0 else {
            throw SystemFailure(code: errno)
        }
        self.init(facts, mount)
    }

    /// Of what is at `path`, links followed. Throws a value of `errno`.
    package init(path: String) throws(SystemFailure) {
        var facts = stat()
        var mount = statvfs()
        guard unsafe stat(path, &facts) == 0, unsafe statvfs(path, &mount) == 0 else {
            throw SystemFailure(code: errno)
        }
        self.init(facts, mount)
    }

    private init(_ facts: stat, _ mount: statvfs) {
        self.init(
            mode: facts.st_mode & 0o777, owner: facts.st_uid,
            isReadOnly: mount.f_flag & UInt(ST_RDONLY) != 0)
    }

    /// How the file breaks the rule for the user of this process.
    package var exposure: FileExposure? { exposure(to: geteuid()) }
}

/// What the system answered: a value of `errno`.
package struct SystemFailure: Error, Hashable, Sendable {
    package let code: Int32

    package init(code: Int32) { self.code = code }
}
