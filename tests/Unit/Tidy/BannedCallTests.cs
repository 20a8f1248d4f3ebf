using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace ClassicBroker.Unit.Tidy;

/// <summary>Calls that are convenient where they stand and expensive everywhere else.</summary>
public class BannedCallTests
{
    [Fact]
    public void The_clock_is_read_through_TimeProvider() => Rule.Holds(
        "A test and the simulator must own time, so nothing reads the system's clock itself: take a TimeProvider.",
        Accesses("DateTime.Now", "DateTime.UtcNow", "DateTime.Today", "DateTimeOffset.Now", "DateTimeOffset.UtcNow", "Environment.TickCount", "Environment.TickCount64", "Stopwatch.StartNew", "Stopwatch.GetTimestamp"));

    [Fact]
    public void Waiting_goes_through_TimeProvider() => Rule.Holds(
        "A delay without a TimeProvider cannot be stepped by a test. Use Task.Delay(span, time, cancel).",
        from file in SourceTree.Product
        from call in file.Syntax.DescendantNodes().OfType<InvocationExpressionSyntax>()
        where call.Expression.ToString() is "Task.Delay" or "System.Threading.Tasks.Task.Delay"
        where call.ArgumentList.Arguments.Count < 2 || (call.ArgumentList.Arguments.Count == 2 && IsCancellation(call.ArgumentList.Arguments[1].ToString()))
        select file.At(call));

    [Fact]
    public void Threads_are_never_blocked() => Rule.Holds(
        "A blocked pool thread starves everyone else's requests: await instead.",
        Accesses("Thread.Sleep", "SpinWait.SpinUntil", "Task.WaitAll", "Task.WaitAny")
            .Concat(
                from file in SourceTree.Product
                from access in file.Syntax.DescendantNodes().OfType<MemberAccessExpressionSyntax>()
                let name = access.Name.Identifier.Text
                where (name == "Result" && LooksLikeTask(access))
                      || (access.Parent is InvocationExpressionSyntax call
                          && ((name == "Wait" && call.ArgumentList.Arguments.Count == 0) || (name == "GetResult" && access.Expression.ToString().EndsWith(".GetAwaiter()", StringComparison.Ordinal))))
                select $"{file.At(access)}: {access}"));

    // What the deterministic simulator runs: all of it continues where it was awaited, or not at all.
    private static readonly string[] Simulated =
    [
        "src/Broker/Api/", "src/Broker/Controller/", "src/Broker/Log/", "src/Broker/Metadata/", "src/Broker/Replication/", "src/Broker/Transactions/",
        "src/Broker/Hosting/Membership.cs", "src/Broker/ControlPlane/Order",
    ];

    [Fact]
    public void What_the_simulator_runs_never_leaves_for_the_thread_pool() => Rule.Holds(
        "One seed replays one history only while every step runs where the simulator put it. These leave for a pool thread: ConfigureAwait(false) (no host of ours "
        + "has a context to escape from; leave it out), Task.Run, CancelAsync (use Cancel, or yield first), ReadAllAsync (use WaitToReadAsync and TryRead).",
        from found in Accesses("Task.Run", "CancelAsync", "ReadAllAsync", "Parallel.ForEachAsync", "Parallel.ForEach", "ThreadPool.QueueUserWorkItem", "ThreadPool.UnsafeQueueUserWorkItem", "TaskScheduler.Default").Concat(
            from file in SourceTree.Product
            from call in file.Syntax.DescendantNodes().OfType<InvocationExpressionSyntax>()
            let text = call.ToString()
            where text.EndsWith(".ConfigureAwait(false)", StringComparison.Ordinal) || (text.Contains("SuppressThrowing", StringComparison.Ordinal) && !text.Contains("ContinueOnCapturedContext", StringComparison.Ordinal))
            select file.At(call))
        where Simulated.Any(folder => found.StartsWith(folder, StringComparison.Ordinal)) && !found.StartsWith("src/Broker/Log/SideBySide.cs", StringComparison.Ordinal)
        select found);

    [Fact]
    public void Nothing_is_async_void() => Rule.Holds(
        "The exception of an async void method reaches nobody and ends the process: return a Task and await it.",
        from file in SourceTree.Product
        from node in file.Syntax.DescendantNodes()
        where node is MethodDeclarationSyntax method && method.Modifiers.Any(SyntaxKind.AsyncKeyword) && method.ReturnType.ToString() == "void"
              || node is LocalFunctionStatementSyntax local && local.Modifiers.Any(SyntaxKind.AsyncKeyword) && local.ReturnType.ToString() == "void"
        select file.At(node));

    [Fact]
    public void No_failure_is_swallowed_without_a_word() => Rule.Holds(
        "An empty catch hides the one fact the operator needs. Handle it, log it, or say in a comment why it is nothing.",
        from file in SourceTree.Product
        from handler in file.Syntax.DescendantNodes().OfType<CatchClauseSyntax>()
        where handler.Block.Statements.Count == 0 && !handler.Block.DescendantTrivia().Any(IsComment)
        select file.At(handler));

    [Fact]
    public void Every_channel_has_a_bound() => Rule.Holds(
        "A queue without a bound turns a slow reader into an out-of-memory: give it a capacity, as a named option or constant.",
        from file in SourceTree.Product
        from call in file.Syntax.DescendantNodes().OfType<InvocationExpressionSyntax>()
        where call.Expression.ToString().Contains("CreateUnbounded", StringComparison.Ordinal)
        where !SaysWhy(call)
        select $"{file.At(call)} (a comment \"unbounded: …\" on the line above says why it cannot grow)");

    private static bool SaysWhy(SyntaxNode call)
    {
        var statement = call.FirstAncestorOrSelf<MemberDeclarationSyntax>() is FieldDeclarationSyntax field ? (SyntaxNode)field : call.FirstAncestorOrSelf<StatementSyntax>() ?? call;
        return statement.GetLeadingTrivia().ToFullString().Contains("unbounded:", StringComparison.OrdinalIgnoreCase);
    }

    private static bool IsComment(SyntaxTrivia trivia) =>
        trivia.IsKind(SyntaxKind.SingleLineCommentTrivia) || trivia.IsKind(SyntaxKind.MultiLineCommentTrivia);

    private static bool IsCancellation(string argument) =>
        argument.Contains("cancel", StringComparison.OrdinalIgnoreCase) || argument is "ct" or "token" || argument.Contains(".Token", StringComparison.Ordinal) || argument.Contains("stopping", StringComparison.OrdinalIgnoreCase);

    // Without types: a Result read right off a call or off something named task is a task's; after IsCompleted it does not block and says so by name.
    private static bool LooksLikeTask(MemberAccessExpressionSyntax access) =>
        access.Expression is InvocationExpressionSyntax
        || access.Expression.ToString().EndsWith("task", StringComparison.OrdinalIgnoreCase);

    private static IEnumerable<string> Accesses(params string[] names) =>
        from file in SourceTree.Product
        from access in file.Syntax.DescendantNodes().OfType<MemberAccessExpressionSyntax>()
        let text = access.ToString()
        from name in names
        where text == name || text.EndsWith("." + name, StringComparison.Ordinal)
        select $"{file.At(access)}: {text}";
}
