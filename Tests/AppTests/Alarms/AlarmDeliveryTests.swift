import Domain
import Storage
import Synchronization
import Telemetry
import Testing
import Upstream
import Vault

@testable import App

@Suite struct AlarmDeliveryTests {
    private func refused(_ fixture: AlarmFixture, _ number: Int = 1) -> Alarm {
        .upstreamKeyRefused(ProjectID(unchecked: "proj_00000000000\(number)"), at: fixture.now)
    }

    @Test func `what is raised is logged at once, kept, and delivered`() async throws {
        let fixture = try await AlarmFixture()
        let desk = fixture.desk()
        desk.raise(refused(fixture))
        desk.raise(refused(fixture))
        #expect(fixture.log.all == ["warning: alarm"])
        #expect(fixture.state.withLock { $0.wakeUps } == 1)
        #expect(try await fixture.kept() == [])
        await desk.record()
        #expect(try await fixture.kept().map(\.state) == [.waiting])
        try await fixture.courier().deliverDue()
        let kept = try await fixture.kept()
        #expect(kept.map(\.state) == [.delivered])
        #expect(fixture.deliveries.map(\.id) == kept.map(\.id))
        try await fixture.courier().deliverDue()
        await desk.record()
        #expect(fixture.deliveries.count == 1)
        let counters = fixture.metrics.snapshot
        #expect(counters.raised == [.upstreamKeyRefused: 1] && counters.delivered == 1)
        #expect(counters.failures == 0 && counters.lost == 0)
    }

    @Test func `what its receiver does not take is sent again later, with the same id and body`() async throws
    {
        let fixture = try await AlarmFixture()
        let (desk, courier) = (fixture.desk(), fixture.courier())
        desk.raise(refused(fixture))
        await desk.record()
        fixture.answer("500", "500")
        try await courier.deliverDue()
        try await courier.deliverDue()
        #expect(fixture.deliveries.count == 1)
        fixture.pass(seconds: 1)
        try await courier.deliverDue()
        fixture.pass(seconds: 1)
        try await courier.deliverDue()
        #expect(fixture.deliveries.count == 2)
        fixture.pass(seconds: 1)
        try await courier.deliverDue()
        #expect(fixture.deliveries.count == 3)
        #expect(Set(fixture.deliveries.map(\.id)).count == 1)
        #expect(Set(fixture.deliveries.map(\.body)).count == 1)
        #expect(try await fixture.kept().map(\.attempts) == [2])
        #expect(fixture.metrics.snapshot.failures == 2 && fixture.metrics.snapshot.delivered == 1)
    }

    @Test func `a receiver that takes nothing is asked for one at a time`() async throws {
        let fixture = try await AlarmFixture()
        let (desk, courier) = (fixture.desk(), fixture.courier())
        for number in 1...3 { desk.raise(refused(fixture, number)) }
        await desk.record()
        fixture.answer("no", "no")
        try await courier.deliverDue()
        #expect(fixture.deliveries.count == 1)
        try await courier.deliverDue()
        #expect(Set(fixture.deliveries.map(\.id)).count == 2)
        try await courier.deliverDue()
        #expect(Set(fixture.deliveries.map(\.id)).count == 3)
        #expect(try await fixture.kept(AlarmFilter(state: .delivered)).count == 1)
    }

    @Test func `an alarm is given up after a day, and that is counted and logged`() async throws {
        let fixture = try await AlarmFixture()
        let (desk, courier) = (fixture.desk(), fixture.courier())
        desk.raise(refused(fixture))
        await desk.record()
        fixture.pass(seconds: 86_400)
        fixture.answer("no")
        try await courier.deliverDue()
        #expect(try await fixture.kept().map(\.state) == [.givenUp])
        #expect(fixture.metrics.snapshot.lost == 1)
        #expect(fixture.log.all.last?.hasPrefix("error: an alarm is given up") == true)
        fixture.pass(seconds: 86_400)
        try await courier.deliverDue()
        #expect(fixture.deliveries.count == 1)
    }

    @Test func `more than a thousand do not wait: the oldest are dropped, counted and logged`() async throws {
        let fixture = try await AlarmFixture()
        let courier = fixture.courier()
        try await fixture.store.recordAlarms(
            (0..<1003).map {
                AlarmRecord(
                    .test(by: .console, at: fixture.now.adding(milliseconds: Int64($0))), id: .random())
            })
        try await courier.tidy()
        #expect(try await fixture.store.waitingAlarms() == AlarmCourier.openLimit)
        #expect(fixture.metrics.snapshot.lost == 3 && fixture.metrics.snapshot.waiting == 1000)
        #expect(fixture.log.all.last == "error: alarms are dropped: too many wait for their receiver")
        try await courier.tidy()
        #expect(fixture.metrics.snapshot.lost == 3)
    }

    @Test func `without a receiver alarms are kept, and not sent later`() async throws {
        let fixture = try await AlarmFixture()
        let desk = fixture.desk(hasReceiver: false)
        desk.raise(refused(fixture))
        await desk.record()
        try await fixture.courier(hasReceiver: false).deliverDue()
        #expect(try await fixture.kept().map(\.state) == [.unsent])
        try await fixture.courier().deliverDue()
        #expect(fixture.deliveries.isEmpty)
    }

    @Test func `while the store fails alarms are delivered from memory, once, and kept when it works again`()
        async throws
    {
        let fixture = try await AlarmFixture()
        let desk = fixture.desk()
        fixture.state.withLock { $0.failure = .busy }
        desk.raise(.recordsFailing(.ledger, reason: "busy", at: fixture.now))
        fixture.answer("no")
        await desk.record()
        #expect(fixture.deliveries.count == 1)
        fixture.pass(seconds: 1)
        await desk.record()
        await desk.record()
        #expect(fixture.deliveries.count == 2)
        #expect(try await fixture.kept() == [])
        fixture.state.withLock { $0.failure = nil }
        await desk.record()
        let kept = try await fixture.kept()
        #expect(kept.map(\.state) == [.delivered] && kept.map(\.attempts) == [1])
        try await fixture.courier().deliverDue()
        #expect(fixture.deliveries.count == 2)
    }

    @Test func `a delivery is signed over its time and body, and shows nothing of the secret`() throws {
        let secret = Secret(utf8: "a secret of the test")
        let receiver = AlarmReceiver(url: "http://127.0.0.1:1/", secret: secret, now: { .now() })
        let moment = Timestamp(seconds: 1_800_000_000)
        let alarm = AlarmRecord(.test(by: .console, at: moment), id: AlarmID(unchecked: "alarm_000000000001"))
        let transfer = receiver.transfer(of: alarm, at: moment)
        #expect(transfer.body == alarm.body)
        let signed = Array("2027-01-15T08:00:00.000Z.".utf8) + alarm.body
        #expect(
            transfer.headers == [
                "X-Latchkey-Alarm-Id: alarm_000000000001",
                "X-Latchkey-Timestamp: 2027-01-15T08:00:00.000Z",
                "X-Latchkey-Signature-256: \(WebhookSignature.sign(signed, under: secret))",
            ])
        #expect(!transfer.headers.joined().contains("secret"))
    }
}
