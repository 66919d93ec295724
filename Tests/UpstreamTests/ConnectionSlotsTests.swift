import Testing

@testable import Upstream

@Suite struct ConnectionSlotsTests {
    @Test func `each request has a slot of its own`() {
        let slots = ConnectionSlots()
        #expect((0..<3).map { _ in slots.take().number } == [1, 2, 3])
    }

    @Test func `the connection that was in use last is taken first, and an empty slot before a new one`() {
        let slots = ConnectionSlots()
        let taken = (0..<4).map { _ in slots.take() }
        for slot in taken { slot.isOpen = true }
        taken[1].isOpen = false
        for slot in taken { slots.put(slot) }
        #expect((0..<5).map { _ in slots.take().number } == [4, 3, 1, 2, 5])
    }

    @Test func `a slot whose connection closed while it was idle comes last`() {
        let slots = ConnectionSlots()
        let taken = (0..<2).map { _ in slots.take() }
        for slot in taken {
            slot.isOpen = true
            slots.put(slot)
        }
        taken[1].isOpen = false
        #expect((0..<3).map { _ in slots.take().number } == [1, 2, 3])
    }
}
