import Domain
import Gateway
import Synchronization

/// Alarms and uses of honey tokens, kept.
final class HoneyUses: AlarmSink {
    private let kept = Mutex<(ids: [AccessTokenID], alarms: [Alarm])>(([], []))
    var ids: [AccessTokenID] { kept.withLock { $0.ids } }
    var alarms: [Alarm] { kept.withLock { $0.alarms } }

    func note(_ id: AccessTokenID) { kept.withLock { $0.ids.append(id) } }
    func raise(_ alarm: Alarm) { kept.withLock { $0.alarms.append(alarm) } }
}
