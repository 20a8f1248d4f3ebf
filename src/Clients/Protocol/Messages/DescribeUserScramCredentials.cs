namespace ClassicBroker.Clients.Protocol.Messages;

/// <summary>Asks which SCRAM credentials users have (KIP-554); null means all users.</summary>
public sealed class DescribeUserScramCredentialsRequest : IRequest<DescribeUserScramCredentialsResponse>
{
    public static ApiKey ApiKey => ApiKey.DescribeUserScramCredentials;
    public static short MinVersion => 0;
    public static short MaxVersion => 0;
    public static short FlexibleFrom => 0;

    public List<UserName>? Users = [];

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        f.NullableArray(ref Users);
        f.Tags();
    }

    /// <summary>One of <c>Users</c>.</summary>
    public sealed class UserName : IMessage
    {
        public string Name = "";

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.String(ref Name);
            f.Tags();
        }
    }
}

/// <summary>Mechanisms and iterations, never a key.</summary>
public sealed class DescribeUserScramCredentialsResponse : IMessage
{
    public int ThrottleTimeMs;
    public ErrorCode ErrorCode;
    public string? ErrorMessage = "";
    public List<DescribeUserScramCredentialsResult> Results = [];

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        f.Int32(ref ThrottleTimeMs);
        f.Error(ref ErrorCode);
        f.NullableString(ref ErrorMessage);
        f.Array(ref Results);
        f.Tags();
    }

    /// <summary>One of <c>Results</c>.</summary>
    public sealed class DescribeUserScramCredentialsResult : IMessage
    {
        public string User = "";
        public ErrorCode ErrorCode;
        public string? ErrorMessage = "";
        public List<CredentialInfo> CredentialInfos = [];

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.String(ref User);
            f.Error(ref ErrorCode);
            f.NullableString(ref ErrorMessage);
            f.Array(ref CredentialInfos);
            f.Tags();
        }
    }

    /// <summary>One of <c>CredentialInfos</c>.</summary>
    public sealed class CredentialInfo : IMessage
    {
        public sbyte Mechanism;
        public int Iterations;

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.Int8(ref Mechanism);
            f.Int32(ref Iterations);
            f.Tags();
        }
    }
}
