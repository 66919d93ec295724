import Admin
import App
import Foundation
import Vault

/// The server's management API as the commands call it. Turns every failure into a ``CommandFailure``.
struct ManagementClient {
    let url: ServerURL
    let key: Secret

    /// From the environment and `.env`.
    init() throws { try self.init(ClientSettings(from: SettingsSource.current())) }

    init(_ settings: ClientSettings) throws(CommandFailure) {
        guard let key = settings.adminKey else {
            throw CommandFailure(
                .unauthorized, "no management key is set",
                hint:
                    "set LATCHKEY_ADMIN_KEY in the environment or in .env to the key that 'latchkey init' printed"
            )
        }
        url = settings.url
        self.key = key
    }

    /// The body of a 2xx answer. `isSlow`: the server reads all there is before it answers.
    func send(
        _ method: String, _ path: String, _ body: (any Encodable)? = nil, isSlow: Bool = false
    ) throws -> Data {
        let payload = try body.map { try JSONEncoder().encode($0) }
        var transfer = HTTPTransfer(method: method, url: url.description + path, key: key, body: payload)
        transfer.isSlow = isSlow
        return try perform(transfer)
    }

    /// Writes the body of a 2xx answer to a descriptor, however long it is.
    func download(_ path: String, to output: Int32) throws {
        var transfer = HTTPTransfer(method: "GET", url: url.description + path, key: key)
        transfer.output = output
        _ = try perform(transfer)
    }

    /// The same with a body of any text.
    func send(_ method: String, _ path: String, text: Data) throws -> Data {
        try perform(
            HTTPTransfer(
                method: method, url: url.description + path, key: key, contentType: "text/plain", body: text))
    }

    private func perform(_ transfer: HTTPTransfer) throws(CommandFailure) -> Data {
        let answer: HTTPTransfer.Answer
        do {
            answer = try transfer.perform()
        } catch {
            throw Self.unreachable(url, error)
        }
        guard (200..<300).contains(answer.status) else { throw Self.failure(answer, url: url) }
        return answer.body
    }

    func decode<Value: Decodable>(_: Value.Type, from data: Data) throws(CommandFailure) -> Value {
        do {
            return try JSONDecoder().decode(Value.self, from: data)
        } catch {
            throw CommandFailure(
                .failed, "the server at \(url) answered with something else than expected",
                hint: "is it a Latchkey server, of this version (\(Version.text))?")
        }
    }

    /// All pages of a list, one after another.
    func all<Item: Codable & Sendable>(_: Item.Type, _ path: String, query: [String: String] = [:]) throws
        -> [Item]
    {
        var items: [Item] = []
        var cursor: String?
        repeat {
            var parameters = query
            parameters["limit"] = "500"
            parameters["cursor"] = cursor
            let text = parameters.sorted { $0.key < $1.key }.map { "\($0.key)=\(Self.escape($0.value))" }
            let page = try decode(
                PageResource<Item>.self, from: send("GET", path + "?" + text.joined(separator: "&")))
            items += page.items
            cursor = page.nextCursor
        } while cursor != nil
        return items
    }

    /// `text` as one segment of a path or one value of a query.
    static func escape(_ text: String) -> String {
        var allowed = CharacterSet(charactersIn: "-_.~")
        allowed.formUnion(CharacterSet(charactersIn: UnicodeScalar("0")...UnicodeScalar("9")))
        allowed.formUnion(CharacterSet(charactersIn: UnicodeScalar("A")...UnicodeScalar("Z")))
        allowed.formUnion(CharacterSet(charactersIn: UnicodeScalar("a")...UnicodeScalar("z")))
        return text.addingPercentEncoding(withAllowedCharacters: allowed) ?? ""
    }

    static func unreachable(_ url: ServerURL, _ failure: HTTPTransfer.Failure) -> CommandFailure {
        CommandFailure(
            .unreachable, "cannot reach the server at \(url): \(CommandFailure.sentence(failure.reason))",
            hint: "is 'latchkey serve' running there? LATCHKEY_URL says where to look")
    }

    /// What is wrong, field by field where the server said so.
    private static func words(of problem: Problem?) -> String {
        guard let errors = problem?.errors, !errors.isEmpty else {
            return CommandFailure.sentence(problem?.detail ?? "")
        }
        return errors.map {
            "\($0.pointer.drop { "/?".contains($0) }): \(CommandFailure.sentence($0.detail))"
        }
        .joined(separator: "; ")
    }

    static func failure(_ answer: HTTPTransfer.Answer, url: ServerURL) -> CommandFailure {
        let problem = try? JSONDecoder().decode(Problem.self, from: answer.body)
        switch answer.status {
        case 401:
            return CommandFailure(
                .unauthorized, "the server at \(url) refused the management key",
                hint: "LATCHKEY_ADMIN_KEY has to be a management key of this server that is not revoked")
        case _ where problem == nil:
            return CommandFailure(
                .failed, "the server at \(url) answered with status \(answer.status)",
                hint: "is it a Latchkey server? LATCHKEY_URL says where to look")
        case _ where problem == .notFound:
            return CommandFailure(
                .failed, "there is no management API at \(url)",
                hint: "where the server has LATCHKEY_ADMIN_LISTEN set, LATCHKEY_URL has to be that address")
        default:
            return CommandFailure(.failed, words(of: problem), hint: hint(answer.status))
        }
    }

    /// What to do about a refusal of the management API.
    private static func hint(_ status: Int) -> String {
        switch status {
        case 403: "nothing was changed; LATCHKEY_ADMIN_KEY has to be a management key that may do this"
        case 429: "nothing was looked at; once the time is over a right key gets through"
        case 404: "'latchkey project list', and the same of token, key and price, show what there is"
        case 409: "'latchkey project list' and 'latchkey key list' show what stands in the way"
        case 503: "nothing was changed; the server's log says why"
        default: "nothing was changed; the command's --help says what it takes"
        }
    }
}
