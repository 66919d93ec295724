import Domain
import Testing

@testable import Upstream

@Suite struct SlotTableTests {
    private let here = UpstreamOrigin(scheme: .http, host: "here.example", port: 80)
    private let there = UpstreamOrigin(scheme: .https, host: "there.example", port: 443)

    @Test func `each origin has slots of its own, however often they take turns`() {
        var table = SlotTable()
        let numbers = [here, there, here, here, there].map { table.take(for: $0).number }
        #expect(numbers == [1, 1, 2, 3, 2])
    }

    @Test func `a slot goes back to where it was taken`() {
        var table = SlotTable()
        let slot = table.take(for: here)
        _ = table.take(for: there)
        table.put(slot)
        #expect(table.take(for: there) !== slot)
        #expect(table.take(for: here) === slot)
    }

    @Test func `the close of its socket, and of no other, closes a slot's connection`() {
        var table = SlotTable()
        let slot = table.take(for: here)
        table.open(5, for: slot)
        table.open(6, for: nil)
        slot.isOpen = true
        table.close(6)
        table.close(7)
        #expect(slot.isOpen)
        table.close(5)
        #expect(!slot.isOpen)
        slot.isOpen = true
        // The number came back, and is nobody's now.
        table.close(5)
        #expect(slot.isOpen)
    }
}
