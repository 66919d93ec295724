import Domain
import NIOCore
import Testing

@testable import Gateway

/// What a connection with a client does with what happens, without a socket.
struct ConnectionMachineTests {
    private static let start = NIODeadline.uptimeNanoseconds(0) + .hours(1)
    private static let chat =
        "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
    private static let models = "GET /v1/models HTTP/1.1\r\nHost: a\r\n\r\n"
    private static let page = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
    private static let upload =
        "POST /manage/projects HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"

    private func machine(
        _ text: String = "", room: ConnectionMachine.Room = .ordinary, hasRouter: Bool = false
    ) -> ConnectionMachine {
        var machine = ConnectionMachine(HeadLimits(), at: Self.start)
        machine.opened(room)
        if hasRouter { machine.routerIsReady() }
        if !text.isEmpty { machine.received(ByteBuffer(string: text)) }
        return machine
    }

    /// All there is to do, in words.
    private func run(_ machine: inout ConnectionMachine) -> [String] {
        var actions: [String] = []
        while let action = machine.next() { actions.append(action.words) }
        return actions
    }

    /// What to do next, in words.
    private func next(_ machine: inout ConnectionMachine) -> String? { machine.next()?.words }

    private func look(_ machine: inout ConnectionMachine, after seconds: Int64, takesUpload: Bool = true) {
        let limits = GatewayLimits()
        _ = machine.look(at: Self.start, takesUpload: { takesUpload }, limits)
        _ = machine.look(at: Self.start + .seconds(seconds), takesUpload: { takesUpload }, limits)
    }

    // MARK: - Requests

    @Test func `a request is given on in its parts, however its bytes come`() {
        let parts = ["head exchange /v1/chat/completions", "body exchange hello", "end exchange"]
        var whole = machine(Self.chat)
        #expect(run(&whole) == parts)
        var dribble = machine()
        var actions: [String] = []
        for byte in Self.chat.utf8 {
            dribble.received(ByteBuffer(bytes: [byte]))
            actions += run(&dribble)
        }
        #expect(actions == [parts[0]] + "hello".map { "body exchange \($0)" } + [parts[2]])
    }

    @Test func `the next request waits for the response to the one before`() {
        var machine = machine(Self.models + Self.chat)
        #expect(run(&machine) == ["head exchange /v1/models", "end exchange"])
        #expect(run(&machine) == [])
        machine.answered(by: .exchange)
        #expect(run(&machine).first == "head exchange /v1/chat/completions")
    }

    @Test func `a response that is out early lets the rest of the body pass unseen`() {
        var machine = machine(String(Self.chat.dropLast(3)))
        _ = run(&machine)
        machine.answered(by: .exchange)
        #expect(run(&machine) == [])
        machine.received(ByteBuffer(string: "llo" + Self.models))
        #expect(run(&machine) == ["end exchange", "head exchange /v1/models", "end exchange"])
    }

    @Test func `only so much is dropped of a body that no one wants`() {
        let length = 10 * GatewayLimits.discardedBytes
        var machine = machine("POST /v1/files HTTP/1.1\r\nHost: a\r\nContent-Length: \(length)\r\n\r\n")
        _ = run(&machine)
        machine.answered(by: .exchange)
        let bytes = ByteBuffer(repeating: 0x61, count: GatewayLimits.discardedBytes)
        machine.received(bytes)
        #expect(run(&machine) == [])
        machine.received(ByteBuffer(string: "a"))
        #expect(run(&machine) == ["closeWhenWritten"])
        machine.received(bytes)
        #expect(run(&machine) == [])
        machine.received(ByteBuffer(string: "a"))
        #expect(run(&machine) == ["close"])
    }

    @Test func `the last response is followed by the end, and by no request`() {
        var machine = machine("GET /v1/models HTTP/1.0\r\n\r\n" + Self.models)
        _ = run(&machine)
        #expect(machine.isLast)
        machine.answered(by: .exchange)
        #expect(run(&machine) == ["closeWhenWritten"])
        machine.written()
        #expect(run(&machine) == ["close"])
        machine.received(ByteBuffer(string: Self.models))
        machine.inputEnded()
        #expect(run(&machine) == [])
    }

