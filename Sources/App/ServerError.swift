import Domain
import Glibc

/// Why the server cannot start, though its data folder can be opened.
enum ServerError: ExplainedError {
    case devBeyondLoopback(ListenAddress)
    case accessLog(path: String, code: Int32)
    /// The setting is the one that names the address.
    case cannotListen(ListenAddress, setting: String, code: Int32)
    /// The address is a name, and the system knows no address of it.
    case unknownHost(ListenAddress, setting: String)

    var message: String {
        switch self {
        case .devBeyondLoopback(let address): "serve --dev listens on loopback only, not on \(address)"
        case .accessLog(let path, let code):
            "cannot write the access log \(path): \(FileFailure(code, at: path).reason)"
        case .cannotListen(let address, _, let code):
            "cannot listen on \(address): \(String(cString: strerror(code)).lowercased())"
        case .unknownHost(let address, _): "cannot listen on \(address): unknown host"
        }
    }

    var isWrongUsage: Bool {
        switch self {
        case .devBeyondLoopback: true
        case .accessLog, .cannotListen, .unknownHost: false
        }
    }

    var hint: String? {
        switch self {
        case .devBeyondLoopback: "leave LATCHKEY_LISTEN and LATCHKEY_ADMIN_LISTEN out, or leave --dev out"
        case .accessLog(let path, let code):
            FileFailure(code, at: path).hint
                ?? "set LATCHKEY_ACCESS_LOG to a file that this user may write, '-' or 'off'"
        case .cannotListen(_, let setting, _): "set \(setting) to a free address of this machine"
        case .unknownHost(_, let setting): "set \(setting) to an address of this machine, as 127.0.0.1:8080"
        }
    }
}
