import Foundation
import Testing
import Vault

@Suite struct FileProtectionTests {
    private static let us: UInt32 = 1000
    private static let root: UInt32 = 0

    @Test(
        arguments: [
            (0o600, us, false), (0o400, us, false), (0o700, us, false), (0o000, us, false),
            // Another's, or on a read-only mount: its mode is not ours to change.
            (0o440, root, false), (0o444, root, false), (0o644, root, false), (0o755, root, false),
            (0o440, us, true), (0o444, us, true), (0o644, us, true), (0o600, root, true),
        ] as [(UInt32, UInt32, Bool)])
    func `what nobody else can use, or can only read where we cannot change that, is fine`(
        mode: UInt32, owner: UInt32, isReadOnly: Bool
    ) {
        let protection = FileProtection(mode: mode, owner: owner, isReadOnly: isReadOnly)
        #expect(protection.exposure(to: Self.us) == nil)
    }

    @Test(
        arguments: [
            (0o640, us, false), (0o604, us, false), (0o610, us, false), (0o601, us, false),
            (0o666, us, false),
            (0o620, root, false), (0o602, root, false), (0o464, root, false), (0o446, root, true),
            (0o660, us, true), (0o777, root, true),
        ] as [(UInt32, UInt32, Bool)])
    func `what others can use, or write to whosever it is, is exposed`(
        mode: UInt32, owner: UInt32, isReadOnly: Bool
    ) {
        let protection = FileProtection(mode: mode, owner: owner, isReadOnly: isReadOnly)
        let exposure = protection.exposure(to: Self.us)
        #expect(exposure == FileExposure(mode: mode, canChangeMode: owner == Self.us && !isReadOnly))
        #expect(exposure?.isWritable == (mode & 0o022 != 0))
    }

    @Test func `a file and a folder are looked at as they are`() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "protection-\(UUID())").path
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o750])
        defer { try? FileManager.default.removeItem(atPath: path) }
        let found = try FileProtection(path: path)
        #expect(found == FileProtection(mode: 0o750, owner: geteuid(), isReadOnly: false))
        #expect(found.exposure == FileExposure(mode: 0o750, canChangeMode: true))
        #expect(throws: SystemFailure(code: ENOENT)) { try FileProtection(path: path + "/none") }
    }
}
