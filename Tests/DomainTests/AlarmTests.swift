import Domain
import Testing

@Suite struct AlarmTests {
    private let now = Timestamp(seconds: 1_800_000_000)
    private let project = ProjectID(unchecked: "proj_000000000001")
    private let token = AccessTokenID(unchecked: "000000000001")

    private func record(_ alarm: Alarm) -> AlarmRecord {
        AlarmRecord(alarm, id: AlarmID(unchecked: "alarm_000000000001"))
    }

    private func state(_ limit: String, used: Int64, credit: Int64 = 0, from: Int64 = 7) throws -> LimitState
    {
        let limit = try Limit(parsing: limit)
        return LimitState(
            owner: .project, limit: limit, allowance: limit.amount + credit, used: used, reserved: 0,
            resetsAt: nil, countsFrom: Timestamp(milliseconds: from))
    }

    // MARK: Delivery

    @Test func `a delivery that fails is tried again after 1 s, twice that, and so on to an hour`() {
        var alarm = record(.test(by: .console, at: now))
        #expect(alarm.state == .waiting && alarm.nextAttemptAt == now && alarm.attempts == 0)
        var delays: [Int64] = []
        var moment = now
        for _ in 0..<15 {
            alarm.noteFailure("no", at: moment)
            delays.append((alarm.nextAttemptAt.milliseconds - moment.milliseconds) / 1000)
            moment = moment.adding(milliseconds: 1)
        }
        #expect(delays == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 3600, 3600, 3600])
        #expect(alarm.state == .waiting && alarm.attempts == 15 && alarm.lastError == "no")
        alarm.noteDelivery(at: moment)
        #expect(alarm.state == .delivered && alarm.deliveredAt == moment && alarm.lastError == nil)
    }

    @Test func `an alarm is given up when it is a day old, and not before`() {
        var alarm = record(.test(by: .console, at: now))
        alarm.noteFailure("no", at: now.adding(milliseconds: AlarmRecord.patience - 1))
        #expect(alarm.state == .waiting)
        alarm.noteFailure("no", at: now.adding(milliseconds: AlarmRecord.patience))
        #expect(alarm.state == .givenUp && alarm.deliveredAt == nil)
    }

    @Test func `the body is JSON that says what, when, of whom`() throws {
        let alarm = record(.leakedTokenRevoked(token, project: project, by: .github, at: now))
        let body = try JSONValue(parsing: alarm.body)
        #expect(body["id"]?.string == "alarm_000000000001")
        #expect(body["kind"]?.string == "leaked_token_revoked")
        #expect(body["at"]?.string == "2027-01-15T08:00:00.000Z")
        #expect(body["subject"]?.string == "000000000001")
        #expect(body["project"]?.string == "proj_000000000001")
        #expect(body["details"]?["by"]?.string == "github")
    }

