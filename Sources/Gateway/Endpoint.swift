package import Domain

/// What a request asks for, once ``PathPolicy`` has let it pass: proof that its target may be sent to an
/// upstream.
///
/// ``kind`` is bounded, so it may be a metric label; a spelling with escapes or capitals has the kind of the
/// plain one. The upstream's target is the project's base path followed by ``rest(of:)``, byte for byte.
package struct Endpoint: Hashable, Sendable {
    package enum Method: String, Hashable, Sendable, CaseIterable {
        case get = "GET"
        case head = "HEAD"
        case post = "POST"
        case delete = "DELETE"
    }

    package typealias Kind = EndpointKind

    package let method: Method
    package let kind: Kind
    /// Where the path below `/v1` stands in the target, without the query: offsets in UTF-8, never empty. It
    /// begins at 0 where the client left the `/v1` out.
    package let path: Range<Int>
    /// False for a first segment that no ``EndpointFamily`` has.
    package let isKnown: Bool
    package let consumption: Consumption
    /// What can be known of its use beforehand.
    package let legible: Legibility

    init(method: Method, kind: Kind, path: Range<Int>, isKnown: Bool, use: EndpointUse) {
        self.method = method
        self.kind = kind
        self.path = path
        self.isKnown = isKnown
        consumption = use.consumption
        legible = use.legible
    }

    /// What it answers may open the upstream to its client without an access token: reading and ending do
    /// not.
    var handsOutKeys: Bool { kind.needsName && method == .post && consumption != .free }

    /// An answer may carry the usage of something that was asked for before, and is metered though its
    /// request is free: to read a response, a batch or a run, or to cancel one.
    var reportsUsage: Bool {
        switch (method, kind) {
        case (.get, .chatCompletions), (.get, .completions), (.get, .responses), (.get, .conversations),
            (.get, .batches), (.get, .threads), (.get, .evals), (.get, .videos), (.get, .fineTuning),
            (.post, .responses), (.post, .batches), (.post, .threads):
            true
        default: false
        }
    }

    /// What follows `/v1`, or would, in the target this endpoint was made from, query included; begins with
    /// `/`.
    func rest(of target: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: target[path.lowerBound...])
    }
}

extension Endpoint.Method {
    /// Nil for the methods that HTTP has and the OpenAI API has not.
    init?(_ method: RequestMethod) {
        switch method {
        case .get: self = .get
        case .head: self = .head
        case .post: self = .post
        case .delete: self = .delete
        case .put, .patch, .options: return nil
        }
    }
}
