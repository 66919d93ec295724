import Domain
import Foundation
import Gateway
import HTTPTypes
import Hummingbird
import NIOCore

/// A request of the management API on its way through a handler: parameters, query and body, parsed strictly.
struct AdminCall {
    static let maximumBody = 1 << 20

    let request: Request
    let context: AdminContext
    /// Who asks, as far as trusted proxies tell; nil where it is not known.
    let client: IPAddress?
    /// The body, where it was read already.
    var held: [UInt8]?
    /// What stands in for a `{name}` of the path: where a request is repeated that made something, its id.
    var made: (name: String, id: String)?

    /// The text of a `{name}` in the route's path.
    func parameter(_ name: String) -> String {
        if let made, made.name == name { return made.id }
        return context.parameters.get(name) ?? ""
    }

    /// The JSON body. One that may be left out is read as `{}` where it is empty, whatever the type says:
    /// many clients send that with everything.
    func body<Body: RequestBody>(_: Body.Type) async throws -> Body {
        guard Body.mayBeLeftOut else { return try Body.parse(Data(try await json())) }
        let body = try await bytes()
        guard !body.isEmpty else { return try Body.parse(Data("{}".utf8)) }
        try requireJSON()
        return try Body.parse(Data(body))
    }

    /// The JSON body as it came.
    func json() async throws(Problem) -> [UInt8] {
        try requireJSON()
        return try await bytes()
    }

    private func requireJSON() throws(Problem) {
        let media = request.headers[.contentType].map { $0.prefix { $0 != ";" } }
        guard let media, media.trimmingCharacters(in: .whitespaces).lowercased() == "application/json" else {
            throw Problem.unsupportedMediaType
        }
    }

    /// The body, whatever it is.
    func bytes() async throws(Problem) -> [UInt8] {
        if let held { return held }
        context.channel?.triggerUserOutboundEvent(BodyWanted(), promise: nil)
        let buffer: ByteBuffer
        do {
            buffer = try await request.body.collect(upTo: Self.maximumBody)
        } catch {
            throw error is NIOTooManyBytesError ? .bodyTooLarge : .malformedBody
        }
        return Array(buffer.readableBytesView)
    }

    /// The query's parameters; one that is not in `names`, or stands there twice, is refused.
    func query(_ names: Set<String>) throws(Problem) -> [String: String] {
        var values: [String: String] = [:]
        for (key, value) in request.uri.queryParameters {
            let name = String(key)
            guard names.contains(name) else {
                let known =
                    names.isEmpty ? "it takes none" : "it takes \(names.sorted().joined(separator: ", "))"
                throw .invalidFields([
                    .init(pointer: "?\(name)", "there is no such query parameter; \(known)")
                ])
            }
            guard values.updateValue(String(value), forKey: name) == nil else {
                throw .invalidFields([.init(pointer: "?\(name)", "it stands there twice")])
            }
        }
        return values
    }
}
