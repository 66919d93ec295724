package import Gateway

/// What the router is made of: the way in.
extension AdminRouter {
    /// Who is let in, and what becomes of those who are not.
    package struct Entry: Sendable {
        let authenticator: Authenticator
        let proxies: TrustedProxies
        let denials: DenialTally
        /// Which web pages may call `/me`; nil is none.
        let crossOrigin: CrossOriginPolicy?

        package init(
            authenticator: Authenticator, proxies: TrustedProxies, denials: DenialTally = DenialTally(),
            crossOrigin: CrossOriginPolicy? = nil
        ) {
            self.authenticator = authenticator
            self.proxies = proxies
            self.denials = denials
            self.crossOrigin = crossOrigin
        }
    }
}
