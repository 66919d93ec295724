import Testing

@testable import Providers

/// What a model's name asks for.
struct DummyModelTests {
    @Test(arguments: [
        ("dummy", DummyModel.ordinaryWords, 0), ("dummy-length-500", 500, 0),
        ("dummy-delay-20ms", DummyModel.ordinaryWords, 20), ("dummy-delay-20ms-length-500", 500, 20),
        ("dummy-length-1-delay-2s", 1, 2000), ("dummy-length-10000-delay-60s", 10_000, 60_000),
        ("dummy-length-0", 0, 0), ("gpt-4o", DummyModel.ordinaryWords, 0),
        ("dummy-embedding-3", DummyModel.ordinaryWords, 0),
        ("org/llama-length-3", DummyModel.ordinaryWords, 0),
        ("", DummyModel.ordinaryWords, 0),
    ])
    func `a name asks for a length and a delay`(name: String, words: Int, delay: Int) throws {
        let model = try #require(DummyModel(name))

        #expect(model.words == words)
        #expect(model.delay == delay)
    }

    @Test(arguments: [
        "dummy-length", "dummy-length-", "dummy-length-x", "dummy-length-10001", "dummy-length--1",
        "dummy-length-999999999999999999999", "dummy-delay-20", "dummy-delay-ms", "dummy-delay-61s",
        "dummy-delay-60001ms", "dummy-length-1-length-2", "dummy-length-1-x", "dummy-delay-1ms-",
        "dummy-length-１",
    ])
    func `a name that begins so and breaks a bound is no model`(name: String) {
        #expect(DummyModel(name) == nil)
    }
}
