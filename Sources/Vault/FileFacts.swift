import Glibc

/// What the file system says of a file: what it is, whose it is, and which.
package struct FileFacts: Hashable, Sendable {
    package enum Kind: Sendable { case file, folder, link, other }

    /// The same for two names of one file, and for a descriptor of it.
    package struct Identity: Hashable, Sendable {
        private let device: UInt64
        private let number: UInt64

        fileprivate init(_ facts: stat) {
            device = UInt64(facts.st_dev)
            number = UInt64(facts.st_ino)
        }
    }

    package let kind: Kind
    /// A user id.
    package let owner: UInt32
    package let identity: Identity

    /// Of what is at `path`. nil where that cannot be told, and `errno` says why.
    package init?(path: String, followsLinks: Bool) {
        var facts = stat()
        guard unsafe (followsLinks ? stat(path, &facts) : lstat(path, &facts)) == 0 else { return nil }
        self.init(facts)
    }

    /// Of an open file. nil where that cannot be told, and `errno` says why.
    package init?(descriptor: Int32) {
        var facts = stat()
        guard unsafe fstat(descriptor, &facts) == 0 else { return nil }
        self.init(facts)
    }

    private init(_ facts: stat) {
        kind =
            switch facts.st_mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .folder
            case S_IFLNK: .link
            default: .other
            }
        owner = facts.st_uid
        identity = Identity(facts)
    }
}
