global using ClassicBroker.Coordination;
global using Xunit;
global using static ClassicBroker.Unit.States;
