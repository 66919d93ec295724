import Admin
import Domain
import Gateway

/// The router of the management API, as this server is set up.
extension AdminRouter.Options {
    /// `address`: where clients are listened for, once that is known.
    init(_ settings: Settings, at address: @escaping @Sendable () -> ListenAddress) throws {
        self.init(
            clients: ClientAddress(
                publicURL: settings.publicURL?.description, isAssumed: settings.lacksPublicURL,
                isShared: settings.adminListen == nil, listener: address),
            periods: { CalendarPeriods(timeZone: $0)?.rule })
        baseURL = APIBaseURL(server: settings.publicURL?.description)
        githubSecret = try settings.githubWebhookSecret?.read()
        upstreamHosts = settings.upstreamHosts
        sendsAlarms = settings.alarmURL != nil
    }
}
