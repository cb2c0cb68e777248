//! Server processes: started beside us, ended by their number, and what they cost by /proc.

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::Result;

/// How long a server may take to end before it is killed.
const PATIENCE: Duration = Duration::from_secs(20);

/// Ticks a second in /proc/PID/stat: part of Linux' interface on every platform that Debian has.
const TICKS: f64 = 100.0;

/// A running server. Dropped, it has ended, its children too.
pub struct Process {
    child: Child,
    out: Option<BufReader<ChildStdout>>,
}

impl Process {
    /// Starts a program; what it says on standard error goes to `log`. It ends with us, however we end:
    /// so this has to be called by the main thread (that is what PDEATHSIG looks at).
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn start<I, S>(program: &Path, args: I, env: &[(&str, String)], log: &Path) -> Result<Process>
    where
        I: IntoIterator<Item = S>,
        S: AsRef<OsStr>,
    {
        let log = fs::OpenOptions::new().create(true).append(true).open(log)?;
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "TERM"]).arg(program).args(args);
        command.envs(env.iter().map(|(key, value)| (key, value)));
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::from(log)).spawn()?;
        let out = child.stdout.take().map(BufReader::new);
        Ok(Process { child, out })
    }

    /// The next line of its standard output, without the end.
    ///
    /// # Errors
    /// If it has closed it.
    pub fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        if let Some(out) = &mut self.out {
            out.read_line(&mut line)?;
        }
        match line.trim_end() {
            "" => Err("the program ended without a word".into()),
            line => Ok(line.to_owned()),
        }
    }

    /// Whether it has ended.
    pub fn ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// Closes its standard input and waits for its end.
    ///
    /// # Errors
    /// If it cannot be waited for.
    pub fn finish(&mut self) -> Result<()> {
        drop(self.child.stdin.take());
        self.child.wait()?;
        Ok(())
    }

    /// Asks it to end, and waits for that.
    pub fn stop(&mut self) {
        if self.ended() {
            return;
        }
        let family = self.family();
        self.signal(Signal::TERM);
        let since = Instant::now();
        while !self.ended() {
            if since.elapsed() > PATIENCE {
                let _ = self.child.kill();
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        // Servers with a process a session leave those to themselves.
        for pid in family.into_iter().filter_map(|pid| Pid::from_raw(pid.cast_signed())) {
            let _ = kill_process(pid, Signal::TERM);
        }
    }

    fn signal(&self, signal: Signal) {
        if let Some(pid) = Pid::from_raw(self.id().cast_signed()) {
            let _ = kill_process(pid, signal);
        }
    }

    /// Its number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// CPU seconds so far, of itself and its children. To 10 ms. Of children that have ended it knows only if their
    /// parent waited for them, and not every server does: read it while they are there.
    pub fn cpu(&self) -> f64 {
        let mut ticks = times(self.id()).iter().sum::<u64>();
        for pid in self.family() {
            ticks += times(pid).iter().sum::<u64>();
        }
        ticks as f64 / TICKS
    }

    /// Memory in bytes, of itself and its children: the proportional share (PSS), so that what forked
    /// processes have in common counts once.
    pub fn memory(&self) -> u64 {
        let family = self.family();
        family.iter().chain([&self.id()]).map(|pid| pss(*pid)).sum()
    }

    /// The children, theirs, and so on.
    fn family(&self) -> Vec<u32> {
        let parents = parents();
        let (mut all, mut next) = (vec![self.id()], 0);
        while let Some(parent) = all.get(next).copied() {
            all.extend(parents.iter().filter(|(_, of)| *of == parent).map(|(pid, _)| *pid));
            next += 1;
        }
        all.split_off(1)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Every process and its parent. (`/proc/PID/task/TID/children` would be shorter; not every kernel has it.)
fn parents() -> Vec<(u32, u32)> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    let pids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter_map(|pid| Some((pid, fields(pid).get(1)?.parse().ok()?))).collect()
}

/// User and system time, own and of children that were waited for.
fn times(pid: u32) -> Vec<u64> {
    fields(pid).iter().skip(11).take(4).filter_map(|field| field.parse().ok()).collect()
}

/// Of /proc/PID/stat (proc(5)), from field 3 on: the name before may hold anything, and ends with the last
/// parenthesis.
fn fields(pid: u32) -> Vec<String> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let after = stat.rsplit_once(')').map_or("", |(_, after)| after);
    after.split_whitespace().map(str::to_owned).collect()
}

fn pss(pid: u32) -> u64 {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
    let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"));
    line.and_then(|line| line.split_whitespace().next()).and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0)
        << 10
}
