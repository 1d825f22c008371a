using Seawall.Engine.Flow.Floodgates;
using Seawall.Engine.Flow.Reads;

namespace Seawall.Engine.Flow;

/// <summary>What the conversations of one loop go through, in order.</summary>
internal sealed record ConversationRooms(
    Reception Reception,
    StatementDesk Statements,
    Floodgate Floodgate,
    OwnAnswers OwnAnswers,
    Deferring Deferring,
    Routing Routing,
    Interregnum Interregnum,
    Keeping Keeping,
    Admission Admission,
    SecondTries SecondTries,
    Leasing Leasing,
    Recall Recall,
    Departure Departure,
    Aftermath Aftermath,
    CommandDesk Commands,
    Interruptions Interruptions,
    KillDesk Kills,
    Cancelling Cancelling,
    Scribe Scribe);
