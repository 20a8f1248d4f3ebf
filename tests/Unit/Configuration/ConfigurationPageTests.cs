using System.Text.RegularExpressions;
using ClassicBroker.Broker.Configuration;
using ClassicBroker.Unit.Tidy;

namespace ClassicBroker.Unit.Configuration;

public sealed partial class ConfigurationPageTests
{
    [Fact]
    public void Every_setting_the_broker_reads_is_on_the_configuration_page()
    {
        var page = File.ReadAllText(Path.Combine(SourceTree.Root, "docs", "operations", "configuration.md"));
        var named = Words().Matches(page).Select(m => m.Groups[1].Value).ToHashSet();

        var missing = BrokerOptionsReader.KnownSettings().Keys.Where(key => !named.Contains(key)).Order();

        Assert.Empty(missing);
    }

    [GeneratedRegex("`([a-z0-9.]+)`")]
    private static partial Regex Words();
}