    @Test func `a last response before the end of the body closes our side first`() {
        var machine = machine(String(Self.chat.dropLast()))
        _ = run(&machine)
        machine.answered(by: .exchange, isLast: true)
        #expect(run(&machine) == ["closeOutput"])
        machine.inputEnded()
        #expect(run(&machine) == ["close"])
    }

    // MARK: - What is refused

    @Test func `a head that cannot be read is the connection's last`() {
        var machine = machine("GET /v1/models HTTP/1.1\r\nHost: a\r\nOrigin: b\r\n folded\r\n" + Self.models)
        guard case .refuse(let rejection, readsHTTP2: false) = machine.next() else {
            Issue.record("is not refused")
            return
        }
        #expect(rejection == .malformedRequest(.header) && machine.isLast)
        #expect(machine.refusedHead.text(of: "origin") == "b")
        machine.answered(by: .exchange, isLast: true)
        #expect(run(&machine) == ["closeOutput"])
        machine.received(ByteBuffer(string: Self.models))
        #expect(run(&machine) == [])
    }

    @Test func `a refusal that no one answers ends in a close`() {
        var machine = machine("nonsense\r\n\r\n")
        #expect(run(&machine).last == "close")
    }

    @Test func `a malformed body is its exchange's to refuse, then nothing is read`() {
        let text = "POST /v1/files HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello!"
        for isAnswered in [true, false] {
            var machine = machine(text + Self.models)
            #expect(next(&machine) == "head exchange /v1/files")
            #expect(next(&machine) == "body exchange hello")
            #expect(next(&machine) == "refuseBody malformed_framing")
            if isAnswered { machine.answered(by: .exchange, isLast: true) }
            #expect(run(&machine) == [isAnswered ? "closeOutput" : "close"])
        }
    }

    @Test func `a malformed body is refused for the router while it has said nothing`() {
        let text = "POST /manage HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        for hasBegun in [false, true] {
            var machine = machine(text, hasRouter: true)
            #expect(run(&machine) == ["head router /manage"])
            if hasBegun { #expect(machine.routerMayAnswer() == true) }
            machine.received(ByteBuffer(string: "x\r\n"))
            #expect(next(&machine) == (hasBegun ? "close" : "refuse malformed_framing"))
            #expect(machine.routerMayAnswer() == false)
        }
    }

    @Test func `HTTP/2 is told from a typed preface by what follows`() {
        let preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
        var frames = machine(preface)
        #expect(run(&frames) == [])
        frames.received(ByteBuffer(bytes: [0, 0, 0, 4, 0, 0, 0, 0, 0]))
        #expect(next(&frames) == "refuse malformed_http2 HTTP/2")
        var typed = machine(preface + "GET /")
        #expect(next(&typed) == "refuse malformed_http2")
        var silent = machine(preface)
        #expect(run(&silent) == [])
        silent.inputEnded()
        #expect(next(&silent) == "refuse malformed_http2")
    }

    @Test func `without room the first response is a refusal, in the reserve only the API's is`() {
        var none = machine(Self.models, room: .none)
        #expect(next(&none) == "refuse overloaded")
        var reserve = machine(Self.models, room: .reserve)
        #expect(next(&reserve) == "refuse overloaded")
        var page = machine(Self.page, room: .reserve, hasRouter: true)
        #expect(run(&page) == ["head router /healthz", "end router"])
        #expect(page.isLast)
        var operators = machine(Self.models, room: .operators, hasRouter: true)
        #expect(run(&operators) == ["head router /v1/models", "end router"])
    }

    // MARK: - The router

