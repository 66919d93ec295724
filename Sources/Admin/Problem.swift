import Domain
import Foundation

/// A no of the management API, as RFC 9457 words it (`application/problem+json`). Holds no secret: details
/// name fields and rules, never a value of a field that may be one.
package struct Problem: Error, Codable, Equatable, Sendable {
    /// A stable URN that a program can go by.
    package var type: String
    package var title: String
    package var status: Int
    package var detail: String
    package var errors: [FieldError]?
    /// Seconds to wait before the same is tried again; in `Retry-After` too.
    package var retryAfter: Int?

    private enum CodingKeys: String, CodingKey {
        case type, title, status, detail, errors
        case retryAfter = "retry_after"
    }

    /// What is wrong with one field of the body (or one query parameter).
    package struct FieldError: Codable, Equatable, Sendable {
        /// A JSON pointer (RFC 6901) into the body; for a query parameter its name behind `?`.
        package var pointer: String
        package var detail: String

        package init(pointer: String, _ detail: String) {
            self.pointer = pointer
            self.detail = detail
        }

        package init(field: String, _ detail: String) {
            self.init(pointer: Problem.pointer([field]), detail)
        }
    }

    package init(_ kind: String, _ title: String, status: Int, detail: String, errors: [FieldError]? = nil) {
        type = "urn:latchkey:problem:\(kind)"
        self.title = title
        self.status = status
        self.detail = detail
        self.errors = errors
    }

    static func pointer(_ path: [String]) -> String {
        path.map { segment in
            "/" + segment.replacingOccurrences(of: "~", with: "~0").replacingOccurrences(of: "/", with: "~1")
        }.joined()
    }
}

extension Problem {
    package static let notFound = Problem(
        "not_found", "Not found", status: 404, detail: "There is nothing at this path.")
    static let unauthorized = Problem(
        "unauthorized", "Not authorized", status: 401,
        detail: "This needs a management key that is not revoked: 'Authorization: Bearer lkm_…'.")
    /// What was sent in place of a management key, as far as its text shows.
    enum WrongKey { case scheme, accessToken, invitation }
    static func unauthorized(_ key: WrongKey) -> Problem {
        var problem = unauthorized
        problem.detail =
            switch key {
            case .scheme:
                "The Authorization header is not of the form 'Bearer KEY'. "
                    + "Send the management key as 'Authorization: Bearer lkm_…'."
            case .accessToken:
                "This is an access token, which works for /v1 and /me only. Send a management key (lkm_…)."
            case .invitation:
                "This is an invitation, which works for /claim only. Send a management key (lkm_…)."
            }
        return problem
    }
    static let beyondOneProject = Problem(
        "forbidden", "Forbidden", status: 403,
        detail: "This concerns more than one project, and this management key is for one project only.")
    /// A field of a project that its own operators may not change.
    static func beyondOneProject(field: String) -> Problem {
        let detail = "Only a management key with the role admin for all projects may change this of a project"
        return Problem(
            "forbidden", "Forbidden", status: 403, detail: "\(pointer([field])): \(detail).",
            errors: [FieldError(field: field, detail)])
    }
    static func reservedEndpoint(_ endpoint: EndpointKind) -> Problem {
        let detail =
            "Only a management key with the role admin for all projects may issue an access token that is "
            + "granted the endpoint \(endpoint.rawValue)"
        return Problem(
            "forbidden", "Forbidden", status: 403, detail: "\(detail).",
            errors: [FieldError(field: "endpoints", detail)])
    }
    static let malformedBody = Problem(
        "malformed_body", "Malformed body", status: 400, detail: "The body has to be one JSON object.")
    static let bodyTooLarge = Problem(
        "body_too_large", "Body too large", status: 413, detail: "A body may have 1 MiB at most.")
    static let unsupportedMediaType = Problem(
        "unsupported_media_type", "Unsupported media type", status: 415,
        detail: "The body has to be JSON, and say so: 'Content-Type: application/json'.")
    static let `internal` = Problem(
        "internal", "Internal error", status: 500,
        detail: "Something went wrong in the server. Its log tells more, under this answer's request id.")
    /// - Parameter cause: a clause.
    static func unavailable(_ cause: String) -> Problem {
        Problem(
            "unavailable", "Unavailable", status: 503,
            detail: "The store cannot be used now: \(cause). Nothing was changed; try again in a moment.")
    }

    /// Tells what would do, so that the right key can be found.
    static func roleNeeded(_ least: Role, has role: Role) -> Problem {
        Problem(
            "forbidden", "Forbidden", status: 403,
            detail: "This needs the role \(least.rawValue); this management key has \(role.rawValue).")
    }

    static func tooManyLogins(seconds: Int) -> Problem {
        var problem = Problem(
            "too_many_logins", "Too many failed logins", status: 429,
            detail: "Too many logins from this address have failed: nothing is looked at for \(seconds) s.")
        problem.retryAfter = seconds
        return problem
    }

    static func methodNotAllowed(_ allowed: [String]) -> Problem {
        Problem(
            "method_not_allowed", "Method not allowed", status: 405,
            detail: "This path takes \(allowed.joined(separator: ", ")).")
    }

    static func conflict(_ detail: String, field: String? = nil) -> Problem {
        Problem(
            "conflict", "Conflict", status: 409, detail: detail,
            errors: field.map { [FieldError(field: $0, detail)] })
    }

    static func invalidFields(_ errors: [FieldError]) -> Problem {
        Problem(
            "invalid_fields", "Invalid fields", status: 422,
            detail: errors.map { "\($0.pointer): \($0.detail)" }.joined(separator: "; ") + ".", errors: errors
        )
    }

    static func invalid(_ field: String, _ detail: String) -> Problem {
        invalidFields([FieldError(field: field, detail)])
    }

    /// Says which field it was. The decoder's own texts are not used: they may quote the value.
    init(decoding error: DecodingError) {
        switch error {
        case .typeMismatch(let type, let context):
            guard !context.codingPath.isEmpty else {
                self = .malformedBody
                return
            }
            self = .invalidFields([
                FieldError(pointer: Self.path(context), "it has to be \(Self.name(of: type))")
            ])
        case .keyNotFound(let key, let context):
            self = .invalidFields([
                FieldError(pointer: Self.path(context) + Self.pointer([key.stringValue]), "it is missing")
            ])
        case .valueNotFound(_, let context):
            self =
                context.codingPath.isEmpty
                ? .malformedBody
                : .invalidFields([FieldError(pointer: Self.path(context), "it may not be null")])
        case .dataCorrupted(let context):
            self =
                context.codingPath.isEmpty
                ? .malformedBody
                : .invalidFields([FieldError(pointer: Self.path(context), "it is out of range")])
        @unknown default:
            self = .malformedBody
        }
    }

    private static func path(_ context: DecodingError.Context) -> String {
        pointer(context.codingPath)
    }

    private static func name(of type: any Any.Type) -> String {
        switch type {
        case is String.Type: "a string"
        case is Bool.Type: "true or false"
        case is Int64.Type, is Int.Type: "a whole number"
        default: "of another type"
        }
    }
}
