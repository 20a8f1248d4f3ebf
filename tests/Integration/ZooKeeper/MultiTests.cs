using ClassicBroker.Conformance;

namespace ClassicBroker.Integration.ZooKeeper;

[Collection(EnsembleTests.Name)]
public class MultiTests(EnsembleFixture fixture) : MultiConformance(fixture);
