import Domain
import Foundation
import HTTPTypes
import Hummingbird
import Storage
import Vault

/// The headers that say when a request is to be done: once, however often it is sent (`Idempotency-Key`), and
/// only where the resource is still as the client saw it (`If-Match`).
///
/// Both are checked in the transaction of the change itself, to which the operator's ``ChangeContext`` takes
/// them. A route says whether it takes them.
struct RequestConditions {
    typealias Answering = @Sendable (AdminCall, Operator) async throws -> Response

    let control: ControlPlane
    let prices: PriceControl

    /// Has `handle` answer the request, under the conditions that it came with.
    func answer(
        _ route: Route, _ call: AdminCall, by caller: Operator, _ handle: Answering
    ) async throws -> Response {
        var caller = caller
        if route.takesIfMatch, let tags = try EntityTag.ifMatch(in: call.request.headers) {
            caller.context.ifMatch = IfMatch(tags) { [prices] resource in
                try EntityTag.of(resource, prices: prices)
            }
        }
        guard let replay = route.replay, let key = try idempotencyKey(of: call) else {
            return try await handle(call, caller)
        }
        return try await once(call, by: caller, key, replay, handle)
    }

    // MARK: - Idempotency-Key

    private func once(
        _ call: AdminCall, by caller: Operator, _ key: String, _ replay: Route.Replay, _ handle: Answering
    ) async throws -> Response {
        var (call, caller) = (call, caller)
        let body = try await call.bytes()
        call.held = body
        caller.context.claim = IdempotencyClaim(
            route: "\(call.request.method.rawValue) \(call.request.uri.path)", key: key,
            hash: Self.hash(of: body, under: control.keyRing), status: replay.status.code)
        // Looks before anything of the request is judged: what was right then may be refused by now.
        if let record = try await control.store.record(of: caller.context) {
            return try await answer(replay, record, call, caller)
        }
        do {
            return try await handle(call, caller)
        } catch StoreError.replayed(let record) {
            return try await answer(replay, record, call, caller)
        }
    }

    /// Keyed, for a body may hold a secret; with a mark in front, for it is no credential.
    private static func hash(of body: [UInt8], under keyRing: KeyRing) -> CredentialHash {
        (Array("request:".utf8) + body).withUnsafeBytes { keyRing.hash($0) }
    }

    private func answer(
        _ replay: Route.Replay, _ record: IdempotencyRecord, _ call: AdminCall, _ caller: Operator
    ) async throws -> Response {
        var response: Response
        switch replay {
        case .made(let show, let name):
            var call = call
            call.made = (name, record.subject)
            response = try await show(call, caller)
        case .same(let show): response = try await show(call, caller)
        }
        response.status = .init(code: record.status)
        response.headers[.idempotencyReplayed] = "true"
        return response
    }

    private func idempotencyKey(of call: AdminCall) throws(Problem) -> String? {
        let values = call.request.headers[values: .idempotencyKey]
        guard let key = values.first else { return nil }
        guard values.count == 1, (1...255).contains(key.utf8.count),
            key.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else {
            throw .invalidFields([
                .init(
                    pointer: "Idempotency-Key",
                    "it has to be 1 to 255 visible ASCII characters, and stand there once")
            ])
        }
        return key
    }
}

extension Route {
    /// How a request is answered that was done already, under the same `Idempotency-Key`.
    enum Replay: Sendable {
        /// It made something (201), which is shown by the handler that shows one by its id, `as` the path
        /// calls it.
        case made(RequestConditions.Answering, as: String = "id")
        /// It changed what its own path names (200), which is shown.
        case same(RequestConditions.Answering)

        var status: HTTPResponse.Status {
            switch self {
            case .made: .created
            case .same: .ok
            }
        }
    }
}

extension Problem {
    static let preconditionFailed = Problem(
        "precondition_failed", "Precondition failed", status: 412,
        detail: "It was changed meanwhile: its ETag is none of those in If-Match. Nothing was changed.")
    static let keyReused = Problem(
        "idempotency_key_reused", "Idempotency key reused", status: 422,
        detail: "This Idempotency-Key was used for a request with another body. Nothing was changed.",
        errors: [
            FieldError(pointer: "Idempotency-Key", "it stands for another request; take a new one")
        ])
}

extension HTTPField.Name {
    /// `Idempotency-Key`.
    // The literal is a valid field name.
    // swift-format-ignore: NeverForceUnwrap
    static let idempotencyKey = HTTPField.Name("Idempotency-Key")!

    /// `Idempotency-Replayed`, of an answer that tells of what was done before.
    // The literal is a valid field name.
    // swift-format-ignore: NeverForceUnwrap
    static let idempotencyReplayed = HTTPField.Name("Idempotency-Replayed")!
}
