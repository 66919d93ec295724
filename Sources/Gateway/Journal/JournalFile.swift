import Glibc

/// The journal's file, mapped: a header page, and behind it the slots.
///
///      0  "LKJOURN1"
///      8  version, UInt32
///     12  zero
///     16  how many slots there are, UInt64
///     …   zero up to 4096, then the slots (``JournalSlot``)
///
/// Numbers are little-endian. All its blocks are allocated when it is opened, so that no later write to the
/// memory can find the disk full. It grows and never shrinks: slots that are no longer handed out may still
/// hold what a crash left. The file is 0600, and is locked by whoever has the data folder.
struct JournalFile: ~Copyable {
    private static let magic: UInt64 = 0x314E_5255_4F4A_4B4C
    private static let version: UInt32 = 2
    private static let headerSize = 4096

    private let start: UnsafeMutableRawPointer
    private let size: Int
    let slotCount: Int

    init(path: String, slots wanted: Int) throws(JournalError) {
        (start, slotCount) = try Self.map(path, slots: wanted)
        size = Self.size(of: slotCount)
    }

    private static func size(of slotCount: Int) -> Int { headerSize + slotCount * JournalSlot.size }

    private static func map(
        _ path: String, slots wanted: Int
    ) throws(JournalError) -> (UnsafeMutableRawPointer, slotCount: Int) {
        let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw error(errno) }
        defer { close(file) }
        guard fchmod(file, 0o600) == 0 else { throw error(errno) }
        let slotCount = max(try slots(in: file), wanted)
        let size = size(of: slotCount)
        let status = posix_fallocate(file, 0, off_t(size))
        guard status == 0 else { throw error(status) }
        guard let start = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED | Int32(MAP_POPULATE), file, 0),
            start != MAP_FAILED
        else { throw error(errno) }
        // The magic comes last: a file without it is a journal that was never used.
        start.storeBytes(of: UInt64(slotCount).littleEndian, toByteOffset: 16, as: UInt64.self)
        start.storeBytes(of: version.littleEndian, toByteOffset: 8, as: UInt32.self)
        start.storeBytes(of: magic.littleEndian, as: UInt64.self)
        msync(start, headerSize, MS_SYNC)
        return (start, slotCount)
    }

    deinit { munmap(start, size) }

    func slot(_ index: Int) -> JournalSlot {
        precondition(index >= 0 && index < slotCount)
        return JournalSlot(start + Self.headerSize + index * JournalSlot.size)
    }

    /// As the header says; zero in a new file, or in one whose making was cut off.
    private static func slots(in file: Int32) throws(JournalError) -> Int {
        var header = [UInt64](repeating: 0, count: 3)
        let count = header.withUnsafeMutableBytes { pread(file, $0.baseAddress, $0.count, 0) }
        guard count >= 0 else { throw error(errno) }
        let found = header.map { UInt64(littleEndian: $0) }
        guard found[0] != 0 else { return 0 }
        guard found[0] == magic, count == 24 else { throw .notAJournal }
        let foundVersion = UInt32(truncatingIfNeeded: found[1])
        guard foundVersion == version else { throw .otherVersion(foundVersion) }
        var facts = stat()
        guard fstat(file, &facts) == 0 else { throw error(errno) }
        // A header that tells of more than there is was not written by us.
        let room =
            (UInt64(facts.st_size) - UInt64(min(Int(facts.st_size), headerSize))) / UInt64(JournalSlot.size)
        guard found[2] <= room else { throw .notAJournal }
        return Int(found[2])
    }

    private static func error(_ code: Int32) -> JournalError {
        switch code {
        case ENOSPC, EDQUOT: .full
        case EROFS: .readOnly
        default: .failing(code: code)
        }
    }
}
