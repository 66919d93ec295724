import Glibc
import Vault

/// The `.env` file on the disk: how much of it is read, and who may have access to it.
extension EnvironmentFile {
    private static let maximum = 1 << 20

    /// nil where there is no such file, and only then. One that others than its owner can change is refused;
    /// one that they can read, where a secret is in it (`FileProtection`).
    init?(at path: String) throws(SettingsError) {
        let protection: FileProtection
        let content: [UInt8]
        do {
            let file = try OpenFile(path)
            protection = try FileProtection(descriptor: file.descriptor)
            content = try file.content(atMost: Self.maximum)
        } catch {
            guard error.code == ENOENT else {
                throw .unreadableFile(path: path, FileFailure(error.code, at: path))
            }
            return nil
        }
        guard content.count <= Self.maximum, let text = String(validating: content, as: UTF8.self) else {
            throw .malformedFile(path: path, reason: "it is not UTF-8 text of at most 1 MiB")
        }
        try self.init(parsing: text, path: path)
        guard let exposure = protection.exposure else { return }
        if let secret { throw .exposedFile(path: path, exposure, secret: secret) }
        if exposure.isWritable { throw .exposedFile(path: path, exposure, secret: nil) }
    }

    /// The name of a secret setting that has a value in it.
    private var secret: String? {
        let names = Set(SettingDeclaration.all.filter(\.isSecret).map(\.name))
        return entries.first { names.contains($0.name) && !$0.value.isEmpty }?.name
    }
}
