import Domain
import NIOCore
import Providers
import Upstream

/// What goes on to the upstream: phase 3 to 5.
extension ProxyHandler {
    func dispatch(_ current: OpenExchange, _ head: borrowing RequestHead) {
        guard let admitted = current.admitted, let attempt = current.attempt else { return }
        let body: UpstreamRequest.Body =
            switch head.framing {
            case .none: .none
            case _ where current.isHeld: .held(current.held)
            case .length(let length): .streamed(length: length)
            case .chunked: .streamed(length: nil)
            }
        switch attempt.target.upstream {
        case .dummy:
            let transfer = DummyTransfer(
                DummyRequest(head, as: admitted.endpoint.method, admitted.permit.route, at: worker.now),
                body: body, service: worker.dummy, eventLoop: worker.eventLoop, sink: self)
            attempt.transfer = transfer
            transfer.start()
        case .remote(let server):
            let method = UpstreamRequest.Method(admitted.endpoint.method)
            var upstreamHead = worker.transfers.makeHead()
            head.withTarget { upstreamHead.begin(method, to: server, admitted.endpoint.rest(of: $0)) }
            var unwanted = head.connectionNames
            if !current.unwantedFields.isEmpty { unwanted += current.unwantedFields }
            if current.modelList != nil { unwanted += ModelList.conditions }
            HeaderPolicy.upstream(
                head,
                isMetered: admitted.consumption != .free || admitted.endpoint.reportsUsage
                    || current.modelList != nil,
                without: unwanted, into: &upstreamHead)
            attempt.target.addFields(to: &upstreamHead)
            if !server.isOpenAI { worker.loopMark.write(head, to: &upstreamHead) }
            attempt.transfer = worker.transfers.start(
                UpstreamRequest(to: server, method: method, head: upstreamHead, body: body), sink: self)
        }
        if connection?.isWritable == false { attempt.transfer?.setReceiving(false) }
    }
}

extension DummyRequest {
    /// Without the body.
    fileprivate init(
        _ head: borrowing RequestHead, as method: Endpoint.Method, _ route: ProjectRoute, at now: Timestamp
    ) {
        self.init(
            method: method.rawValue, target: head.withTarget { String(decoding: $0, as: UTF8.self) },
            contentType: head.withValue(of: .contentType) { $0.map { String(decoding: $0, as: UTF8.self) } },
            body: [], project: route.id.rawValue, now: now)
    }
}

extension UpstreamRequest.Method {
    init(_ method: Endpoint.Method) {
        switch method {
        case .get: self = .get
        case .head: self = .head
        case .post: self = .post
        case .delete: self = .delete
        }
    }
}
