import GRDBSQLite
import Synchronization

/// Has SQLite tell a disk that fails from a file that is damaged.
///
/// SQLite's layer on files calls a read that ended in `EIO` corruption (`SQLITE_IOERR_CORRUPTFS`), and
/// nothing of the error that comes out (`SQLITE_CORRUPT`) says which of the two it was. This puts a layer in
/// front of it that answers `SQLITE_IOERR_READ` then; all else is the layer's below. It is the process's
/// default, for every database.
enum ReadFaults {
    /// How many reads have failed.
    static var count: Int { counter.load(ordering: .relaxed) }
    private static let counter = Atomic(0)

    /// Once, by the first who asks.
    static func install() { _ = isInstalled }

    private static let isInstalled: Bool = {
        guard let functions = below?.pointee else { return false }
        // SQLite keeps it for ever.
        let layer = UnsafeMutablePointer<sqlite3_vfs>.allocate(capacity: 1)
        layer.initialize(to: functions)
        layer.pointee.zName = name
        layer.pointee.xOpen = { _, path, file, flags, flagsOut in
            guard let open = below?.pointee.xOpen, let file else { return SQLITE_CANTOPEN }
            let code = open(below, path, file, flags, flagsOut)
            if let methods = file.pointee.pMethods { file.pointee.pMethods = inFront(of: methods) }
            return code
        }
        return sqlite3_vfs_register(layer, 1) == SQLITE_OK
    }()

    /// Safe to share: found once, and SQLite neither changes nor frees it.
    nonisolated(unsafe) private static let below = sqlite3_vfs_find(nil)

    /// Safe to share: never changed nor freed.
    nonisolated(unsafe) private static let name: UnsafePointer<CChar>? = {
        let text = Array("latchkey".utf8CString)
        let copy = UnsafeMutablePointer<CChar>.allocate(capacity: text.count)
        copy.initialize(from: text, count: text.count)
        return UnsafePointer(copy)
    }()

    /// The tables of functions by the address of those that they are in front of: a handful, for ever.
    private static let tables = Mutex<[UInt: UInt]>([:])

    /// Two tables in a row: ours, and the one below for ours to call.
    private static func inFront(
        of methods: UnsafePointer<sqlite3_io_methods>
    ) -> UnsafePointer<sqlite3_io_methods>? {
        tables.withLock { tables in
            let address = UInt(bitPattern: methods)
            if let known = tables[address] { return UnsafePointer(bitPattern: known) }
            let both = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 2)
            both.initialize(repeating: methods.pointee, count: 2)
            both[0].xRead = read
            tables[address] = UInt(bitPattern: both)
            return UnsafePointer(both)
        }
    }

    private static let read:
        @convention(c) (UnsafeMutablePointer<sqlite3_file>?, UnsafeMutableRawPointer?, Int32, Int64)
            -> Int32 =
            {
                file, bytes, count, offset in
                guard let file, let read = file.pointee.pMethods?[1].xRead else { return failedRead }
                let code = read(file, bytes, count, offset)
                // A read beyond the file's end is none of them.
                guard code != SQLITE_OK, code & 0xff == SQLITE_IOERR, code != shortRead else { return code }
                counter.add(1, ordering: .relaxed)
                return code == corruption ? failedRead : code
            }

    // As SQLite's header composes them.
    private static let failedRead = SQLITE_IOERR | 1 << 8
    private static let shortRead = SQLITE_IOERR | 2 << 8
    private static let corruption = SQLITE_IOERR | 33 << 8
}
