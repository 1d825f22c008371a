using Microsoft.Win32.SafeHandles;
using Seawall.Engine.Loops.Linux;

namespace Seawall.Engine.Deferrals;

/// <summary>Another process has the journal.</summary>
internal sealed class JournalHeldException(string message, Exception cause) : IOException(message, cause);

/// <summary>The files of a journal. Everything throws <see cref="IOException"/> when the system says no.</summary>
internal class JournalFiles(string folder)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Where they are.</summary>
    internal string Folder { get; } = folder;

    /// <summary>
    /// Makes the folder if it is not there, and holds it: two processes that share a journal would run everything twice. Whoever holds it
    /// lets go when the result is disposed of, or its process ends.
    /// </summary>
    internal IDisposable Lock()
    {
        try
        {
            if (!OperatingSystem.IsWindows())
                Directory.CreateDirectory(Folder, OwnerOnly | UnixFileMode.UserExecute);
            // The lock of the system, which goes away with its process.
            return new FileStream(Path.Combine(Folder, "lock"), Private(FileMode.OpenOrCreate, FileShare.None));
        }
        catch (IOException held) when (held.HResult == Libc.EAGAIN)
        {
            throw new JournalHeldException($"the journal in {Folder} is in use by another process (deferral.folder)", held);
        }
        catch (UnauthorizedAccessException refusal)
        {
            throw new IOException($"{refusal.Message} (deferral.folder)", refusal);
        }
        catch (IOException problem)
        {
            throw new IOException($"the journal in {Folder} cannot be had: {problem.Message} (deferral.folder)", problem);
        }
    }

    /// <summary>Whether somebody holds it now.</summary>
    internal bool IsHeld
    {
        get
        {
            try
            {
                Lock().Dispose();
                return false;
            }
            catch (JournalHeldException)
            {
                return true;
            }
        }
    }

    /// <summary>The segments that are there, by number.</summary>
    internal IReadOnlyList<(ulong Number, string Path)> Segments() =>
        [.. Directory.EnumerateFiles(Folder, "*.journal")
            .Select(path => (ulong.TryParse(Path.GetFileNameWithoutExtension(path), out var number) ? number : 0, path))
            .Where(segment => segment.Item1 > 0).OrderBy(segment => segment.Item1)];

    /// <summary>The path of a segment.</summary>
    internal string PathOf(ulong number) => Path.Combine(Folder, $"{number:d10}.journal");

    /// <summary>Makes a file that only its owner can read, or opens one to write on at its end.</summary>
    internal virtual JournalFile Open(string path, bool isNew) => new(path, isNew);

    /// <summary>What was made or deleted in the folder stays so.</summary>
    internal virtual void Flush()
    {
        var descriptor = Libc.open(Folder, Libc.O_DIRECTORY | Libc.O_CLOEXEC);
        if (descriptor < 0)
            throw new IOException($"{Folder}: {Libc.Describe(Libc.Errno)}");
        var status = Libc.fsync(descriptor);
        var error = Libc.Errno;
        _ = Libc.close(descriptor);
        if (status != 0)
            throw new IOException($"{Folder} cannot be written through to the disk: {Libc.Describe(error)}");
    }

    private static FileStreamOptions Private(FileMode mode, FileShare share)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.Write, Share = share, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = OwnerOnly;
        return options;
    }

    /// <summary>One file of a journal: written at its end only.</summary>
    internal class JournalFile : IDisposable
    {
        private readonly SafeFileHandle _handle;

        internal JournalFile(string path, bool isNew)
        {
            Path = path;
            using (var made = new FileStream(path, Private(isNew ? FileMode.CreateNew : FileMode.OpenOrCreate, FileShare.ReadWrite)))
                Length = made.Length;
            _handle = File.OpenHandle(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        }

        /// <summary>Where it is.</summary>
        internal string Path { get; }

        /// <summary>How much of it is good.</summary>
        internal long Length { get; private set; }

        /// <summary>Writes behind what is good, and waits until the disk has it.</summary>
        internal void Append(ReadOnlySpan<byte> bytes)
        {
            Write(bytes, Length);
            Flush();
            Length += bytes.Length;
        }

        /// <summary>Takes away what is behind the good part; false when nobody knows whether the disk has done so.</summary>
        internal bool CutOff()
        {
            try
            {
                RandomAccess.SetLength(_handle, Length);
                Flush();
                return true;
            }
            catch (IOException)
            {
                return false;
            }
        }

        /// <summary>Writes.</summary>
        protected virtual void Write(ReadOnlySpan<byte> bytes, long at) => RandomAccess.Write(_handle, bytes, at);

        /// <summary>Waits until the disk has everything.</summary>
        protected virtual void Flush() => RandomAccess.FlushToDisk(_handle);

        /// <inheritdoc/>
        public void Dispose()
        {
            _handle.Dispose();
            GC.SuppressFinalize(this);
        }
    }
}
