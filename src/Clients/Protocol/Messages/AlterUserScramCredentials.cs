namespace ClassicBroker.Clients.Protocol.Messages;

/// <summary>Sets or deletes SCRAM credentials (KIP-554). The password itself never travels, only its salted form.</summary>
public sealed class AlterUserScramCredentialsRequest : IRequest<AlterUserScramCredentialsResponse>
{
    public static ApiKey ApiKey => ApiKey.AlterUserScramCredentials;
    public static short MinVersion => 0;
    public static short MaxVersion => 0;
    public static short FlexibleFrom => 0;

    public List<ScramCredentialDeletion> Deletions = [];
    public List<ScramCredentialUpsertion> Upsertions = [];

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        f.Array(ref Deletions);
        f.Array(ref Upsertions);
        f.Tags();
    }

    /// <summary>One of <c>Deletions</c>.</summary>
    public sealed class ScramCredentialDeletion : IMessage
    {
        public string Name = "";
        public sbyte Mechanism;

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.String(ref Name);
            f.Int8(ref Mechanism);
            f.Tags();
        }
    }

    /// <summary>One of <c>Upsertions</c>.</summary>
    public sealed class ScramCredentialUpsertion : IMessage
    {
        public string Name = "";
        public sbyte Mechanism;
        public int Iterations;
        public byte[] Salt = [];
        public byte[] SaltedPassword = [];

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.String(ref Name);
            f.Int8(ref Mechanism);
            f.Int32(ref Iterations);
            f.Bytes(ref Salt);
            f.Bytes(ref SaltedPassword);
            f.Tags();
        }
    }
}

/// <summary>One result per user.</summary>
public sealed class AlterUserScramCredentialsResponse : IMessage
{
    public int ThrottleTimeMs;
    public List<AlterUserScramCredentialsResult> Results = [];

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        f.Int32(ref ThrottleTimeMs);
        f.Array(ref Results);
        f.Tags();
    }

    /// <summary>One of <c>Results</c>.</summary>
    public sealed class AlterUserScramCredentialsResult : IMessage
    {
        public string User = "";
        public ErrorCode ErrorCode;
        public string? ErrorMessage = "";

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.String(ref User);
            f.Error(ref ErrorCode);
            f.NullableString(ref ErrorMessage);
            f.Tags();
        }
    }
}
