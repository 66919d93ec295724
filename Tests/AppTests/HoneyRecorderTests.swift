import Domain
import Foundation
import Gateway
import Logging
import Storage
import Synchronization
import Testing

@testable import App

@Suite struct HoneyRecorderTests {
    private final class Alarms: AlarmSink {
        let raised = Mutex<[Alarm]>([])
        func raise(_ alarm: Alarm) { raised.withLock { $0.append(alarm) } }
    }

    @Test func `the first use is told at once, the others of a minute together`() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "honey-\(UUID())").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let now = Timestamp(seconds: 1000)
        let store = try await Store.create(
            in: folder, sealedKeys: [SealedKey(id: "k", version: 1, sealed: [1])], managementKey: nil,
            auditHash: { _ in .zero }, by: .console(at: now))
        let project = Project(
            id: ProjectID(unchecked: "proj_000000000001"), name: try #require(ProjectName("acme")),
            upstream: .dummy, state: .active, createdAt: now, updatedAt: now)
        _ = try await store.createProject(project, credential: nil, by: .console(at: now))
        var honey = AccessToken(
            id: AccessTokenID(unchecked: "000000000001"), project: project.id,
            name: try #require(Label("bait")),
            hash: try #require(CredentialHash(bytes: [UInt8](repeating: 7, count: 32))), createdAt: now,
            expiresAt: nil)
        honey.isHoney = true
        _ = try await store.issueAccessToken(honey, by: .console(at: now))
        #expect(try await store.accessToken(honey.id)?.isHoney == true)

        let alarms = Alarms()
        let (pauses, paused) = AsyncStream.makeStream(of: CheckedContinuation<Void, Never>.self)
        let recorder = HoneyRecorder(
            store: store, alarms: alarms, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            pause: { await withCheckedContinuation { paused.yield($0) } })
        var minutes = pauses.makeAsyncIterator()
        let address = try #require(IPAddress("192.0.2.7"))
        recorder.note(honey.id, at: now, from: nil)
        var minute = await minutes.next()
        for second in 1...1000 {
            recorder.note(honey.id, at: now.adding(milliseconds: Int64(second)), from: address)
        }
        #expect(alarms.raised.withLock { $0.count } == 1)
        minute?.resume()
        minute = await minutes.next()
        // A minute without a use: the next is a first one again.
        minute?.resume()
        while alarms.raised.withLock({ $0.count }) < 3 {
            recorder.note(honey.id, at: now.adding(milliseconds: 2000), from: address)
            await Task.yield()
        }
        minute = await minutes.next()
        let all = alarms.raised.withLock { $0 }
        #expect(all.first == .honeyTokenUsed(honey.id, count: 1, from: nil, at: now))
        #expect(
            all.dropFirst().first
                == .honeyTokenUsed(honey.id, count: 1000, from: address, at: now.adding(milliseconds: 1000)))
        let events = try await store.auditEvents(limit: 100).map(\.event)
            .filter { $0.action == .honeyTokenUsed }
        #expect(events.count == 3)
        #expect(events.dropFirst().first?.details.contains(.init("count", "1000")) == true)
        #expect(events.dropFirst().first?.details.contains(.init("address", "192.0.2.7")) == true)
        #expect(events.allSatisfy { $0.principal == .system && $0.subject == honey.id.rawValue })
        minute?.resume()
    }
}
