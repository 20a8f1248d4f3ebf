namespace ClassicBroker.Testing.Verification;

/// <summary>What a <see cref="ProxiedLine"/> does with bytes.</summary>
internal enum LineState
{
    /// <summary>They pass.</summary>
    Open,

    /// <summary>Connections are broken, and new ones too.</summary>
    Broken,

    /// <summary>Nothing passes in either direction, and nobody is told: as if every packet were lost.</summary>
    Stalled,

    /// <summary>Requests pass, answers do not.</summary>
    AnswersStalled,

    /// <summary>Requests do not pass; answers to earlier ones do.</summary>
    RequestsStalled,

    /// <summary>Answers come later.</summary>
    AnswersSlow,
}
