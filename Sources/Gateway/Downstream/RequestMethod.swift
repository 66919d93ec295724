/// The methods that HTTP has and a request may come with; CONNECT and TRACE are no request for a proxy like
/// this one.
package enum RequestMethod: CaseIterable, Sendable {
    case get, post, delete, put, patch, head, options

    /// Case matters: RFC 9110 9.1.
    init?(_ bytes: UnsafeRawBufferPointer) {
        for method in Self.allCases where bytes.elementsEqual(method.bytes) {
            self = method
            return
        }
        return nil
    }

    package var name: StaticString {
        switch self {
        case .get: "GET"
        case .post: "POST"
        case .delete: "DELETE"
        case .put: "PUT"
        case .patch: "PATCH"
        case .head: "HEAD"
        case .options: "OPTIONS"
        }
    }

    private var bytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
    }
}
