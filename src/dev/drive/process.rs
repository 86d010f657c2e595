//! What the system knows of a process: memory, processor time, files. Where there is no `/proc`, nothing.

use std::fmt;
use std::fs;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Linux counts processor time for programs in hundredths of a second, on whatever machine.
const TICK: Duration = Duration::from_millis(10);
/// In `/proc/<pid>/stat`, behind the name in brackets: time in the program, and in the kernel for it.
const OWN_TICKS: usize = 11;
const KERNEL_TICKS: usize = 12;
/// In the place of a figure.
pub(crate) const UNKNOWN: &str = "not known on this system";

/// Memory of a process, in KiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Memory {
    pub(crate) now: u64,
    pub(crate) most: u64,
}

impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} MiB, at most {} MiB", self.now / 1024, self.most / 1024)
    }
}

/// In words; not every system tells.
pub(crate) fn told(memory: Option<Memory>) -> String {
    memory.map_or_else(|| UNKNOWN.to_owned(), |memory| memory.to_string())
}

/// What it holds of the machine's memory (VmRSS), and the most that it ever held (VmHWM).
pub(crate) fn memory(pid: u32) -> Option<Memory> {
    memory_of(&fs::read_to_string(format!("/proc/{pid}/status")).ok()?)
}

fn memory_of(status: &str) -> Option<Memory> {
    let kib = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.strip_suffix("kB")?.trim().parse().ok()
    };
    Some(Memory { now: kib("VmRSS:")?, most: kib("VmHWM:")? })
}

/// How long processors have worked for it.
pub(crate) fn worked(pid: u32) -> Option<Duration> {
    worked_of(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

fn worked_of(stat: &str) -> Option<Duration> {
    // The name may hold blanks and brackets.
    let (_, behind) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = behind.split_ascii_whitespace().collect();
    let ticks = |place: usize| fields.get(place)?.parse::<u32>().ok();
    Some(TICK * (ticks(OWN_TICKS)? + ticks(KERNEL_TICKS)?))
}

/// The child of this process that runs `program`.
pub(crate) fn child_of(parent: u32, program: &str) -> Option<u32> {
    let children = fs::read_to_string(format!("/proc/{parent}/task/{parent}/children")).ok()?;
    children.split_ascii_whitespace().filter_map(|pid| pid.parse().ok()).find(|pid: &u32| {
        let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        line.split(|byte| *byte == 0).next() == Some(program.as_bytes())
    })
}

/// How much the machine has had to do in the last minute: processes that wanted a processor.
pub(crate) fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_ascii_whitespace().next().unwrap_or(UNKNOWN).to_owned()
}

/// Lets this process and its children open as many files as the system permits, and says how many that is.
pub(crate) fn allow_files() -> u64 {
    let limit = getrlimit(Resource::Nofile);
    // Whoever is refused keeps what there was.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};
    use std::time::Instant;

    use super::*;

    #[test]
    fn memory_is_read() {
        let status = "Name:\tpancake\nVmHWM:\t  204800 kB\nVmRSS:\t  102400 kB\nThreads:\t4\n";
        let memory = memory_of(status).unwrap();
        assert_eq!(memory, Memory { now: 102_400, most: 204_800 });
        assert_eq!(memory.to_string(), "100 MiB, at most 200 MiB");
        assert_eq!(memory_of("Name:\tkthreadd\n"), None);
    }

    #[test]
    fn processor_time_is_read_behind_whatever_name() {
        let stat = "7 (a ) b) S 1 7 7 0 -1 4194304 500 0 0 0 120 30 1 1 20 0 4 0 100";
        assert_eq!(worked_of(stat), Some(Duration::from_millis(1500)));
        assert_eq!(worked_of("7 (a"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_very_process_is_known() {
        let pid = std::process::id();
        assert!(memory(pid).is_some_and(|memory| memory.now > 0 && memory.most >= memory.now));
        assert!(worked(pid).is_some());
        assert!(allow_files() >= 20);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_child_is_found_among_others() {
        let script = "cat & exec 3<&0; /bin/sleep 60 & sleeper=$!; read -r _ <&3; kill $sleeper";
        let mut shell = Command::new("/bin/sh").args(["-c", script]).stdin(Stdio::piped()).spawn().unwrap();
        let deadline = Instant::now() + Duration::from_secs(10);
        let found = std::iter::repeat_with(|| child_of(shell.id(), "/bin/sleep"))
            .find(|found| found.is_some() || Instant::now() > deadline);
        let none = child_of(shell.id(), "/bin/true");
        drop(shell.stdin.take());
        shell.wait().unwrap();
        assert!(found.flatten().is_some_and(|pid| pid != shell.id()));
        assert_eq!(none, None);
    }
}
