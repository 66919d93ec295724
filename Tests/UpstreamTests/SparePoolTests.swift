import Testing

@testable import Upstream

@Suite struct SparePoolTests {
    private func pool(of count: Int) -> SparePool<Int> {
        var pool = SparePool<Int>()
        for number in 0..<count { pool.put(number) }
        return pool
    }

    private func all(of pool: consuming SparePool<Int>) -> [Int] {
        var parts: [Int] = []
        while let part = pool.take() { parts.append(part) }
        return parts
    }

    @Test func `the latest is taken first, and no more are kept than the most`() {
        #expect(all(of: pool(of: 3)) == [2, 1, 0])
        #expect(all(of: pool(of: 0)).isEmpty)
        #expect(all(of: pool(of: SparePool<Int>.most + 5)).count == SparePool<Int>.most)
    }

    @Test func `what nobody takes goes, the oldest first, until the least is left`() {
        var pool = pool(of: 200)
        // They came since the last look: nobody knows yet whether they are needed.
        pool.trim()
        #expect(all(of: pool).count == 200)
        pool.trim()
        #expect(all(of: pool) == (100..<200).reversed())
        for _ in 0..<20 { pool.trim() }
        #expect(all(of: pool) == (200 - SparePool<Int>.least..<200).reversed())
        #expect(!pool.hasExcess)
    }

    @Test func `of two hundred of which a hundred are needed a hundred stay`() {
        var pool = pool(of: 200)
        for _ in 0..<20 {
            let taken = (0..<100).compactMap { _ in pool.take() }
            for part in taken { pool.put(part) }
            pool.trim()
        }
        #expect(all(of: pool).count == 100)
    }

    @Test func `what is taken and put back between two looks stays`() {
        var pool = pool(of: 200)
        pool.trim()
        for _ in 0..<20 {
            let taken = (0..<200).compactMap { _ in pool.take() }
            for part in taken { pool.put(part) }
            pool.trim()
        }
        #expect(all(of: pool).count == 200)
    }
}
