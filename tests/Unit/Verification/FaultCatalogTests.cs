using ClassicBroker.Testing.Verification;

namespace ClassicBroker.Unit.Verification;

public class FaultCatalogTests
{
    [Fact]
    public void Every_fault_has_a_name_of_its_own_and_a_sentence()
    {
        var lines = FaultCatalog.Lines.ToList();

        Assert.Equal(lines.Count, lines.Select(l => l.Name).Distinct().Count());
        Assert.Empty(lines.Select(l => l.Name).Intersect(lines.Select(l => l.Group)));
        Assert.All(lines, line => Assert.NotEmpty(line.Told));
    }
}
