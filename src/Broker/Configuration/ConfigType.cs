namespace ClassicBroker.Broker.Configuration;

/// <summary>What kind of value a setting has, by DescribeConfigs' numbers (Kafka: ConfigResponse.ConfigType).</summary>
public enum ConfigType : sbyte
{
    Bool = 1,
    Text = 2,
    Int = 3,
    Long = 5,
    Double = 6,
    List = 7,
    Password = 9,
}
