import NIOCore
import NIOHTTP1

/// A request's head as the router's handlers take it: NIO's type, in strings.
extension HTTPRequestHead {
    init(_ head: RequestHead) {
        func text(_ range: Range<Int>, _ bytes: UnsafeRawBufferPointer) -> String {
            String(decoding: bytes[range], as: UTF8.self)
        }
        self = head.bytes.withUnsafeReadableBytes { bytes in
            HTTPRequestHead(
                version: head.isHTTP11 ? .http1_1 : .http1_0,
                method: HTTPMethod(rawValue: "\(head.method.name)"), uri: text(head.target, bytes),
                headers: HTTPHeaders(
                    head.fields.map { (text($0.nameRange, bytes), text($0.value, bytes)) }))
        }
    }
}
