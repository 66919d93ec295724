import CCurl
import Foundation
import Vault

/// One request of the command line to the server, by libcurl: 10 s to connect, 60 s in all or between the
/// bytes of what is written to a file, no redirect is
/// followed, no proxy of the environment is used, and the management key travels in a header list only.
struct HTTPTransfer {
    struct Answer {
        var status: Int
        var body: Data
    }

    /// Why a transfer did not come about.
    enum Failure: Error {
        /// What libcurl says.
        case transport(String)
        /// The body came, and could not be written; the `errno`.
        case output(Int32)

        var reason: String {
            switch self {
            case .transport(let reason): reason
            case .output(let code): String(cString: strerror(code)).lowercased()
            }
        }
    }

    /// More than any answer of ours but those that list all access tokens; what is larger is not our server.
    private static let maximumAnswer = 16 << 20
    private static let maximumList = 1 << 30

    var method: String
    /// An absolute `http` or `https` URL.
    var url: String
    var key: Secret?
    /// Of the body.
    var contentType = "application/json"
    var body: Data?
    /// For what reads or changes all there is before it answers, and may list it.
    var isSlow = false
    /// For what can be done without: half a second to connect, a second in all.
    var isBrief = false
    /// A descriptor that the body of a 2xx answer is written to, however long it is; nil keeps it.
    var output: Int32?

    func perform() throws(Failure) -> Answer {
        guard let handle = curl_easy_init() else { throw .transport("libcurl cannot start") }
        defer { curl_easy_cleanup(handle) }
        var headers = HeaderList()
        defer { headers.free() }
        headers.append("Accept: application/json")
        if body != nil { headers.append("Content-Type: \(contentType)") }
        if let key { headers.append("Authorization: Bearer ", key) }

        let sink = Sink(
            limit: isSlow ? Self.maximumList : Self.maximumAnswer, handle: handle, output: output)
        let payload = body.map { [UInt8]($0) } ?? []
        let code = payload.withUnsafeBytes { payload in
            withExtendedLifetime(sink) {
                Self.set(handle, transfer: self, headers: headers, sink: sink)
                if body != nil {
                    _ = lk_easy_set_offset(handle, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(payload.count))
                    _ = lk_easy_set_pointer(
                        handle, CURLOPT_POSTFIELDS, payload.baseAddress ?? UnsafeRawPointer(handle))
                }
                _ = lk_easy_set_pointer(handle, CURLOPT_CUSTOMREQUEST, method)
                return curl_easy_perform(handle)
            }
        }
        sink.finish()
        if let code = sink.writeFailure { throw .output(code) }
        guard code == CURLE_OK else { throw .transport(String(cString: curl_easy_strerror(code))) }
        var status = 0
        _ = lk_easy_get_long(handle, CURLINFO_RESPONSE_CODE, &status)
        return Answer(status: status, body: sink.data)
    }

    private static func set(
        _ handle: UnsafeMutableRawPointer, transfer: HTTPTransfer, headers: HeaderList, sink: Sink
    ) {
        _ = lk_easy_set_pointer(handle, CURLOPT_URL, transfer.url)
        _ = lk_easy_set_pointer(handle, CURLOPT_PROTOCOLS_STR, "http,https")
        _ = lk_easy_set_pointer(handle, CURLOPT_PROXY, "")
        _ = lk_easy_set_pointer(handle, CURLOPT_USERAGENT, "latchkey")
        _ = lk_easy_set_long(handle, CURLOPT_FOLLOWLOCATION, 0)
        _ = lk_easy_set_long(handle, CURLOPT_NOSIGNAL, 1)
        // Without it libcurl waits for a name look-up that it gives up, beyond every timeout.
        _ = lk_easy_set_long(handle, CURLOPT_QUICK_EXIT, 1)
        _ = lk_easy_set_long(handle, CURLOPT_HTTP09_ALLOWED, 0)
        _ = lk_easy_set_long(handle, CURLOPT_CONNECTTIMEOUT_MS, transfer.isBrief ? 500 : 10_000)
        if transfer.isBrief {
            _ = lk_easy_set_long(handle, CURLOPT_TIMEOUT_MS, 1000)
        } else if transfer.output == nil {
            _ = lk_easy_set_long(handle, CURLOPT_TIMEOUT_MS, transfer.isSlow ? 3_600_000 : 60_000)
        } else {
            _ = lk_easy_set_long(handle, CURLOPT_LOW_SPEED_LIMIT, 1)
            _ = lk_easy_set_long(handle, CURLOPT_LOW_SPEED_TIME, 60)
        }
        _ = lk_easy_set_pointer(handle, CURLOPT_HTTPHEADER, headers.list)
        _ = lk_easy_set_pointer(handle, CURLOPT_WRITEDATA, Unmanaged.passUnretained(sink).toOpaque())
        _ = lk_easy_set_data_callback(handle, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
            guard let bytes, let context else { return 0 }
            let sink = Unmanaged<Sink>.fromOpaque(context).takeUnretainedValue()
            return sink.take(UnsafeRawBufferPointer(start: bytes, count: size * count))
        }
    }

