namespace ClassicBroker.Clients.Protocol;

/// <summary>A request body, a response body or a struct inside one.</summary>
public interface IMessage
{
    /// <summary>Tells <paramref name="f"/> every field that <paramref name="version"/> has, in wire order.</summary>
    void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct;
}
