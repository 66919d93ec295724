import Domain
import NIOCore
import ServiceLifecycle

/// One address that the server listens on, with what answers there, as a service: where it cannot listen, it
/// says which of the addresses that was.
struct Listener: Service {
    let address: ListenAddress
    /// The name of the setting that the address comes from.
    let setting: String
    let application: any Service

    func run() async throws {
        do {
            try await application.run()
        } catch let error as IOError {
            throw ServerError.cannotListen(address, setting: setting, code: error.errnoCode)
        } catch is SocketAddressError.UnknownHost {
            throw ServerError.unknownHost(address, setting: setting)
        }
    }
}
