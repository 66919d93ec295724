import Admin
import Domain
import Foundation
import Vault

extension Latchkey {
    /// A project whose upstream is at `url`, and an access token for it.
    func access(toURL url: String, project name: String = "acme") async throws -> Access {
        guard let name = ProjectName(name) else { throw RawSocket.Failure.ended }
        let project = try await control.createProject(
            name, upstream: UpstreamURL(parsing: url), key: Secret(utf8: Self.upstreamKey), by: .console)
        return try await issue(for: project)
    }

    /// One request on a connection of its own.
    func ask(_ text: String) throws -> RawMessage {
        let client = try connect()
        try client.send(text)
        return try client.readMessage(within: 10000)
    }

    /// The lines of the access log once there are so many, or after five seconds.
    func accessLogLines(_ count: Int) async -> [Substring] {
        let deadline = ContinuousClock.now + .seconds(5)
        while true {
            let lines = accessLog().split(separator: "\n")
            if lines.count >= count || ContinuousClock.now > deadline { return lines }
            await Task.yield()
        }
    }
}
