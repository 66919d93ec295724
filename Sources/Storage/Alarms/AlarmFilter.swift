package import Domain

/// Which alarms are asked for; nil is any.
package struct AlarmFilter: Hashable, Sendable {
    package var kind: AlarmKind?
    package var state: AlarmState?
    package var project: ProjectID?

    package init(kind: AlarmKind? = nil, state: AlarmState? = nil, project: ProjectID? = nil) {
        self.kind = kind
        self.state = state
        self.project = project
    }
}
