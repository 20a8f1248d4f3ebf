namespace ClassicBroker.Coordination;

/// <summary>
/// A write was refused because <c>/controller_epoch</c> has moved: another broker holds the controller's seat now. Nothing of
/// the write was done. Whoever gets this resigns.
/// </summary>
public sealed class ControllerMovedException()
    : Exception("Another controller was elected: /controller_epoch has moved, so nothing was written.");
