import Domain
import Glibc
import Vault

/// What the server says on standard output besides its access log: secrets that are shown once.
enum Announcement {
    static func firstKey(_ key: Installation.FirstKey) {
        guard let text = key.text else { return }
        write("management key (shown once; keep it): ", text, "\n")
    }

    /// The addresses are the same where there is one listener.
    static func demo(_ demo: Demo, at address: ListenAddress, operatorsAt management: ListenAddress) {
        let base = "http://\(address)"
        let place = management == address ? "" : "  management at:   http://\(management)\n"
        write(
            "\nLatchkey is ready at \(base), with the demo project on the built-in dummy provider.\n"
                + "\n  access token:    ", demo.accessToken, "\n  management key:  ", demo.managementKey,
            "\n" + place
                + "\nTry it:\n\n  curl \(base)/v1/chat/completions \\\n    -H 'Authorization: Bearer ",
            demo.accessToken,
            "' \\\n    -H 'Content-Type: application/json' \\\n"
                + #"    -d '{"model": "dummy", "messages": [{"role": "user", "content": "Hello"}]}'"#
                + "\n\nBoth are new at every start; those of the last start are revoked.\n\n")
    }

    /// Straight to the descriptor, without a copy of the secrets in a string or a buffer of the library's.
    private static func write(_ parts: any Writable...) {
        for part in parts {
            part.withBytes { bytes in
                var rest = bytes[...]
                while !rest.isEmpty {
                    let count = Glibc.write(1, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                    guard count > 0 else { return }
                    rest = rest.dropFirst(count)
                }
            }
        }
    }
}

private protocol Writable {
    func withBytes(_ body: (UnsafeRawBufferPointer) -> Void)
}

extension String: Writable {
    fileprivate func withBytes(_ body: (UnsafeRawBufferPointer) -> Void) {
        var text = self
        text.withUTF8 { body(UnsafeRawBufferPointer($0)) }
    }
}

extension Secret: Writable {
    fileprivate func withBytes(_ body: (UnsafeRawBufferPointer) -> Void) { withUnsafeBytes(body) }
}
