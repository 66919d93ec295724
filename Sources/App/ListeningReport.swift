import Admin
import Domain
import Synchronization

/// Where the server's listeners are, as they come up.
final class ListeningReport: Sendable {
    typealias Addresses = (clients: ListenAddress, operators: ListenAddress)

    private let count: Int
    private let addresses = Mutex<[Route.Plane: ListenAddress]>([:])

    /// - Parameter count: of the listeners that there will be.
    init(of count: Int) { self.count = count }

    /// Where clients connect, once that is known.
    var clients: ListenAddress? { addresses.withLock { $0[.clients] ?? $0[.both] } }

    /// Takes note of one. Returns the addresses for clients and for operators where it was the last.
    func note(_ plane: Route.Plane, _ address: ListenAddress) -> Addresses? {
        addresses.withLock { addresses in
            addresses[plane] = address
            guard addresses.count == count, let clients = addresses[.clients] ?? addresses[.both],
                let operators = addresses[.operators] ?? addresses[.both]
            else { return nil }
            return (clients, operators)
        }
    }
}
