import Domain

/// The last event of a stream that is cut off, in the grammar of its endpoint: what an SDK raises as an
/// error.
enum ErrorEvent {
    /// - Parameter number: how many events the stream has had.
    static func bytes(_ error: APIError, from kind: EndpointKind, number: Int64) -> [UInt8] {
        var json = JSONWriter()
        guard kind != .chatCompletions, kind != .completions else {
            json.object { error.write(to: &$0) }
            return Array("data: ".utf8) + json.bytes + Array("\n\n".utf8)
        }
        // The event that the API documents has the error's members at the top; the SDKs raise for `error`.
        json.object {
            $0.member("type", "error")
            $0.member("code", error.code)
            $0.member("message", error.message)
            $0.member("param", error.param)
            if kind == .responses { $0.member("sequence_number", Int(number)) }
            error.write(to: &$0)
        }
        return Array("event: error\ndata: ".utf8) + json.bytes + Array("\n\n".utf8)
    }
}
