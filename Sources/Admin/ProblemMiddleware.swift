import Domain
import HTTPTypes
import Hummingbird
import Logging
import Storage

/// The one place where the management API's errors become answers; it also names every answer.
///
/// What is not a ``Problem`` or a `StoreError` is a defect: it is logged by its type alone, for its text may
/// hold anything.
struct ProblemMiddleware: RouterMiddleware {
    typealias Context = AdminContext
    let nextRequestID: @Sendable () -> Domain.RequestID
    let lostCalls: LostCalls

    func handle(
        _ request: Request, context: AdminContext,
        next: @concurrent (Request, AdminContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        let id = nextRequestID()
        context.requestID = id
        context.logger[metadataKey: "request_id"] = .string(id.description)
        var response: Response
        do {
            response = try await next(request, context)
        } catch {
            response = answer(to: error, of: request, context)
        }
        response.headers[.latchkeyRequestID] = id.description
        // Whatever it is: a body behind the answer to HEAD would be read as the next answer.
        return request.method == .head ? response.createHeadResponse() : response
    }

    private func answer(to error: any Error, of request: Request, _ context: AdminContext) -> Response {
        if let error = error as? HTTPError, error.status == .notFound,
            let rejection = lostCalls.rejection(of: request.head)
        {
            return Answer.refusal(rejection)
        }
        return Answer.problem(problem(for: error, context))
    }

    private func problem(for error: any Error, _ context: AdminContext) -> Problem {
        switch error {
        case let problem as Problem: return problem
        case let error as StoreError:
            let problem = Problem(error)
            if problem.status >= 500 {
                context.logger.error("store failed", metadata: error.metadata)
            }
            return problem
        case let error as RevokedInPart:
            context.logger.error(
                "a revocation of many failed in its course",
                metadata: ["revoked": "\(error.count)", "reason": .string(error.cause.reason)])
            return Problem(error)
        case let error as HTTPError where error.status == .notFound: return .notFound
        case let error as HTTPError where error.status.code < 500:
            return Problem(
                "bad_request", "Bad request", status: error.status.code, detail: "The request is malformed.")
        default:
            context.logger.error(
                "management request failed", metadata: ["error": .string(String(describing: type(of: error)))]
            )
            return .internal
        }
    }
}
