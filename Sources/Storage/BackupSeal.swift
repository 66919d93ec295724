import Domain
import Glibc

/// What stands behind the pages of a backup: a keyed hash over the whole file, so that whoever changes one
/// without the keys of its store is found out. SQLite reads the file as if it were not there.
///
///     ┌───────────────────────┬───────────────────┬──────────────┬──────────────────┐
///     │ "latchkey backup", LF │ length, u64be     │ zero, 8 bytes│ hash, 32 bytes   │
///     │                       │ of what is before │              │ of all before it │
///     └───────────────────────┴───────────────────┴──────────────┴──────────────────┘
///
/// The file is hashed by the mebibyte: each with the hash of what is before it, and in the end the head of
/// the seal.
struct BackupSeal {
    static let byteCount = 64
    private static let magic = Array("latchkey backup\n".utf8)
    private static let headCount = 32
    private static let part = 1 << 20

    private let head: [UInt8]
    private let hash: AuditHash

    /// Seals a file that has none.
    static func append(to path: String, _ hashing: AuditHashing) throws(StoreError) {
        let file = try open(path, O_RDWR)
        defer { close(file) }
        let length = try size(of: file)
        let head = magic + bytes(UInt64(length)) + [UInt8](repeating: 0, count: 8)
        let seal = head + (try Self.hash(file, length, head, hashing)).bytes
        guard pwrite(file, seal, seal.count, off_t(length)) == seal.count else {
            throw StoreError(errno: errno, at: .backups)
        }
    }

    /// Takes the seal of a file away; nil where it has none.
    static func cut(from path: String) throws(StoreError) -> BackupSeal? {
        let file = try open(path, O_RDWR)
        defer { close(file) }
        let length = try size(of: file) - byteCount
        guard length >= 0 else { return nil }
        let seal = try read(file, at: length, count: byteCount)
        guard seal.starts(with: magic), let hash = AuditHash(bytes: Array(seal[headCount...])) else {
            return nil
        }
        guard ftruncate(file, off_t(length)) == 0 else { throw StoreError(errno: errno, at: .restoring) }
        return BackupSeal(head: Array(seal[..<headCount]), hash: hash)
    }

    /// True where the file is as it was when it was sealed.
    func fits(_ path: String, _ hashing: AuditHashing) throws(StoreError) -> Bool {
        let file = try Self.open(path, O_RDONLY)
        defer { close(file) }
        let length = try Self.size(of: file)
        guard head == Self.magic + Self.bytes(UInt64(length)) + [UInt8](repeating: 0, count: 8) else {
            return false
        }
        return try Self.hash(file, length, head, hashing) == hash
    }

    private static func hash(
        _ file: Int32, _ length: Int, _ head: [UInt8], _ hashing: AuditHashing
    ) throws(StoreError) -> AuditHash {
        var hash = AuditHash.zero
        var place = 0
        while place < length {
            let bytes = try read(file, at: place, count: min(part, length - place))
            hash = hashing([1] + hash.bytes + bytes)
            place += bytes.count
        }
        return hashing([2] + hash.bytes + head)
    }

    private static func read(_ file: Int32, at place: Int, count: Int) throws(StoreError) -> [UInt8] {
        var code: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            while initialized < count {
                let read = pread(
                    file, buffer.baseAddress.map { $0 + initialized }, count - initialized,
                    off_t(place + initialized))
                if read < 0, errno == EINTR { continue }
                guard read > 0 else {
                    code = read < 0 ? errno : EIO
                    return
                }
                initialized += read
            }
        }
        guard bytes.count == count else { throw StoreError(errno: code, at: .backups) }
        return bytes
    }

    private static func open(_ path: String, _ flags: Int32) throws(StoreError) -> Int32 {
        let file = Glibc.open(path, flags | O_CLOEXEC)
        guard file >= 0 else { throw StoreError(errno: errno, at: .backups) }
        return file
    }

    private static func size(of file: Int32) throws(StoreError) -> Int {
        var facts = stat()
        guard fstat(file, &facts) == 0 else { throw StoreError(errno: errno, at: .backups) }
        return Int(facts.st_size)
    }

    private static func bytes(_ value: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: value >> (56 - 8 * $0)) }
    }
}
