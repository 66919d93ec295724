import CSodium
import Glibc

/// Secrets that come to the process in variables of its environment, and how they leave it: the memory that
/// `/proc/PID/environ` shows is overwritten, and no process that is started from here inherits them.
///
/// Where the process is to start itself once more (`exec`), it hands them over in a file without a name
/// (memfd_create(2)), whose descriptor the successor finds in ``variable``:
///
///     environment ─ take ─▶ Secret ─ handOver ─▶ memfd ─ exec ─ take ─▶ Secret
///
/// The file holds `NAME=VALUE` and a zero byte for each.
package enum EnvironmentSecrets {
    package typealias Named = [String: Secret]

    /// Not a setting: the process sets it for itself, and takes it out of the environment with the secrets.
    static let variable = "_LATCHKEY_SECRETS"

    /// Takes these variables out of the environment, and what ``handOver(_:)`` left. A variable that is set
    /// to nothing is a secret of no bytes. To be called while no other thread reads the environment.
    package static func take(_ names: [String]) -> Named {
        var secrets = takeHandedOver()
        for name in names { secrets[name] = takeVariable(name) ?? secrets[name] }
        return secrets
    }

    /// Leaves `secrets` for the program that this process is about to become. False where the system has no
    /// memory for that. Where the `exec` fails, ``take(_:)`` gets them back.
    package static func handOver(_ secrets: Named) -> Bool {
        guard !secrets.isEmpty else { return true }
        let file = unsafe lk_memory_file("latchkey")
        guard file >= 0 else { return false }
        for (name, secret) in secrets {
            guard write(Array("\(name)=".utf8), to: file),
                unsafe secret.withUnsafeBytes({ unsafe write($0, to: file) }), write([0], to: file)
            else {
                Glibc.close(file)
                return false
            }
        }
        unsafe setenv(variable, "\(file)", 1)
        return true
    }

    private static func takeVariable(_ name: String) -> Secret? {
        guard let value = unsafe getenv(name) else { return nil }
        let bytes = unsafe UnsafeMutableRawBufferPointer(start: value, count: strlen(value))
        let secret = unsafe Secret(copying: UnsafeRawBufferPointer(bytes))
        // The process's own copy, and all that is shown of it.
        unsafe sodium_memzero(value, bytes.count)
        unsafe unsetenv(name)
        return secret
    }

    private static func takeHandedOver() -> Named {
        guard let text = unsafe getenv(variable) else { return [:] }
        let file = unsafe Int32(String(cString: text))
        unsafe unsetenv(variable)
        guard let file, file > 2 else { return [:] }
        defer { Glibc.close(file) }
        var status = stat()
        guard unsafe fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return [:] }
        let whole = unsafe try? Secret(byteCount: Int(status.st_size)) { memory throws(ReadFailure) in
            unsafe try read(into: memory, from: file)
        }
        return whole.map { unsafe $0.withUnsafeBytes { unsafe parse($0) } } ?? [:]
    }

    private struct ReadFailure: Error {}

    private static func read(
        into memory: UnsafeMutableRawBufferPointer, from file: Int32
    ) throws(ReadFailure) {
        var count = 0
        while count < memory.count {
            let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: memory[count...])
            let more = unsafe pread(file, rest.baseAddress, rest.count, count)
            guard more > 0 else { throw ReadFailure() }
            count += more
        }
    }

    private static func parse(_ bytes: UnsafeRawBufferPointer) -> Named {
        var secrets: Named = [:]
        var rest = unsafe bytes[...]
        while let end = unsafe rest.firstIndex(of: 0) {
            let entry = unsafe rest[..<end]
            unsafe rest = unsafe rest[(end + 1)...]
            guard let equals = unsafe entry.firstIndex(of: UInt8(ascii: "=")) else { continue }
            let name = unsafe String(decoding: entry[..<equals], as: UTF8.self)
            let value = unsafe UnsafeRawBufferPointer(rebasing: entry[(equals + 1)...])
            secrets[name] = unsafe Secret(copying: value)
        }
        return secrets
    }

    private static func write(_ bytes: [UInt8], to file: Int32) -> Bool {
        unsafe bytes.withUnsafeBytes { unsafe write($0, to: file) }
    }

    private static func write(_ bytes: UnsafeRawBufferPointer, to file: Int32) -> Bool {
        var rest = unsafe bytes[...]
        while unsafe !rest.isEmpty {
            let buffer = unsafe UnsafeRawBufferPointer(rebasing: rest)
            let count = unsafe Glibc.write(file, buffer.baseAddress, buffer.count)
            guard count > 0 else { return false }
            unsafe rest = unsafe rest.dropFirst(count)
        }
        return true
    }
}
