namespace ClassicBroker.Broker.Log;

/// <summary>
/// Two kinds of failure that want opposite answers. A full disk is patient: what did not fit was cut back, nothing else is wrong, and it
/// ends when room is made. Any other failed write may mean that the disk no longer holds what it said it holds.
/// </summary>
internal static class DiskFailure
{
    // ENOSPC, EDQUOT; ERROR_DISK_FULL, ERROR_HANDLE_DISK_FULL
    private const int NoSpace = 28, QuotaExceeded = 122, WindowsDiskFull = unchecked((int)0x80070070), WindowsHandleFull = unchecked((int)0x80070027);

    /// <summary>The disk, or the user's share of it, is full.</summary>
    public static bool IsFull(Exception e) =>
        e is IOException { HResult: NoSpace or QuotaExceeded or WindowsDiskFull or WindowsHandleFull }
        || (e is LogStorageException { InnerException: { } cause } && IsFull(cause));

    /// <summary>Anything the disk, or what lies on it, can do to us.</summary>
    public static bool IsAny(Exception e) =>
        e is IOException and not LogStorageException or UnauthorizedAccessException or InvalidDataException or ObjectDisposedException;
}