    @Test func `every kind of alarm has a body of its own kind`() throws {
        let limit = try state("cost=5/month", used: 4_000_000_000)
        let speed = SpendSpeed(lastHour: Money(nanoUSD: 9_000_000_000), before: .zero, hours: 24)
        let all: [Alarm] = [
            .honeyTokenUsed(token, count: 3, from: IPAddress("192.0.2.7"), at: now),
            .leakedTokenRevoked(token, project: project, by: .holder, at: now),
            .quotaReached(.warning, limit, of: .project(project), at: now),
            .quotaReached(.exhausted, limit, of: .lineage(token, of: project), at: now),
            .spendTooFast(project, speed, isFrozen: true, at: now),
            .tokenExpiring(token, project: project, expiresAt: now.adding(milliseconds: 1), at: now),
            .upstreamKeyRefused(project, at: now),
            .recordsFailing(.audit, reason: "full", at: now),
            .recordsFailing(.ledger, reason: "full", at: now),
            .clockJumped(seconds: -3600, at: now),
            .test(by: .console, at: now),
        ]
        #expect(Set(all.map(\.kind)) == Set(AlarmKind.allCases))
        #expect(Set(all.map(\.key)).count == all.count)
        for alarm in all {
            let body = try JSONValue(parsing: record(alarm).body)
            #expect(body["kind"]?.string == alarm.kind.rawValue)
            #expect(body["subject"]?.string == alarm.subject)
            #expect(alarm.at == now)
        }
        #expect(
            all[2].details
                == #"{"percent":80,"limit":"cost=5.00/month","owner":"project","allowance":"5.00","#
                + #""used":"4.00","resets_at":null}"#
        )
        #expect(all[4].details == #"{"last_hour":"9.00","usual_hour":"0.00","frozen":true}"#)
    }

    // MARK: Repeats

    @Test func `the same alarm is not told again while it is to be quiet`() {
        var repeats = AlarmRepeats()
        func admits(_ alarm: Alarm) -> Bool { repeats.admit(alarm) }
        func at(_ seconds: Int64) -> Timestamp { now.adding(milliseconds: seconds * 1000) }
        #expect(admits(.upstreamKeyRefused(project, at: now)))
        #expect(!admits(.upstreamKeyRefused(project, at: at(3599))))
        #expect(admits(.upstreamKeyRefused(ProjectID(unchecked: "proj_000000000002"), at: now)))
        #expect(admits(.upstreamKeyRefused(project, at: at(3600))))
        #expect(!admits(.upstreamKeyRefused(project, at: at(3601))))
        #expect(admits(.recordsFailing(.ledger, reason: "full", at: now)))
        #expect(!admits(.recordsFailing(.ledger, reason: "busy", at: at(599))))
        #expect(admits(.recordsFailing(.audit, reason: "full", at: at(1))))
        #expect(admits(.recordsFailing(.ledger, reason: "full", at: at(600))))
        #expect(admits(.honeyTokenUsed(token, count: 1, from: nil, at: now)))
        #expect(admits(.honeyTokenUsed(token, count: 1, from: nil, at: at(60))))
    }

    @Test func `a quota is told once for each mark, period and amount`() throws {
        var repeats = AlarmRepeats()
        func admit(_ mark: QuotaMark, _ state: LimitState) -> Bool {
            repeats.admit(.quotaReached(mark, state, of: .project(project), at: now))
        }
        #expect(admit(.warning, try state("requests=10/day", used: 8)))
        #expect(!admit(.warning, try state("requests=10/day", used: 9)))
        #expect(admit(.exhausted, try state("requests=10/day", used: 10)))
        #expect(!admit(.exhausted, try state("requests=10/day", used: 10)))
        #expect(admit(.warning, try state("requests=10/day", used: 8, from: 8)))
        #expect(admit(.warning, try state("requests=10/day", used: 17, credit: 10)))
        #expect(admit(.warning, try state("requests=10/month", used: 8)))
    }

    // MARK: Marks

    @Test func `80 and 100 percent are marks of quotas alone`() throws {
        func mark(_ limit: String, _ used: Int64) throws -> QuotaMark? {
            QuotaMark(reachedBy: try state(limit, used: used))
        }
        #expect(try mark("requests=10/day", 7) == nil)
        #expect(try mark("requests=10/day", 8) == .warning)
        #expect(try mark("requests=10/day", 9) == .warning)
        #expect(try mark("requests=10/day", 10) == .exhausted)
        #expect(try mark("requests=10/day", 12) == .exhausted)
        #expect(try mark("requests=3/day", 2) == nil)
        #expect(try mark("requests=1/day", 0) == nil)
        #expect(try mark("requests=0/day", 0) == nil)
        #expect(try mark("requests=10/minute", 10) == nil)
        #expect(try mark("concurrency=10", 10) == nil)
    }

    @Test func `speed is what an hour costs beside the mean hour`() {
        func speed(_ dollars: Int64, before: Int64, hours: Int64 = 168) -> SpendSpeed {
            SpendSpeed(
                lastHour: Money(nanoUSD: dollars * 1_000_000_000),
                before: Money(nanoUSD: before * 1_000_000_000), hours: hours)
        }
        #expect(speed(11, before: 168).isTooFast(factor: 10))
        #expect(!speed(10, before: 168).isTooFast(factor: 10))
        #expect(speed(1, before: 0).isTooFast(factor: 10))
        #expect(!speed(0, before: 0).isTooFast(factor: 10))
        #expect(speed(30, before: 24, hours: 24).isTooFast(factor: 10))
        #expect(!speed(9_000_000_000, before: 9_000_000_000, hours: 1).isTooFast(factor: 1_000_000))
    }
}
