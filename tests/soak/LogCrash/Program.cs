using System.Globalization;
using ClassicBroker.Soak.LogCrash;

// A log is written by a child process that is killed with SIGKILL, again and again; after each kill the log is opened and everything that was acknowledged is looked for.
//
//   LogCrash run [--kills N] [--seed N]     exit code 0: nothing lost, nothing torn was served
//   LogCrash append DIR SEED                the child: appends until it is killed, and acknowledges on standard output
switch (args)
{
    case ["append", var directory, var seed]:
        await Appender.RunAsync(directory, int.Parse(seed, CultureInfo.InvariantCulture));
        return 0;
    case ["run", .. var options]:
        var (kills, begin) = (200, Environment.TickCount);
        for (var i = 0; i + 1 < options.Length; i += 2)
            (kills, begin) = options[i] == "--kills" ? (Number(options[i + 1]), begin) : (kills, Number(options[i + 1]));
        var verdict = await KillLoop.RunAsync(kills, begin);
        Console.WriteLine(verdict);
        return verdict.Passed ? 0 : 1;
    default:
        Console.Error.WriteLine("LogCrash run [--kills N] [--seed N]");
        return 2;
}

static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
