package import Gateway

/// What the router is made of: the services.
extension AdminRouter {
    /// What the routes call.
    package struct Services: Sendable {
        let control: ControlPlane
        let prices: PriceControl
        let holders: HolderDesk
        let upstreams: any UpstreamInquiry
        let leaks: LeakDesk
        let maintenance: Maintenance

        package init(
            control: ControlPlane, prices: PriceControl, holders: HolderDesk,
            upstreams: any UpstreamInquiry, leaks: LeakDesk, maintenance: Maintenance
        ) {
            self.control = control
            self.prices = prices
            self.holders = holders
            self.upstreams = upstreams
            self.leaks = leaks
            self.maintenance = maintenance
        }
    }
}
