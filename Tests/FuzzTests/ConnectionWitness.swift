import Domain
import NIOCore

@testable import Gateway

/// What a connection did, and the promises that each of its actions has to keep.
struct ConnectionWitness {
    private struct Request {
        let owner: ConnectionMachine.Owner
        let framing: RequestHead.Framing
        /// Where its body begins among the bytes that came.
        let start: Int
        var body: [UInt8] = []
        var isIn = false
        var hasBegun = false
        var isAnswered = false
        /// The response ends with the connection.
        var endsWithConnection = false
    }

    var received: [UInt8] = []
    var isDisconnected = false
    private(set) var hasCalledRouter = false
    private(set) var hasClosed = false
    private var hasRefused = false
    private var isClosing = false
    private var isWriting = false
    private var hasToldRouter = false
    private var hasToldExchange = false
    /// How the connection must end, a response having been cut off.
    private var endsWithReset = false
    private var request: Request?
    /// Where the bytes begin that are of no request yet.
    private var position = 0

    /// Whose the request is that waits for a response, on a connection that is not about to end.
    var openOwner: ConnectionMachine.Owner? {
        guard !hasClosed, !isClosing, let request, !request.isAnswered else { return nil }
        return request.owner
    }

    var hasBegun: Bool { request?.hasBegun ?? false }

    var isRouterSilent: Bool { openOwner == .router && !hasBegun }

    // MARK: - From outside

    mutating func begin(endsWithConnection: Bool) {
        guard openOwner != nil, !hasBegun else { return }
        request?.hasBegun = true
        request?.endsWithConnection = endsWithConnection
    }

    mutating func answered() {
        request?.isAnswered = true
        if request?.isIn == true { request = nil }
    }

    /// Whether the end of the connection would be taken for the end of the response.
    mutating func cut() -> Bool {
        endsWithReset = request?.endsWithConnection ?? false
        request = nil
        return endsWithReset
    }

    /// False where nothing was to be written out.
    mutating func takeWriting() -> Bool {
        defer { isWriting = false }
        return isWriting
    }

    // MARK: - From the machine

    mutating func see(_ action: ConnectionMachine.Action) throws(BrokenPromise) {
        try BrokenPromise.unless(!hasClosed, "nothing is done after the end")
        switch action {
        case .head(let head, let owner): try see(head, owner)
        case .body(let bytes, let owner):
            try BrokenPromise.unless(openOwner == owner && request?.isIn == false, "a body has a request")
            request?.body += bytes.readableBytesView
        case .end(let owner):
            guard let request, request.owner == owner, !request.isIn else {
                throw BrokenPromise(sentence: "a request ends once")
            }
            try seeEnd(of: request)
        case .callRouter:
            try BrokenPromise.unless(!hasCalledRouter, "the router is called once")
            hasCalledRouter = true
        case .endRouterInput:
            try BrokenPromise.unless(hasCalledRouter && !hasToldRouter, "the router hears of the end once")
            hasToldRouter = true
        case .refuse:
            let isAlone = request == nil || isRouterSilent
            try BrokenPromise.unless(isAlone && !hasRefused, "a request has one response")
            hasRefused = true
            isClosing = true
        case .refuseBody:
            try BrokenPromise.unless(openOwner == .exchange && !hasRefused, "a body is refused once")
            hasRefused = true
        case .connection(let ending): try see(ending)
        }
    }

    private mutating func see(_ head: RequestHead, _ owner: ConnectionMachine.Owner) throws(BrokenPromise) {
        try BrokenPromise.unless(request == nil, "a request waits for the one before")
        try BrokenPromise.unless(!isClosing && !hasRefused, "no request comes after the last response")
        let empty = Array("\r\n".utf8)
        while received[position...].starts(with: empty) { position += empty.count }
        let bytes = Array(head.bytes.readableBytesView)
        try BrokenPromise.unless(
            received[position...].starts(with: bytes), "a request begins where the one before ends")
        position += bytes.count
        request = Request(owner: owner, framing: head.framing, start: position)
    }

    private mutating func seeEnd(of request: Request) throws(BrokenPromise) {
        guard let (body, end) = Self.body(of: received, from: request.start, request.framing) else {
            throw BrokenPromise(sentence: "a body ends where it says")
        }
        if !request.isAnswered {
            try BrokenPromise.unless(body == request.body, "a body is given on whole")
        }
        position = end
        self.request?.isIn = true
        if request.isAnswered { self.request = nil }
    }

    private mutating func see(_ ending: ConnectionMachine.Ending) throws(BrokenPromise) {
        switch ending {
        case .clientLeft:
            try BrokenPromise.unless(
                openOwner == .exchange && !hasToldExchange, "an exchange is told once that its client left")
            hasToldExchange = true
        case .closeOutput:
            try BrokenPromise.unless(!isWriting && !endsWithReset, "a response that is cut has no clean end")
            isClosing = true
        case .closeWhenWritten:
            try BrokenPromise.unless(!isWriting, "what is written is waited for once")
            isWriting = true
            isClosing = true
        case .close(let resets):
            try BrokenPromise.unless(resets == endsWithReset, "a response that is cut has no clean end")
            hasClosed = true
            isClosing = true
        }
    }

    /// The body that begins at `start` and where it ends, read in a way of its own; nil where its end is not
    /// there.
    private static func body(
        of bytes: [UInt8], from start: Int, _ framing: RequestHead.Framing
    ) -> (body: [UInt8], end: Int)? {
        func line(_ start: Int) -> (text: String, end: Int)? {
            guard start <= bytes.count, let feed = bytes[start...].firstIndex(of: 0x0A), feed > start else {
                return nil
            }
            return (String(decoding: bytes[start..<feed - 1], as: UTF8.self), feed + 1)
        }
        switch framing {
        case .none: return ([], start)
        case .length(let length):
            guard bytes.count - start >= length else { return nil }
            return (Array(bytes[start..<start + length]), start + length)
        case .chunked:
            var body: [UInt8] = []
            var position = start
            while let (text, data) = line(position) {
                guard let size = Int(text.prefix(while: \.isHexDigit), radix: 16) else { return nil }
                position = data
                if size == 0 {
                    while let (trailer, next) = line(position) {
                        position = next
                        if trailer.isEmpty { return (body, position) }
                    }
                    return nil
                }
                guard bytes.count - position >= size + 2 else { return nil }
                body += bytes[position..<position + size]
                position += size + 2
            }
            return nil
        }
    }
}
