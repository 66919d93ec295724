import Gateway
import HTTPTypes
import Hummingbird
import NIOCore

/// Bodies that are not JSON.
extension AdminCall {
    /// The body, piece by piece as it comes, and never held whole. `types`: what its media type has to begin
    /// with. Where it is larger than `limit` bytes this throws, after the pieces before it.
    func stream(
        _ types: [String], upTo limit: Int, to take: (UnsafeRawBufferPointer) -> Void
    ) async throws(Problem) {
        let media = request.headers[.contentType].map { $0.prefix { $0 != ";" }.lowercased() } ?? ""
        guard types.contains(where: { media.hasPrefix($0) }) else { throw Problem.noText }
        if let text = request.headers[.contentLength], let length = Int(text), length > limit {
            throw Problem.larger(than: limit)
        }
        context.channel?.triggerUserOutboundEvent(BodyWanted(), promise: nil)
        var count = 0
        do {
            for try await piece in request.body {
                count += piece.readableBytes
                guard count <= limit else { throw Problem.larger(than: limit) }
                piece.withUnsafeReadableBytes(take)
            }
        } catch {
            throw error as? Problem ?? .cutOff
        }
    }

    /// The body as it came, whatever it is.
    func bytes(upTo limit: Int) async throws(Problem) -> [UInt8] {
        context.channel?.triggerUserOutboundEvent(BodyWanted(), promise: nil)
        do {
            return Array(try await request.body.collect(upTo: limit).readableBytesView)
        } catch {
            throw error is NIOTooManyBytesError ? .larger(than: limit) : .cutOff
        }
    }
}

extension Problem {
    fileprivate static let noText = Problem(
        "unsupported_media_type", "Unsupported media type", status: 415,
        detail: "The body is any text, as 'Content-Type: text/plain' or 'application/octet-stream'.")
    fileprivate static let cutOff = Problem(
        "malformed_body", "Malformed body", status: 400, detail: "The body did not come whole.")

    fileprivate static func larger(than limit: Int) -> Problem {
        Problem(
            "body_too_large", "Body too large", status: 413,
            detail: "This body may have \(limit >> 20) MiB at most.")
    }
}
