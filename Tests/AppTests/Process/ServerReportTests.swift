import Domain
import Testing

@testable import App

@Suite struct ServerReportTests {
    private let address = ListenAddress(host: "127.0.0.1", port: 8080)

    @Test func `a terminal is shown where the server listens`() {
        #expect(
            ServerReport.ready(at: address, operatorsAt: address)
                == "latchkey: listening on http://127.0.0.1:8080; press Ctrl-C to stop")
        #expect(
            ServerReport.ready(at: address, operatorsAt: ListenAddress(host: "::1", port: 9090))
                == "latchkey: listening on http://127.0.0.1:8080, management on http://[::1]:9090; press "
                + "Ctrl-C to stop"
        )
    }

    @Test func `a drain says what it waits for and how to end it, as fits the signal`() {
        #expect(
            ServerReport.draining(1, by: .interrupt)
                == "latchkey: draining, 1 stream; press Ctrl-C again to end now")
        #expect(
            ServerReport.draining(12, by: .terminate)
                == "latchkey: draining, 12 streams; a second signal ends it now")
    }

    @Test func `the last line says how long it took and what was cut off`() {
        #expect(ServerReport.stopped(after: nil, nil) == "latchkey: stopped after 0.0 s")
        #expect(ServerReport.stopped(after: .milliseconds(61_970), nil) == "latchkey: stopped after 62.0 s")
        #expect(
            ServerReport.stopped(
                after: .milliseconds(3249), DrainState.Cut(cause: .secondSignal, count: 1))
                == "latchkey: stopped after 3.2 s; 1 stream cut off")
        #expect(
            ServerReport.stopped(after: .seconds(600), DrainState.Cut(cause: .timeout, count: 0))
                == "latchkey: stopped after 600.0 s")
    }
}
