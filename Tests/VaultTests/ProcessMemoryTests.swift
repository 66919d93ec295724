import Testing

@testable import Vault

@Suite(.serialized) struct ProcessMemoryTests {
    @Test func `a process can close its memory to others`() {
        ProcessMemory.open()
        #expect(!ProcessMemory.isClosed)

        ProcessMemory.close()

        #expect(ProcessMemory.isClosed)
        ProcessMemory.open()
    }
}