    @Test func `the router's first request waits for the router`() {
        var machine = machine(Self.page + Self.models)
        #expect(run(&machine) == ["callRouter"])
        #expect(machine.isParked)
        #expect(machine.routerMayAnswer() == false)
        #expect(run(&machine) == [])
        machine.routerIsReady()
        #expect(run(&machine) == ["head router /healthz", "end router"])
        #expect(machine.routerMayAnswer() == true)
        machine.answered(by: .router)
        #expect(machine.routerMayAnswer() == false)
        #expect(run(&machine) == ["head exchange /v1/models", "end exchange"])
    }

    @Test func `100 Continue is sent once, and not after the response has begun`() {
        var asked = machine(Self.upload, hasRouter: true)
        _ = run(&asked)
        let first = asked.bodyIsWanted()
        let second = asked.bodyIsWanted()
        #expect(first && !second)
        var begun = machine(Self.upload, hasRouter: true)
        _ = run(&begun)
        #expect(begun.routerMayAnswer() == true)
        #expect(begun.bodyIsWanted() == false)
    }

    @Test func `a router's body is read as it asks for it`() {
        var machine = machine(Self.upload, hasRouter: true)
        _ = run(&machine)
        #expect(machine.asksForMore(takesUpload: { true }, buffer: 1) == false)
        #expect(machine.asksForMoreOfBody() == true)
        #expect(machine.asksForMoreOfBody() == false)
        machine.received(ByteBuffer(string: "hello"))
        #expect(run(&machine) == ["body router hello", "end router"])
        #expect(machine.asksForMoreOfBody() == false)
        #expect(machine.asksForMore(takesUpload: { true }, buffer: 1) == true)
    }

    @Test func `while a response is awaited so much is read of the next requests`() {
        var machine = machine(Self.models)
        _ = run(&machine)
        machine.received(ByteBuffer(string: "GET"))
        #expect(machine.asksForMore(takesUpload: { true }, buffer: 3) == false)
        #expect(machine.asksForMore(takesUpload: { true }, buffer: 4) == true)
        #expect(machine.asksForMore(takesUpload: { true }, buffer: 4) == false)
    }

    // MARK: - The client leaves

    @Test func `an end of input during an exchange means that its client left`() {
        var machine = machine(Self.chat)
        _ = run(&machine)
        machine.inputEnded()
        #expect(next(&machine) == "clientLeft")
        machine.cut(afterWriting: false, resets: true)
        #expect(run(&machine) == ["close with a reset"])
    }

    @Test func `what was asked of the router before the end of input is answered`() {
        var machine = machine(Self.page + Self.page + Self.models, hasRouter: true)
        _ = run(&machine)
        machine.inputEnded()
        #expect(run(&machine) == [])
        machine.answered(by: .router)
        #expect(run(&machine) == ["head router /healthz", "end router"])
        machine.answered(by: .router)
        // No one is left who could be charged for it.
        #expect(run(&machine) == ["close"])
    }

    @Test func `the router is told the end of input once`() {
        var machine = machine(Self.page, hasRouter: true)
        _ = run(&machine)
        machine.inputEnded()
        machine.answered(by: .router)
        #expect(run(&machine) == ["endRouterInput"])
        #expect(run(&machine) == [])
    }

    @Test func `an error ends what the router cannot`() {
        var idle = machine()
        idle.failed()
        #expect(run(&idle) == ["close"])
        var routed = machine(hasRouter: true)
        routed.failed()
        #expect(run(&routed) == [])
        var serving = machine(Self.models, hasRouter: true)
        _ = run(&serving)
        serving.failed()
        #expect(run(&serving) == ["clientLeft", "close"])
    }

    @Test func `an exchange whose connection is gone is told so, once`() {
        var machine = machine(Self.models)
        _ = run(&machine)
        machine.disconnected()
        machine.answered(by: .exchange)
        machine.cut(afterWriting: true, resets: true)
        #expect(run(&machine) == ["clientLeft"])
        machine.disconnected()
        #expect(run(&machine) == [])
    }

    // MARK: - The server stops

