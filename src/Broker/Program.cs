Console.WriteLine("broker");
