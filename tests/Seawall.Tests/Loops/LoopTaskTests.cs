using System.Runtime.CompilerServices;
using Seawall.Engine.Loops;
using Xunit;

namespace Seawall.Tests.Loops;

/// <summary>The tasks of the loops: inline, in order, with boxes that are used again and never by two at once.</summary>
public sealed class LoopTaskTests
{
    [Fact]
    public void A_method_goes_on_inline_where_it_was_resumed()
    {
        var gate = new Gate();
        var steps = new List<string>();
        Walk(gate, steps).Forget(failure => throw failure);

        steps.Add("outside");
        gate.Open();

        Assert.Equal(["before", "outside", "after"], steps);
    }

    [Fact]
    public void A_result_comes_through_suspended_methods()
    {
        var gate = new Gate();
        var result = 0;
        Add().Forget(failure => throw failure);
        gate.Open();

        Assert.Equal(42, result);

        async LoopTask Add() => result = await Deeper(40) + await new LoopTask<int>(1);
        async LoopTask<int> Deeper(int number)
        {
            await gate;
            return number + 1;
        }
    }

    [Fact]
    public void A_failure_reaches_whoever_awaits_and_then_whoever_let_it_go()
    {
        var gate = new Gate();
        var heard = new List<string>();
        Outer().Forget(failure => heard.Add(failure.Message));
        gate.Open();

        Assert.Equal(["caught: inner", "outer"], heard);

        async LoopTask Outer()
        {
            try
            {
                await Inner();
            }
            catch (InvalidOperationException failure)
            {
                heard.Add($"caught: {failure.Message}");
            }
            throw new InvalidOperationException("outer");
        }
        async LoopTask Inner()
        {
            await gate;
            throw new InvalidOperationException("inner");
        }
    }

    [Fact]
    public void A_failure_before_the_first_wait_is_heard_as_well()
    {
        Exception? heard = null;
        Fail().Forget(failure => heard = failure);

        Assert.Equal("at once", heard?.Message);

#pragma warning disable CS1998 // It fails before it could wait: that is the case.
        static async LoopTask Fail() => throw new InvalidOperationException("at once");
#pragma warning restore CS1998
    }

    [Fact]
    public void Methods_under_way_at_once_keep_their_own_locals()
    {
        const int count = 100;
        var gates = Enumerable.Range(0, count).Select(_ => new Gate()).ToArray();
        var sums = new int[count];
        for (var round = 0; round < 3; round++)
        {
            for (var i = 0; i < count; i++)
                Sum(i).Forget(failure => throw failure);
            foreach (var gate in gates.Reverse())
                gate.Open();
            foreach (var gate in gates)
                gate.Open();
        }

        Assert.Equal(Enumerable.Range(0, count).Select(i => 3 * 2 * i), sums);

        async LoopTask Sum(int i)
        {
            var mine = i;
            await gates[i];
            sums[i] += mine;
            await gates[i];
            sums[i] += mine;
        }
    }

    [Fact]
    public void Suspending_allocates_nothing_once_boxes_are_there()
    {
        var gate = new Gate();
        Assert.Equal(0, Allocations.Of(() =>
        {
            Wait(gate).Forget(Rethrow);
            Wait(gate).Forget(Rethrow); // Boxes are kept for each method, not one for each thread.
            gate.Open();
        }));
        Assert.NotEqual(0, Allocations.Of(() => _ = WaitAsTask())); // The control: what this is instead of.

        static async LoopTask Wait(Gate gate) => await gate;
        static async Task WaitAsTask() => await Task.Yield();
        static void Rethrow(Exception failure) => throw failure;
    }

    [Fact]
    public void A_suspended_method_is_one_object()
    {
        // Its box, with what the method keeps; a delegate to go on by would be 64 bytes more.
        Assert.InRange(Allocations.Of(() => WaitForNothing(default).Forget(Rethrow)), 1, 88);
        Assert.InRange(Allocations.Of(() => WaitForAnything(new Foreign()).Forget(Rethrow)), 88 + 64, 1_000); // The control.

        static async LoopTask WaitForNothing(Never never) => await never;
        static async LoopTask WaitForAnything(Foreign foreign) => await foreign;
        static void Rethrow(Exception failure) => throw failure;
    }

    [Fact]
    public async Task What_others_wait_for_and_others_who_wait_go_on_as_well()
    {
        var gate = new Gate();
        var foreign = new Foreign();
        var steps = new List<string>();
        OnALoop().Forget(failure => throw failure);
        var elsewhere = Elsewhere();

        foreign.Open();
        gate.Open();
        await elsewhere;

        Assert.Equal(["on a loop", "elsewhere"], steps);

        async LoopTask OnALoop()
        {
            await foreign;
            steps.Add("on a loop");
        }
        async Task Elsewhere()
        {
            await gate;
            steps.Add("elsewhere");
        }
    }

    private static async LoopTask Walk(Gate gate, List<string> steps)
    {
        steps.Add("before");
        await gate;
        steps.Add("after");
    }

    /// <summary>Something to wait for, any number at a time, until it is opened.</summary>
    private sealed class Gate : ILoopAwaiter
    {
        private readonly List<Resumable> _waiting = new(4);
        private readonly List<Resumable> _resumed = new(4);

        public bool IsCompleted => false;

        public Gate GetAwaiter() => this;

        public void GetResult()
        {
        }

        public void OnCompleted(Resumable waiting) => _waiting.Add(waiting);

        internal void Open()
        {
            _resumed.AddRange(_waiting);
            _waiting.Clear();
            foreach (var waiting in _resumed)
                waiting.Resume();
            _resumed.Clear();
        }
    }

    /// <summary>Something that never comes, and a struct, as what wires give to wait for.</summary>
    private readonly struct Never : ILoopAwaiter
    {
        public bool IsCompleted => false;

        public Never GetAwaiter() => this;

        public void GetResult()
        {
        }

        public void OnCompleted(Resumable waiting)
        {
        }
    }

    /// <summary>Something to wait for that knows nothing of loops.</summary>
    private sealed class Foreign : ICriticalNotifyCompletion
    {
        private Action? _continuation;

        public bool IsCompleted => false;

        public Foreign GetAwaiter() => this;

        public void GetResult()
        {
        }

        public void OnCompleted(Action continuation) => _continuation = continuation;

        public void UnsafeOnCompleted(Action continuation) => _continuation = continuation;

        internal void Open() => _continuation?.Invoke();
    }
}
