using ClassicBroker.Conformance;

namespace ClassicBroker.Integration.ZooKeeper;

[Collection(EnsembleTests.Name)]
public class WatchTests(EnsembleFixture fixture) : WatchConformance(fixture);
