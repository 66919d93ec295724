import Domain
import NIOHTTP1

/// What the head of a request says that concerns us, read in one pass over its fields; or why it cannot be
/// taken.
struct RequestFacts {
    private(set) var authorization: String?
    private(set) var contentLength: Int?
    private(set) var isChunked = false
    private(set) var isJSON = false
    private(set) var hasContentEncoding = false
    private(set) var expectsContinue = false
    /// Lower-case names that Connection lists: hop-by-hop on this request.
    private(set) var connectionNames: [String] = []

    var hasBody: Bool { isChunked || (contentLength ?? 0) > 0 }

    init(_ head: HTTPRequestHead) throws(Rejection) {
        var hosts = 0
        for (name, value) in head.headers {
            switch HeaderName(name) {
            case .authorization:
                guard authorization == nil else { throw .malformedRequest(.authorization) }
                authorization = value
            case .host: hosts += 1
            case .connection: add(connection: value)
            case .contentLength:
                guard contentLength == nil, let length = Self.length(value) else {
                    throw .malformedRequest(.framing)
                }
                contentLength = length
            case .transferEncoding:
                guard !isChunked, value.isASCII("chunked"), head.version == .http1_1 else {
                    throw .malformedRequest(.framing)
                }
                isChunked = true
            case .contentType: isJSON = Self.isJSON(value)
            case .contentEncoding: hasContentEncoding = hasContentEncoding || !value.isASCII("identity")
            case .expect:
                guard value.isASCII("100-continue") else { throw .expectationFailed }
                expectsContinue = head.version == .http1_1
            case .upgrade: throw .upgradeNotSupported
            case .hopByHop, .clientCredential, .upstreamAccount, .ours, .other: break
            }
        }
        guard hosts == 1 || (hosts == 0 && head.version == .http1_0) else { throw .malformedRequest(.host) }
        if isChunked, contentLength != nil { throw .malformedRequest(.framing) }
        if isJSON, hasContentEncoding, hasBody { throw .contentCodingNotSupported }
    }

    private mutating func add(connection value: String) {
        if value.isASCII("keep-alive") || value.isASCII("close") { return }
        for name in value.split(separator: ",") {
            connectionNames.append(name.lowercased().filter { $0 != " " && $0 != "\t" })
        }
    }

    /// Digits alone, RFC 9110 8.6.
    private static func length(_ value: String) -> Int? {
        guard !value.isEmpty, value.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int(value)
    }

    /// `application/json` and `application/….+json`, with or without parameters.
    private static func isJSON(_ value: String) -> Bool {
        if value.isASCII("application/json") || value.hasASCIIPrefix("application/json;") { return true }
        let type = value.prefix { $0 != ";" && $0 != " " }.lowercased()
        return type == "application/json" || type.hasSuffix("+json")
    }
}