    /// Collects the answer's body up to a limit, or writes it to a descriptor.
    private final class Sink {
        private(set) var data = Data()
        /// The `errno` of a write that failed.
        private(set) var writeFailure: Int32?
        private let limit: Int
        private let handle: UnsafeMutableRawPointer
        private let output: Int32?
        private let isTerminal: Bool
        /// For a terminal, whose lines are written whole: a character may be cut in two.
        private var line = Data()

        init(limit: Int, handle: UnsafeMutableRawPointer, output: Int32?) {
            self.limit = limit
            self.handle = handle
            self.output = output
            isTerminal = output.map { isatty($0) == 1 } ?? false
        }

        /// Writes what is left of the last line.
        func finish() {
            if let output, !line.isEmpty { write(Console.plain(json: line), to: output) }
        }

        /// How many bytes were taken; fewer than offered ends the transfer.
        func take(_ bytes: UnsafeRawBufferPointer) -> Int {
            if let output, isSuccess { return take(bytes, for: output) }
            guard data.count + bytes.count <= limit else { return 0 }
            data.append(contentsOf: bytes)
            return bytes.count
        }

        private var isSuccess: Bool {
            var status = 0
            _ = lk_easy_get_long(handle, CURLINFO_RESPONSE_CODE, &status)
            return (200..<300).contains(status)
        }

        private func take(_ bytes: UnsafeRawBufferPointer, for output: Int32) -> Int {
            if isTerminal {
                line.append(contentsOf: bytes)
                guard let end = line.lastIndex(of: 0x0A) else { return bytes.count }
                write(Console.plain(json: line[...end]), to: output)
                line = Data(line[(end + 1)...])
            } else {
                write(Data(bytes), to: output)
            }
            return writeFailure == nil ? bytes.count : 0
        }

        private func write(_ data: Data, to output: Int32) {
            writeFailure = writeFailure ?? Console.write(data, to: output)
        }
    }

    /// libcurl's list of header lines, overwritten with zeros before it is freed.
    private struct HeaderList {
        private(set) var list: UnsafeMutablePointer<curl_slist>?

        mutating func append(_ line: String) { list = curl_slist_append(list, line) ?? list }

        mutating func append(_ name: String, _ secret: Secret) {
            var line = Array(name.utf8)
            line.reserveCapacity(line.count + secret.byteCount + 1)
            secret.withUnsafeBytes { line.append(contentsOf: $0) }
            line.append(0)
            line.withUnsafeMutableBytes { line in
                let text = line.baseAddress?.assumingMemoryBound(to: CChar.self)
                list = curl_slist_append(list, text) ?? list
                line.initializeMemory(as: UInt8.self, repeating: 0)
            }
        }

        func free() {
            var node = list
            while let current = node {
                if let data = current.pointee.data { memset(data, 0, strlen(data)) }
                node = current.pointee.next
            }
            curl_slist_free_all(list)
        }
    }
}
