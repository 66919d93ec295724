/// Where an upstream reports what has become of an object, below its base path: `/responses/ID`,
/// `/batches/ID`, `/threads/THREAD/runs/ID`.
package enum ObjectPath {
    /// nil for an object that cannot be asked for: of another kind, a run without its thread, or an id that
    /// is not made of ASCII letters, digits, `_` and `-` alone.
    package static func path(of object: String, thread: String?, kind: EndpointKind) -> String? {
        guard isPlain(object) else { return nil }
        switch kind {
        case .responses: return "/responses/\(object)"
        case .batches: return "/batches/\(object)"
        case .threads:
            guard let thread, isPlain(thread) else { return nil }
            return "/threads/\(thread)/runs/\(object)"
        default: return nil
        }
    }

    private static func isPlain(_ id: String) -> Bool {
        !id.isEmpty
            && id.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F, 0x2D: true
                default: false
                }
            }
    }
}
