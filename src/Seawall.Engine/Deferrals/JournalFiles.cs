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

    /// <summary>
    /// Makes a file that only its owner can read, or opens one to write on at its end. <paramref name="step"/>: so many bytes are written ahead
    /// of what is good; 0: none.
    /// </summary>
    internal virtual JournalFile Open(string path, bool isNew, int step = 0) => new(path, isNew, step);

    /// <summary>Takes away what is behind the good part of a file that nobody has open: what was written ahead, before a crash.</summary>
    internal static void CutOff(string path, long length)
    {
        using var handle = File.OpenHandle(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        RandomAccess.SetLength(handle, length);
    }

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

    /// <summary>
    /// One file of a journal: written at its end only. A file that grows with each write has its new length noted by the file system each
    /// time, which takes as long again as the write; so zeros are written ahead of what is good, and written over.
    /// </summary>
    internal class JournalFile : IDisposable
    {
        private readonly SafeFileHandle _handle;
        private int _step;
        private long _reserved;

        internal JournalFile(string path, bool isNew, int step = 0)
        {
            Path = path;
            _step = step;
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
            if (_step > 0 && Length + bytes.Length > _reserved)
                Reserve(Length + bytes.Length + _step);
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
                _reserved = 0;
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

        /// <summary>Waits until the disk has everything: what was written, and the length where that has changed, but no times.</summary>
        protected virtual void Flush()
        {
            if (Libc.fdatasync(_handle) != 0)
                throw new IOException($"{Path} cannot be written through to the disk: {Libc.Describe(Libc.Errno)}");
        }

        // A full disk shows when there is no room for what must be written. Zeros are no record: reading ends with them.
        private void Reserve(long end)
        {
            try
            {
                RandomAccess.Write(_handle, new byte[end - Length], Length);
                _reserved = end;
            }
            catch (IOException)
            {
                _step = 0;
            }
        }

        /// <inheritdoc/>
        public void Dispose()
        {
            try
            {
                if (_reserved > Length)
                    RandomAccess.SetLength(_handle, Length);
            }
            catch (IOException)
            {
                // Whoever opens it next does it.
            }
            _handle.Dispose();
            GC.SuppressFinalize(this);
        }
    }
}
