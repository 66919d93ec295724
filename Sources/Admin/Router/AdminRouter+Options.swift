package import Domain
package import Vault

/// What the router is made of: the settings.
extension AdminRouter {
    /// How this server is set up.
    package struct Options: Sendable {
        /// Where the holders of access tokens find the server.
        let clients: ClientAddress
        /// The calendar of a time zone by its IANA name; nil if there is no such time zone.
        let periods: @Sendable (String) -> PeriodRule?
        /// What clients with a wrong base URL are told to set.
        package var baseURL = APIBaseURL()
        /// What GitHub signs its alerts with; nil if they are not taken.
        package var githubSecret: Secret?
        /// The hosts that a management key of one project may set as upstream.
        package var upstreamHosts: Set<String> = []
        /// There is a receiver of alarms.
        package var sendsAlarms = false

        package init(clients: ClientAddress, periods: @escaping @Sendable (String) -> PeriodRule?) {
            self.clients = clients
            self.periods = periods
        }
    }
}
