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
                    "set LATCHKEY_ADMIN_KEY in the environment or in .env to the key that 'latchkey init' "
                    + "printed"
            )
        }
        url = settings.url
        self.key = key
    }

    /// The body of a 2xx answer. `isSlow`: the server reads or changes all there is before it answers.
    func send(
        _ method: String, _ path: String, _ body: (any Encodable)? = nil, isSlow: Bool = false
    ) throws -> Data {
        let payload = try body.map { try JSONEncoder().encode($0) }
        var transfer = HTTPTransfer(method: method, url: url.description + path, key: key, body: payload)
        transfer.isSlow = isSlow
        return try perform(transfer)
    }

    /// Writes the body of a 2xx answer to a descriptor, however long it is. Throws an
    /// ``HTTPTransfer/Failure`` where that is a file that cannot be written.
    func download(_ path: String, to output: Int32) throws {
        var transfer = HTTPTransfer(method: "GET", url: url.description + path, key: key)
        transfer.output = output
        _ = try perform(transfer)
    }

    /// The same with a body of any text, in which there may be any number of credentials.
    func send(_ method: String, _ path: String, text: Data) throws -> Data {
        var transfer = HTTPTransfer(
            method: method, url: url.description + path, key: key, contentType: "text/plain", body: text)
        transfer.isSlow = true
        return try perform(transfer)
    }

    private func perform(_ transfer: HTTPTransfer) throws -> Data {
        let answer: HTTPTransfer.Answer
        do {
            answer = try transfer.perform()
        } catch {
            switch error {
            case .transport: throw Self.unreachable(url, error)
            case .output(let code) where transfer.output == STDOUT_FILENO: Console.endUnread(code)
            case .output: throw error
            }
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

    static func failure(_ answer: HTTPTransfer.Answer, url: ServerURL) -> CommandFailure {
        guard answer.status != 401 else {
            return CommandFailure(
                .unauthorized, "the server at \(url) refused the management key",
                hint: "LATCHKEY_ADMIN_KEY has to be a management key of this server that is not revoked")
        }
        guard let problem = try? JSONDecoder().decode(Problem.self, from: answer.body) else {
            return CommandFailure(
                .failed, "the server at \(url) answered with status \(answer.status)",
                hint: "is it a Latchkey server? LATCHKEY_URL says where to look")
        }
        guard problem != .notFound else {
            return CommandFailure(
                .failed, "there is no management API at \(url)",
                hint: "where the server has LATCHKEY_ADMIN_LISTEN set, LATCHKEY_URL has to be that address")
        }
        return Refusal(status: answer.status, problem: problem).failure
    }
}
