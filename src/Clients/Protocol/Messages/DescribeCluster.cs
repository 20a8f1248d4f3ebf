namespace ClassicBroker.Clients.Protocol.Messages;

/// <summary>Asks for cluster id, controller and brokers (KIP-700).</summary>
/// <remarks>Version 1 adds the endpoint type.</remarks>
public sealed class DescribeClusterRequest : IRequest<DescribeClusterResponse>
{
    public static ApiKey ApiKey => ApiKey.DescribeCluster;
    public static short MinVersion => 0;
    public static short MaxVersion => 1;
    public static short FlexibleFrom => 0;

    public bool IncludeClusterAuthorizedOperations;
    public sbyte EndpointType = 1;

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        f.Bool(ref IncludeClusterAuthorizedOperations);
        if (version >= 1) f.Int8(ref EndpointType);
        f.Tags();
    }
}

/// <summary>The brokers of the cluster. Version 1 adds the endpoint type.</summary>
public sealed class DescribeClusterResponse : IMessage
{
    public int ThrottleTimeMs;
    public ErrorCode ErrorCode;
    public string? ErrorMessage;
    public sbyte EndpointType = 1;
    public string ClusterId = "";
    public int ControllerId = -1;
    public List<DescribeClusterBroker> Brokers = [];
    public int ClusterAuthorizedOperations = int.MinValue;

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        f.Int32(ref ThrottleTimeMs);
        f.Error(ref ErrorCode);
        f.NullableString(ref ErrorMessage);
        if (version >= 1) f.Int8(ref EndpointType);
        f.String(ref ClusterId);
        f.Int32(ref ControllerId);
        f.Array(ref Brokers);
        f.Int32(ref ClusterAuthorizedOperations);
        f.Tags();
    }

    /// <summary>One of <c>Brokers</c>.</summary>
    public sealed class DescribeClusterBroker : IMessage
    {
        public int BrokerId;
        public string Host = "";
        public int Port;
        public string? Rack;

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.Int32(ref BrokerId);
            f.String(ref Host);
            f.Int32(ref Port);
            f.NullableString(ref Rack);
            f.Tags();
        }
    }
}
