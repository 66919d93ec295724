import Domain
import NIOCore

@testable import Gateway

/// A connection keeps its promises whatever happens in whatever order, and gives on the same requests however
/// their bytes come.
///
/// The input's first byte says how many of the bytes after it are a script (``ConnectionScript``); the rest
/// is what the client sends.
enum ConnectionPromises {
    static func check(_ input: [UInt8]) throws(BrokenPromise) {
        guard let first = input.first else { return }
        let script = input.dropFirst().prefix(Int(first))
        let sent = input.dropFirst(1 + script.count)
        var run = ConnectionScript(script, client: sent)
        try run.play()

        let whole = try Reading([sent])
        let dribble = try Reading(sent.indices.map { sent[$0...$0] })
        try BrokenPromise.unless(whole == dribble, "a connection reads the same byte by byte")
    }

    /// What the owners of requests get who answer each at once when it is in.
    private struct Reading: Equatable {
        private var requests: [Request] = []
        private var refusal: Rejection?

        private struct Request: Equatable {
            var head: [UInt8]
            var body: [UInt8] = []
            var hasEnded = false
        }

        init(_ parts: [ArraySlice<UInt8>]) throws(BrokenPromise) {
            var machine = ConnectionMachine(ConnectionScript.limits, at: .uptimeNanoseconds(0))
            machine.opened(.ordinary)
            machine.routerIsReady()
            for part in parts {
                machine.received(ByteBuffer(bytes: part))
                while let action = machine.next() { take(action, &machine) }
            }
        }

        private mutating func take(
            _ action: ConnectionMachine.Action, _ machine: inout ConnectionMachine
        ) {
            switch action {
            case .head(let head, _): requests.append(Request(head: Array(head.bytes.readableBytesView)))
            case .body(let bytes, _): requests[requests.count - 1].body += bytes.readableBytesView
            case .end(let owner):
                requests[requests.count - 1].hasEnded = true
                machine.answered(by: owner)
            case .refuse(let rejection, _), .refuseBody(let rejection):
                refusal = rejection
                machine.answered(by: .exchange, isLast: true)
            case .callRouter, .endRouterInput, .connection: break
            }
        }
    }
}