    @Test func `a server that stops closes what is idle, and waits for a response`() {
        var idle = machine()
        idle.drain()
        #expect(run(&idle) == ["closeWhenWritten"])
        var serving = machine(Self.models + Self.models)
        _ = run(&serving)
        serving.drain()
        #expect(run(&serving) == [])
        #expect(serving.isLast)
        serving.answered(by: .exchange)
        #expect(run(&serving) == ["closeWhenWritten"])
        var early = machine(String(Self.chat.dropLast()))
        _ = run(&early)
        early.answered(by: .exchange)
        early.drain()
        #expect(run(&early) == ["closeOutput"])
    }

    @Test func `a response that was cut off is written out, but a server that stops does not wait`() {
        for stops in [false, true] {
            var machine = machine(Self.models)
            _ = run(&machine)
            machine.cut(afterWriting: true, resets: true)
            #expect(run(&machine) == ["closeWhenWritten"])
            if stops { machine.drain() } else { machine.written() }
            #expect(run(&machine) == ["close with a reset"])
        }
    }

    // MARK: - Time

    @Test func `a client that takes too long is given up`() {
        var idle = machine()
        look(&idle, after: 74)
        #expect(run(&idle) == [])
        look(&idle, after: 76)
        #expect(run(&idle) == ["close"])
        var head = machine("GET")
        _ = run(&head)
        look(&head, after: 11)
        #expect(next(&head) == "refuse request_timeout")
        var body = machine(String(Self.chat.dropLast()))
        _ = run(&body)
        look(&body, after: 31)
        #expect(next(&body) == "refuseBody request_timeout")
        var stalled = machine(Self.models)
        _ = run(&stalled)
        stalled.isWritable = false
        look(&stalled, after: 61)
        #expect(run(&stalled) == ["clientLeft", "close"])
        var lingering = machine(String(Self.chat.dropLast()))
        _ = run(&lingering)
        lingering.answered(by: .exchange, isLast: true)
        _ = run(&lingering)
        look(&lingering, after: 3)
        #expect(run(&lingering) == ["close"])
    }

    @Test func `a client is not given up while others have to do something`() {
        var awaiting = machine(Self.models)
        _ = run(&awaiting)
        look(&awaiting, after: 3600)
        #expect(run(&awaiting) == [])
        var paused = machine(String(Self.chat.dropLast()))
        _ = run(&paused)
        look(&paused, after: 3600, takesUpload: false)
        #expect(run(&paused) == [])
    }

    @Test func `only an idle connection gives its place to another, and once`() {
        var idle = machine()
        look(&idle, after: 2)
        let late = Self.start + .seconds(3)
        #expect(idle.givesPlace(at: late) == true)
        #expect(idle.room == .none)
        #expect(run(&idle) == ["close"])
        #expect(idle.givesPlace(at: late) == false)
        var busy = machine("G")
        look(&busy, after: 2)
        #expect(busy.givesPlace(at: late) == false)
    }
}

extension ConnectionMachine.Action {
    /// For a test to read.
    var words: String {
        switch self {
        case .head(let head, let owner):
            "head \(owner) \(head.withTarget { String(decoding: $0, as: UTF8.self) })"
        case .body(let bytes, let owner): "body \(owner) \(String(buffer: bytes))"
        case .end(let owner): "end \(owner)"
        case .callRouter: "callRouter"
        case .endRouterInput: "endRouterInput"
        case .refuse(let rejection, readsHTTP2: false): "refuse \(rejection.reason)"
        case .refuse(let rejection, readsHTTP2: true): "refuse \(rejection.reason) HTTP/2"
        case .refuseBody(let rejection): "refuseBody \(rejection.reason)"
        case .connection(.clientLeft): "clientLeft"
        case .connection(.closeOutput): "closeOutput"
        case .connection(.closeWhenWritten): "closeWhenWritten"
        case .connection(.close(let resets)): resets ? "close with a reset" : "close"
        }
    }
}
