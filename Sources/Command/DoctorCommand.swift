import Admin
import App
import ArgumentParser
import Foundation

/// `latchkey doctor`: one line for each thing a server needs, and what to do where it is missing.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Look for what keeps Latchkey from working, and say what to do.",
        discussion: """
            Looks at the settings, the files of secrets, the data folder, the master key and the store of \
            this machine, and at \
            the server, the management key and, by a call that costs nothing, every active project's \
            upstream. Each line \
            says ok, or warn or fail and what to do. Exits with 1 where something fails.
            """)

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        var checks: [Check] = []
        let source: SettingsSource
        do {
            source = try SettingsSource.current()
            checks.append(Check("settings: .env and names", nil))
        } catch {
            return try finish([Check("settings: .env and names", error)])
        }
        do {
            let settings = try Settings(from: source)
            checks.append(Check("settings: values", nil))
            let need = DescriptorLimit.serverNeed(threads: settings.threads)
            checks.append(
                Check("limit on open files", Self.failure { try DescriptorLimit.raise(toAtLeast: need) }))
            if settings.lacksPublicURL {
                checks.append(
                    .warning(
                        "public URL",
                        CommandFailure(
                            .usage, "LATCHKEY_PUBLIC_URL is not set, and clients may connect from elsewhere",
                            hint: "set it to what clients open, as https://llm.example.com")))
            }
            if let file = settings.upstreamCAFile {
                checks.append(Check("upstream certificates", Self.failure { try AuthorityFile.check(file) }))
            }
            if let file = settings.upstreamClientCertificateFile {
                checks.append(
                    Check(
                        "upstream client certificate",
                        Self.failure { try ClientCertificateFile.check(file) }))
            }
            if let proxy = settings.upstreamProxy {
                checks.append(
                    Check("upstream proxy: \(proxy.description)", Self.failure { try proxy.reach() }))
            }
            checks += settings.secrets.map { secret in
                Check("\(secret.name) file", Self.failure { _ = try secret.read() })
            }
            checks += await Installation(settings).inspect().map { Check($0.name, $0.failure) }
        } catch {
            checks.append(Check("settings: values", error))
        }
        do {
            checks += serverChecks(try ClientSettings(from: source))
        } catch {
            checks.append(Check("settings: client", error))
        }
        try finish(checks)
    }

    private func serverChecks(_ settings: ClientSettings) -> [Check] {
        let url = settings.url
        var checks: [Check] = []
        do {
            let ready = try HTTPTransfer(method: "GET", url: "\(url)/ready").perform()
            checks.append(
                Check(
                    "server: ready at \(url)",
                    ready.status == 200
                        ? nil
                        : CommandFailure(
                            .failed, "it answered with status \(ready.status)",
                            hint: "its log says why; \(url)/health lists what fails")))
        } catch {
            return [Check("server: ready at \(url)", ManagementClient.unreachable(url, error))]
        }
        do {
            let client = try ManagementClient(settings)
            let projects = try client.all(ProjectResource.self, "/manage/projects")
            checks.append(Check("management key", nil))
            checks += upstreamChecks(projects, client)
        } catch {
            checks.append(Check("management key", error))
        }
        return checks
    }

    /// One of each project that takes requests.
    private func upstreamChecks(_ projects: [ProjectResource], _ client: ManagementClient) -> [Check] {
        projects.filter { $0.state == "active" && $0.upstreamURL != "dummy:" }.map { project in
            let name = "upstream of \(project.name)"
            do {
                return Check(name, try client.checkUpstream(of: project.id).failure(of: project.name))
            } catch {
                return Check(name, error)
            }
        }
    }

    private static func failure(of body: () throws -> Void) -> (any Error)? {
        do { try body() } catch { return error }
        return nil
    }

    private func finish(_ checks: [Check]) throws {
        if json {
            try Output.json(["checks": checks])
        } else {
            checks.forEach { Console.print($0.text) }
        }
        if checks.contains(where: { !$0.isOK }) { throw ExitCode(1) }
    }

    /// One line of the report.
    struct Check: Encodable {
        enum Status: String, Encodable { case ok, warn, fail }

        var name: String
        var status: Status
        /// False where it fails.
        var isOK: Bool
        var message: String?
        var hint: String?

        init(_ name: String, _ error: (any Error)?) {
            self.name = name
            isOK = error == nil
            status = isOK ? .ok : .fail
            switch error {
            case let error as CommandFailure: (message, hint) = (error.message, error.hint)
            case let error as any ExplainedError: (message, hint) = (error.message, error.hint)
            case .some(let error):
                let unexpected = UnexpectedError(error)
                (message, hint) = (unexpected.message, unexpected.hint)
            case nil: break
            }
        }

        /// What works, but may not be meant.
        static func warning(_ name: String, _ why: CommandFailure) -> Check {
            var check = Check(name, why)
            (check.isOK, check.status) = (true, .warn)
            return check
        }

        var text: String {
            let word = status.rawValue.padding(toLength: 6, withPad: " ", startingAt: 0)
            return word + name + (message.map { ": \($0)" } ?? "")
                + (hint.map { "\n      hint: \($0)" } ?? "")
        }

        private enum CodingKeys: String, CodingKey {
            case name, status, message, hint
            case isOK = "ok"
        }
    }
}
