import Domain
import Gateway
import Logging
import ServiceLifecycle
import Storage
import Telemetry

/// `latchkey serve`: from settings to a server that runs until it is told to stop.
package enum Server {
    package enum Ending: Hashable, Sendable {
        /// What was in flight has ended by itself, or the time to drain was over.
        case drained
        /// A second signal cut it off.
        case cutOff
    }

    /// - Parameters:
    ///   - dev: loopback only; makes what is missing, and prints a fresh access token and a curl line that
    ///     works.
    ///   - initialise: makes the data folder ready first where it is empty.
    package static func run(settings: Settings, dev: Bool, initialise: Bool) async throws -> Ending {
        for address in [settings.listen, settings.adminListen] {
            if dev, let address, !address.isLoopback { throw ServerError.devBeyondLoopback(address) }
        }
        try settings.checkFiles()
        try DescriptorLimit.raise(toAtLeast: DescriptorLimit.serverNeed(threads: settings.threads))
        ProcessHardening.applyToServer(keeping: SettingsSource.environmentSecrets)
        let logger = makeLogger(settings)
        let installation = Installation(settings)
        let opened: Installation.Opened
        var firstKey: Installation.FirstKey?
        if dev || initialise, try !installation.exists {
            let (made, key) = try await installation.create(at: .now())
            (opened, firstKey) = (made, key)
            if !dev { Announcement.firstKey(key) }
        } else {
            opened = try await installation.open()
        }
        if settings.lacksPublicURL {
            logger.warning(
                """
                LATCHKEY_PUBLIC_URL is not set: base URLs and the links of invitations may be none that \
                clients can open
                """)
        }
        do {
            let wiring = try await Wiring(settings, opened, logger: logger)
            let demo = dev ? try await Demo.prepare(wiring.control, firstKey: firstKey) : nil
            return try await serve(wiring, opened.store, settings, demo: demo, logger: logger)
        } catch let error as AccessLog.CannotOpen {
            throw ServerError.accessLog(path: error.path, code: error.code)
        } catch let error as any ExplainedError {
            throw error
        } catch {
            throw UnexpectedError(error, folder: settings.dataFolder)
        }
    }

    private static func serve(
        _ wiring: Wiring, _ store: Store, _ settings: Settings, demo: Demo?, logger: Logger
    ) async throws -> Ending {
        let report = ServerReport(logger: logger)
        let recording = Task { await wiring.denials.run() }
        let waking = Task { await wiring.dormancy.run() }
        let following = Task { await wiring.objects.run() }
        let listeners = wiring.listeners(settings, logger: logger) { plane, address, all in
            report.listening(address, for: "\(plane)")
            guard let all else { return }
            if let demo {
                Announcement.demo(demo, at: all.clients, operatorsAt: all.operators)
            } else {
                report.ready(at: all.clients, operatorsAt: all.operators)
            }
        }
        let alarms = wiring.alarms.run(wiring.watch)
        let signals = try await run(
            listeners + [wiring.drain], wiring, within: settings.drainTimeout, report, logger: logger)
        recording.cancel()
        await recording.value
        waking.cancel()
        await waking.value
        // Does not wait for a request in flight: the next start asks again.
        following.cancel()
        await wiring.dataPath.finishRefusals()
        await wiring.denials.flush()
        await wiring.ledger.drain()
        await alarms.end()
        wiring.dataPath.accessLog.flush()
        try store.close()
        let cut = wiring.drain.cut
        report.stopped(after: wiring.drain.duration, cut)
        return withExtendedLifetime(signals) { cut?.cause == .secondSignal ? .cutOff : .drained }
    }

    /// Until they have ended, of themselves or at a signal. Signals count until the watch is let go of.
    private static func run(
        _ services: [any Service], _ wiring: Wiring, within limit: Duration, _ report: ServerReport,
        logger: Logger
    ) async throws -> SignalWatch {
        // Told to stop in reverse order: readiness first.
        var configuration = ServiceGroupConfiguration(services: services, logger: logger)
        // What outlasts the time to drain is cut off by then; this is for what does not end even so.
        configuration.maximumGracefulShutdownDuration = limit + .seconds(2)
        let group = ServiceGroup(configuration: configuration)
        let (gate, start) = AsyncStream.makeStream(of: Void.self)
        let running = Task {
            for await _ in gate {}
            try await group.run()
        }
        let drain = wiring.drain
        let shutdown = Shutdown(
            .init(
                drain: { signal in
                    report.draining(drain.count, by: signal, within: limit)
                    Task { await group.triggerGracefulShutdown() }
                },
                cut: {
                    Task {
                        await drain.cutOff(.secondSignal)
                        running.cancel()
                    }
                }))
        let signals = await SignalWatch { signal in
            switch signal {
            case .hangup where !report.hasLostTerminal: report.reopen(wiring.dataPath.accessLog)
            case .hangup, .interrupt, .terminate: shutdown.stop(signal)
            }
        }
        // No signal is missed any more.
        start.finish()
        do {
            try await running.value
        } catch {
            // What was cut off need not end well.
            guard drain.cut != nil else { throw error }
        }
        return signals
    }

    private static func makeLogger(_ settings: Settings) -> Logger {
        var logger = Logger(label: "latchkey") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = settings.logLevel
        return logger
    }
}
