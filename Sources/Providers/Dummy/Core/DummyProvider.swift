import Domain

/// The provider that answers without a network: `dummy:` as a project's upstream URL.
///
/// The same request at the same time, with the same objects made before, has the same answer, whose shape is
/// OpenAI's and whose usage is true to its words. ``DummyModel`` states how a model's name asks for a length
/// and a delay. It knows the endpoints in ``routes``; anything else is OpenAI's 404. What is made (files,
/// responses, …) is kept in memory, per project, within the bounds of ``DummyMemory``.
///
/// An answer may take a second of computing (8 MiB of JSON): it is not made on an event loop.
package final class DummyProvider: Sendable {
    private let memory: DummyMemory

    package convenience init() { self.init(memory: DummyMemory()) }

    init(memory: DummyMemory) { self.memory = memory }

    static let routes: [DummyRoute] =
        DummyModels.routes + DummyChat.routes + DummyCompletions.routes + DummyResponses.routes
        + DummyConversations.routes + DummyEmbeddings.routes + DummyModerations.routes + DummyImages.routes
        + DummySpeech.routes + DummyTranscriptions.routes + DummyFiles.routes + DummyUploads.routes
        + DummyBatches.routes + DummyVectorStores.routes + DummyVectorStoreFiles.routes

    package func answer(to request: DummyRequest) -> DummyAnswer {
        do throws(APIError) {
            guard request.bodyCount <= DummyRequest.bodyLimit else {
                throw .tooLarge(
                    "The body of your request (\(request.bodyCount) bytes)", limit: DummyRequest.bodyLimit)
            }
            let target = DummyTarget(request.target)
            for route in Self.routes where route.method == request.method {
                guard let parameters = route.parameters(of: target.segments) else { continue }
                return try route.answer(
                    DummyCall(
                        request: request, target: target, parameters: parameters,
                        store: DummyStore(memory: memory, project: request.project, now: request.now),
                        number: memory.nextNumber()))
            }
            throw .unknownURL(request.method, target.path)
        } catch {
            return DummyAnswer(error)
        }
    }
}
