import Domain
import NIOCore

@testable import Gateway

/// A connection's life as some bytes tell it: each is an event, and its upper half says what of it. After the
/// last the rest of what the client sends comes, every response too, and time passes.
struct ConnectionScript {
    /// Small, so that their bounds are met.
    static let limits = {
        var limits = HeadLimits()
        limits.target = 32
        limits.field = 48
        limits.total = 192
        limits.fieldCount = 6
        return limits
    }()

    private var machine = ConnectionMachine(limits, at: .uptimeNanoseconds(0))
    private var witness = ConnectionWitness()
    private var script: ArraySlice<UInt8>
    private var unsent: ArraySlice<UInt8>
    private var now = NIODeadline.uptimeNanoseconds(0)
    private var isReading = false
    private var hasInputEnded = false
    /// The exchange takes no more of its upload.
    private var isPaused = false

    init(_ script: ArraySlice<UInt8>, client: ArraySlice<UInt8>) {
        self.script = script
        unsent = client
    }

    mutating func play() throws(BrokenPromise) {
        let rooms: [ConnectionMachine.Room] = [.ordinary, .operators, .reserve, .none]
        machine.opened(rooms[Int(script.popFirst() ?? 0) % rooms.count])
        try settle()
        while let byte = script.popFirst() {
            try happen(byte % 16, Int(byte / 16))
            try settle()
        }
        try end()
    }

    // MARK: - Events

    private mutating func happen(_ event: UInt8, _ detail: Int) throws(BrokenPromise) {
        switch event {
        case 0...4: receive(min(1 + detail * detail, unsent.count))
        case 5: isPaused.toggle()
        case 6: try answer(isLast: detail % 4 == 0)
        case 7: try beginResponse(endsWithConnection: detail % 2 == 0)
        case 8: cut(afterWriting: detail % 2 == 0)
        case 9 where detail % 2 == 0: machine.drain()
        case 10: machine.isWritable = detail % 2 == 0
        case 11: pass(.seconds(Int64(detail) * 5))
        case 12: try written()
        case 13: if witness.hasCalledRouter { machine.routerIsReady() }
        case 14 where !hasInputEnded:
            hasInputEnded = true
            machine.inputEnded()
        case 15 where detail == 0: try disconnect()
        case 15 where detail == 1: machine.failed()
        case 15:
            let isWanted = machine.bodyIsWanted()
            try BrokenPromise.unless(
                !isWanted || witness.isRouterSilent, "100 Continue comes before a response")
        default: break
        }
    }

    private mutating func receive(_ count: Int) {
        guard !hasInputEnded, !witness.isDisconnected, count > 0 else { return }
        let bytes = unsent.prefix(count)
        unsent = unsent.dropFirst(count)
        witness.received += bytes
        isReading = false
        machine.received(ByteBuffer(bytes: bytes))
    }

    private mutating func answer(isLast: Bool) throws(BrokenPromise) {
        guard let owner = witness.openOwner else { return }
        if owner == .router, !machine.routerMayAnswer() {
            throw BrokenPromise(sentence: "a request of the router's may be answered")
        }
        witness.answered()
        machine.answered(by: owner, isLast: isLast && owner == .exchange)
    }

    private mutating func beginResponse(endsWithConnection: Bool) throws(BrokenPromise) {
        let mayAnswer = machine.routerMayAnswer()
        try BrokenPromise.unless(
            mayAnswer == (witness.openOwner == .router), "the router answers its own requests alone")
        witness.begin(endsWithConnection: endsWithConnection)
    }

    private mutating func cut(afterWriting: Bool) {
        guard witness.openOwner == .exchange else { return }
        machine.cut(afterWriting: afterWriting, resets: witness.cut())
    }

    private mutating func pass(_ time: TimeAmount) {
        now = now + time
        let isPaused = isPaused
        _ = machine.look(at: now, takesUpload: { !isPaused }, GatewayLimits())
    }

    private mutating func written() throws(BrokenPromise) {
        if witness.takeWriting() { machine.written() }
    }

    private mutating func disconnect() throws(BrokenPromise) {
        witness.isDisconnected = true
        machine.disconnected()
    }

    // MARK: - Actions

    private mutating func settle() throws(BrokenPromise) {
        while let action = machine.next() {
            try witness.see(action)
            try perform(action)
        }
        let isPaused = isPaused
        let asks = machine.asksForMore(takesUpload: { !isPaused }, buffer: 64)
        try BrokenPromise.unless(!asks || !isReading, "a read is asked for once")
        isReading = isReading || asks
    }

    /// As ``ProxyHandler`` does it: what it says while it is told something is acted on afterwards.
    private mutating func perform(_ action: ConnectionMachine.Action) throws(BrokenPromise) {
        switch action {
        // Some are answered at their head, before anything else of them is seen.
        case .head(_, .exchange) where unsent.count % 3 == 0: try answer(isLast: unsent.count % 2 == 0)
        case .refuse: machine.answered(by: .exchange, isLast: true)
        case .refuseBody where witness.hasBegun, .connection(.clientLeft): cut(afterWriting: false)
        case .refuseBody:
            witness.answered()
            machine.answered(by: .exchange, isLast: true)
        case .head, .body, .end, .callRouter, .endRouterInput, .connection: break
        }
    }

    // MARK: - The end

    private mutating func end() throws(BrokenPromise) {
        isPaused = false
        machine.isWritable = true
        for _ in 0..<8 {
            receive(unsent.count)
            try settle()
            if witness.hasCalledRouter { machine.routerIsReady() }
            try settle()
            try answer(isLast: false)
            try settle()
            try written()
            try settle()
        }
        // What takes the longest begins to be waited for at the first look.
        for _ in 0..<8 where !witness.isDisconnected {
            pass(.seconds(80))
            try settle()
            try answer(isLast: false)
            try settle()
        }
        try BrokenPromise.unless(
            witness.hasClosed || witness.isDisconnected, "it ends closed")
    }
}
