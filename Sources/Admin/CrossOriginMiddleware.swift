import Gateway
import HTTPTypes
import Hummingbird

/// Tells browsers about `/me` what ``CrossOriginPolicy`` says, on errors too. Of other paths it says nothing:
/// the management API is not for pages of other origins.
struct CrossOriginMiddleware: RouterMiddleware {
    typealias Context = AdminContext
    let policy: CrossOriginPolicy

    func handle(
        _ request: Request, context: AdminContext,
        next: @concurrent (Request, AdminContext) async throws -> Response
    ) async throws -> Response {
        var response = try await next(request, context)
        let path = request.uri.path
        guard path == "/me" || path.hasPrefix("/me/") else { return response }
        for field in policy.fields(for: request.headers[.origin]) { response.headers.append(field) }
        return response
    }
}

extension Request {
    /// nil where it is none.
    var preflight: CrossOriginPolicy.Preflight? {
        guard method == .options else { return nil }
        return CrossOriginPolicy.Preflight(
            origin: headers[.origin], method: headers[.accessControlRequestMethod],
            headers: headers[.accessControlRequestHeaders])
    }
}

extension HTTPFields {
    mutating func append(_ field: CrossOriginPolicy.Field) {
        guard let name = HTTPField.Name(field.name) else { return }
        append(HTTPField(name: name, value: field.value))
    }
}
