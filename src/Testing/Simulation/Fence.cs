namespace ClassicBroker.Testing.Simulation;

/// <summary>
/// The fences a simulation can run without, to show that its checks would see what they prevent. They are taken away at the seams of the simulated broker;
/// no configuration of a real broker reaches them.
/// </summary>
public enum Fence
{
    None,

    /// <summary>The check of <c>/controller_epoch</c> in the controller's transactions.</summary>
    ControllerEpoch,

    /// <summary>Leader epochs in followers' fetches: stale ones are served, and histories are not compared.</summary>
    LeaderEpoch,

    /// <summary>A leader that lost ZooKeeper stops leading.</summary>
    Leadership,

    /// <summary>Who joins the ISR must have reached the start of the leader's epoch, not merely the high watermark.</summary>
    IsrJoin,

    /// <summary>The compare-and-set on the version of a partition's <c>state</c> znode.</summary>
    IsrVersion,

    /// <summary>The broker epoch in the controller's orders.</summary>
    BrokerEpoch,
}
