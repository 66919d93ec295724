import Domain

/// The objects of one project, in the order they were made. When there are too many, the oldest go.
struct DummyShelf: Sendable {
    struct Bounds: Sendable {
        var objects = 1000
        /// As ``DummyObject/byteCount`` counts them.
        var bytes = 16 << 20
    }

    private(set) var byteCount = 0
    private(set) var objects: [DummyObject] = []
    /// When it was used last, in calls.
    var lastUse: UInt64 = 0

    /// Adds an object, or puts it in the place of the one with its id. The object itself always stays, so
    /// none may be larger than the bound.
    mutating func put(_ object: DummyObject, within bounds: Bounds) {
        if let index = objects.firstIndex(where: { Self.isSame($0, object) }) {
            byteCount += object.byteCount - objects[index].byteCount
            objects[index] = object
        } else {
            byteCount += object.byteCount
            objects.append(object)
        }
        var index = 0
        while objects.count > 1, objects.count > bounds.objects || byteCount > bounds.bytes {
            if Self.isSame(objects[index], object) {
                index += 1
            } else {
                byteCount -= objects[index].byteCount
                objects.remove(at: index)
            }
        }
    }

    func object(_ kind: DummyObject.Kind, _ id: String, of parent: String?) -> DummyObject? {
        objects.last { $0.id == id && $0.kind == kind && $0.parent == parent }
    }

    /// Removes it and what belongs to it. Returns false if there is none.
    mutating func remove(_ kind: DummyObject.Kind, _ id: String, of parent: String?) -> Bool {
        guard object(kind, id, of: parent) != nil else { return false }
        objects.removeAll { object in
            let isGone =
                (object.id == id && object.kind == kind && object.parent == parent) || object.parent == id
            if isGone { byteCount -= object.byteCount }
            return isGone
        }
        return true
    }

    /// Brings all objects to this moment.
    mutating func bring(to now: Timestamp) {
        for index in objects.indices where objects[index].later != nil {
            byteCount -= objects[index].byteCount
            objects[index].bring(to: now)
            byteCount += objects[index].byteCount
        }
    }

    private static func isSame(_ one: DummyObject, _ other: DummyObject) -> Bool {
        one.id == other.id && one.kind == other.kind && one.parent == other.parent
    }
}
