using System.Text.Json.Serialization;

namespace ClassicBroker.Broker.Hosting;

/// <summary>The JSON this part writes, generated at build time: reflection would cost a tenth of a second of every start.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(RunFile))]
[JsonSerializable(typeof(BrokerStatus))]
[JsonSerializable(typeof(HealthAnswer))]
internal sealed partial class StatusJson : JsonSerializerContext;
