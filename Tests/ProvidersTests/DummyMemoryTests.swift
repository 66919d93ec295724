import Domain
import Testing

@testable import Providers

/// What the dummy provider keeps, for whom and how much of it.
struct DummyMemoryTests {
    private func object(_ id: String, bytes: Int = 0) -> DummyObject {
        DummyObject(.file, id, ["id": .string(id)], content: [UInt8](repeating: 0x61, count: bytes))
    }

    private func store(_ memory: DummyMemory, _ project: String) -> DummyStore {
        DummyStore(memory: memory, project: project, now: DummyProvider.moment)
    }

    @Test func `a project sees its own objects only`() throws {
        let provider = DummyProvider()
        let id = try provider.makeFile("secret", project: "a")

        #expect(try provider.json("GET", "/v1/files", project: "a")["data"]?.elements?.count == 1)
        #expect(try provider.json("GET", "/v1/files", project: "b")["data"]?.elements?.isEmpty == true)
        for (method, path) in [("GET", ""), ("GET", "/content"), ("DELETE", "")] {
            #expect(provider.answer(method, "/v1/files/\(id)\(path)", project: "b").status == 404)
        }
        #expect(
            provider.answer("GET", "/v1/files/\(id)/content", project: "a").chunks == [Array("secret".utf8)])
    }

    @Test func `the oldest objects of a project are forgotten beyond its number of them`() throws {
        let store = store(DummyMemory(bounds: .init(objects: 3, bytes: 1 << 20)), "a")
        for index in 0..<5 { try store.put(object("file-\(index)")) }

        #expect(store.objects(.file).map(\.id) == ["file-2", "file-3", "file-4"])
    }

    @Test func `the oldest objects of a project are forgotten beyond its bytes`() throws {
        let memory = DummyMemory(bounds: .init(objects: 100, bytes: 10_000))
        for index in 0..<5 { try store(memory, "a").put(object("file-\(index)", bytes: 3000)) }

        #expect(store(memory, "a").objects(.file).map(\.id) == ["file-3", "file-4"])
        #expect((6000...10_000).contains(memory.byteCount))
    }

    @Test func `an object that a project may not keep is refused, and nothing is forgotten for it`() throws {
        let store = store(DummyMemory(bounds: .init(objects: 100, bytes: 10_000)), "a")
        try store.put(object("file-0", bytes: 3000))

        #expect {
            try store.put(object("file-1", bytes: 10_000))
        } throws: {
            ($0 as? APIError)?.status == 413
        }
        #expect(store.objects(.file).map(\.id) == ["file-0"])
    }

    @Test func `what replaces an object counts in its place`() throws {
        let memory = DummyMemory(bounds: .init(objects: 100, bytes: 10_000))
        for _ in 0..<10 { try store(memory, "a").put(object("file-0", bytes: 3000)) }

        #expect(store(memory, "a").objects(.file).count == 1)
        #expect(memory.byteCount < 4000)
        try store(memory, "a").remove(.file, "file-0")
        #expect(memory.byteCount == 0)
    }

    @Test func `the project that was not used for the longest time is forgotten beyond all bytes`() throws {
        let memory = DummyMemory(bounds: .init(objects: 100, bytes: 10_000), byteLimit: 12_000)
        try store(memory, "a").put(object("file-0", bytes: 3000))
        try store(memory, "b").put(object("file-0", bytes: 3000))
        _ = store(memory, "a").objects(.file)
        try store(memory, "c").put(object("file-0", bytes: 5000))

        #expect(["a", "b", "c"].map { store(memory, $0).objects(.file).count } == [1, 0, 1])
    }

    @Test func `an object ends with the one it belongs to`() throws {
        let memory = DummyMemory()
        let store = store(memory, "a")
        try store.put(DummyObject(.vectorStore, "vs_1", [:]))
        try store.put(DummyObject(.vectorStoreFile, "file-1", parent: "vs_1", [:]))
        try store.remove(.vectorStore, "vs_1")

        #expect(memory.byteCount == 0)
        #expect(throws: APIError.self) { try store.object(.vectorStoreFile, "file-1", of: "vs_1") }
    }

    @Test func `no two objects have the same id, in the same millisecond too`() throws {
        let provider = DummyProvider()
        let ids = try (0..<100).map { _ in try provider.makeFile("x") }

        #expect(Set(ids).count == 100)
    }

    @Test func `a body beyond the bound is refused by its count`() throws {
        let answer = DummyProvider().answer(
            to: DummyRequest(
                method: "POST", target: "/v1/chat/completions", body: [],
                bodyCount: DummyRequest.bodyLimit + 1, project: "a", now: DummyProvider.moment))

        #expect(answer.status == 413)
        #expect(try answer.document()["error"]?["code"] == "request_too_large")
    }
}
