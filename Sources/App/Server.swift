import Domain
import Gateway
import Glibc
import Logging
import ServiceLifecycle
import Storage
import Telemetry
import UnixSignals

/// `latchkey serve`: from settings to a server that runs until it is told to stop.
package enum Server {
    /// - Parameters:
    ///   - dev: loopback only; makes what is missing, and prints a fresh access token and a curl line that works.
    ///   - initialise: makes the data folder ready first where it is empty.
    package static func run(settings: Settings, dev: Bool, initialise: Bool) async throws {
        for address in [settings.listen, settings.adminListen] {
            if dev, let address, !address.isLoopback { throw ServerError.devBeyondLoopback(address) }
        }
        if let file = settings.upstreamCAFile { try AuthorityFile.check(file) }
        try DescriptorLimit.raise(toAtLeast: DescriptorLimit.serverNeed(threads: settings.threads))
        ProcessHardening.applyToServer(keeping: SettingsSource.environmentSecrets)
        let logger = makeLogger(settings)
        let installation = Installation(settings)
        let opened: Installation.Opened
        var firstKey: Installation.FirstKey?
        if dev || initialise, !installation.exists {
            let (made, key) = try await installation.create(at: .now())
            (opened, firstKey) = (made, key)
            if !dev { Announcement.firstKey(key) }
        } else {
            opened = try await installation.open()
        }

        let wiring: Wiring
        do {
            wiring = try await Wiring(settings, opened, logger: logger)
        } catch let error as AccessLog.CannotOpen {
            throw ServerError.accessLog(path: error.path, code: error.code)
        } catch let error as any ExplainedError {
            throw error
        } catch {
            throw UnexpectedError(error, folder: settings.dataFolder)
        }
        let recording = Task { await wiring.denials.run() }
        let demo = dev ? try await Demo.prepare(wiring.control, firstKey: firstKey) : nil
        let report = ListeningReport(of: settings.adminListen == nil ? 1 : 2)
        let listeners = wiring.listeners(settings, logger: logger) { plane, address in
            logger.info(
                "listening",
                metadata: [
                    "address": "\(address)", "for": "\(plane)",
                    "descriptors": "\(DescriptorLimit.current)",
                ])
            if let places = report.note(plane, address), let demo {
                Announcement.demo(demo, at: places.clients, operatorsAt: places.operators)
            }
        }
        let alarms = wiring.alarms.run(wiring.watch)
        var group = ServiceGroupConfiguration(
            // Told to stop in reverse order: readiness first, and the second signal counts until the end.
            services: [SecondSignal(cut: wiring.dataPath.workers.cutAll)] + listeners + [wiring.drain],
            gracefulShutdownSignals: SecondSignal.signals, logger: logger)
        // What outlasts the time to drain is cut off by then; this is for what does not end even so.
        group.maximumGracefulShutdownDuration = settings.drainTimeout + .seconds(2)
        try await ServiceGroup(configuration: group).run()
        if let duration = wiring.drain.duration, duration >= settings.drainTimeout {
            logger.warning("the time to drain is over: what was running was cut off")
        }
        recording.cancel()
        await recording.value
        await wiring.denials.flush()
        await wiring.ledger.drain()
        await alarms.end()
        wiring.dataPath.accessLog.flush()
        try opened.store.close()
    }

    private static func makeLogger(_ settings: Settings) -> Logger {
        var logger = Logger(label: "latchkey") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = settings.logLevel
        return logger
    }
}
