namespace ClassicBroker.Clients.Protocol.Messages;

/// <summary>Asks which versions of which APIs the broker speaks: the first request of a connection.</summary>
/// <remarks>
/// Versions: 3 flexible, with name and version of the client software (KIP-511). The response header stays version 0 throughout.
/// </remarks>
public sealed class ApiVersionsRequest : IRequest<ApiVersionsResponse>
{
    public static ApiKey ApiKey => ApiKey.ApiVersions;
    public static short MinVersion => 0;
    public static short MaxVersion => 4;
    public static short FlexibleFrom => 3;

    public string ClientSoftwareName = "";
    public string ClientSoftwareVersion = "";

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        if (version >= 3) f.String(ref ClientSoftwareName);
        if (version >= 3) f.String(ref ClientSoftwareVersion);
        f.Tags();
    }
}

/// <summary>The ranges. A request in an unknown version is answered with a body of version 0 and UNSUPPORTED_VERSION.</summary>
/// <remarks>Versions: 1 throttle time; 3 features (tagged); 4 may list features whose range begins at 0.</remarks>
public sealed class ApiVersionsResponse : IMessage
{
    public ErrorCode ErrorCode;
    public List<ApiVersion> ApiKeys = [];
    public int ThrottleTimeMs;
    public List<SupportedFeatureKey> SupportedFeatures = [];
    public long FinalizedFeaturesEpoch = -1;
    public List<FinalizedFeatureKey> FinalizedFeatures = [];
    public bool ZkMigrationReady;

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        f.Error(ref ErrorCode);
        f.Array(ref ApiKeys);
        if (version >= 1) f.Int32(ref ThrottleTimeMs);
        if (f.Tag(0, SupportedFeatures.Count > 0)) f.Array(ref SupportedFeatures);
        if (f.Tag(1, FinalizedFeaturesEpoch != -1)) f.Int64(ref FinalizedFeaturesEpoch);
        if (f.Tag(2, FinalizedFeatures.Count > 0)) f.Array(ref FinalizedFeatures);
        if (f.Tag(3, ZkMigrationReady)) f.Bool(ref ZkMigrationReady);
        f.Tags();
    }

    /// <summary>One of <c>ApiKeys</c>.</summary>
    public sealed class ApiVersion : IMessage
    {
        public short ApiKey;
        public short MinVersion;
        public short MaxVersion;

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.Int16(ref ApiKey);
            f.Int16(ref MinVersion);
            f.Int16(ref MaxVersion);
            f.Tags();
        }
    }

    /// <summary>One of <c>SupportedFeatures</c>.</summary>
    public sealed class SupportedFeatureKey : IMessage
    {
        public string Name = "";
        public short MinVersion;
        public short MaxVersion;

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.String(ref Name);
            f.Int16(ref MinVersion);
            f.Int16(ref MaxVersion);
            f.Tags();
        }
    }

    /// <summary>One of <c>FinalizedFeatures</c>.</summary>
    public sealed class FinalizedFeatureKey : IMessage
    {
        public string Name = "";
        public short MaxVersionLevel;
        public short MinVersionLevel;

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.String(ref Name);
            f.Int16(ref MaxVersionLevel);
            f.Int16(ref MinVersionLevel);
            f.Tags();
        }
    }
}
