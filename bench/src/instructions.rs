//! Instructions that the daemon needs for a command, from the line to the reply: figures that do not wobble with
//! what else the machine does. Counted by callgrind between two moments of one run, so that the start drops out.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::Result;
use crate::client::Session;
use crate::lab::Lab;
use crate::peer::Server;
use crate::peer::reel::{self, Setup};
use crate::stat::summary;

/// What is counted, and how many commands a count has: so many that what runs beside them is a small part.
const VERBS: [(&str, usize); 3] = [("NOOP", 2000), ("LIST", 200), ("RETR", 200)];

/// NOOPs that are sent together: how often the daemon wakes for one depends on what else the machine does.
const DEEP: usize = 100;

/// Counts of each. The least is told: what runs beside the commands (timers, sweeps) only adds.
const COUNTS: usize = 5;

/// How far a figure may be from the kept one without a word.
const TOLERANCE: f64 = 0.02;

/// `bench instructions FILE [--write]`: counts, compares with the kept figures, or keeps the new ones. A difference
/// is told, and no failure: a new compiler makes one too.
///
/// # Errors
/// If valgrind is missing, or the daemon does not run under it.
pub fn run(args: &[String]) -> Result<()> {
    let kept = Path::new(args.first().ok_or("usage: bench instructions FILE [--write]")?);
    let lab = Lab::new()?;
    let server = start(&lab)?;
    let counted = VERBS.map(|(verb, commands)| Ok((verb, count(&lab, &server, verb, commands)?)));
    let counted = counted.into_iter().collect::<Result<Vec<_>>>()?;
    let before = fs::read_to_string(kept).unwrap_or_default();
    for (verb, count) in &counted {
        println!("{verb} {count:.0}{}", compared(&before, verb, *count));
    }
    if args.iter().any(|arg| arg == "--write") {
        let lines: String = counted.iter().map(|(verb, count)| format!("{verb} {count:.0}\n")).collect();
        let head =
            "# Instructions a command of a release build on x86-64, as bench/instructions counts them.\n";
        fs::write(kept, format!("{head}{lines}"))?;
    }
    Ok(())
}

/// One worker thread: how the work is handed to and fro between several differs each time.
fn start(lab: &Lab) -> Result<Server> {
    let out = lab.folder.join("callgrind.out");
    let under =
        ["valgrind", "--tool=callgrind", "--quiet", &format!("--callgrind-out-file={}", out.display())];
    let setup = Setup {
        under: under.map(str::to_owned).to_vec(),
        env: vec![("TOKIO_WORKER_THREADS", "1".to_owned())],
        ..Setup::default()
    };
    let server = reel::start(lab, &setup)?;
    let club = server.reel.as_ref().ok_or("no club")?;
    let files = (0..20)
        .map(|number| Ok((format!("small/{number:03}"), lab.content.source(&format!("small/{number:03}"))?)));
    club.upload(&files.collect::<Result<Vec<_>>>()?)?;
    Ok(server)
}

fn count(lab: &Lab, server: &Server, verb: &str, commands: usize) -> Result<f64> {
    let mut session = server.door.session()?;
    // What is made once and kept (statements, buffers) is made now.
    ask(&mut *session, verb, commands)?;
    let mut counts = Vec::new();
    for _ in 0..COUNTS {
        control(server, "zero")?;
        ask(&mut *session, verb, commands)?;
        let dump = control(server, "dump").and_then(|()| newest(&lab.folder))?;
        counts.push(dump / commands as f64);
    }
    session.quit()?;
    let summary = summary(&counts).ok_or("nothing was counted")?;
    eprintln!("{verb}: {:.0} to {:.0}", summary.min, summary.max);
    Ok(summary.min)
}

fn ask(session: &mut dyn Session, verb: &str, commands: usize) -> Result<()> {
    match verb {
        "NOOP" => (0..commands / DEEP).try_for_each(|_| session.noop(DEEP)),
        "LIST" => (0..commands).try_for_each(|_| session.list().map(drop)),
        _ => (0..commands).try_for_each(|_| session.fetch("small/007")),
    }
}

/// Says something to callgrind.
fn control(server: &Server, what: &str) -> Result<()> {
    let said = Command::new("vgdb").arg(format!("--pid={}", server.process.id())).arg(what).output()?;
    match said.status.success() {
        true => Ok(()),
        false => Err(format!("vgdb: {}", String::from_utf8_lossy(&said.stderr).trim()).into()),
    }
}

/// The total of the newest dump, which is removed.
fn newest(folder: &Path) -> Result<f64> {
    let mut total = None;
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("callgrind.out.")) {
            let text = fs::read_to_string(&path)?;
            total =
                text.lines().find_map(|line| line.strip_prefix("summary: ")).and_then(|sum| sum.parse().ok());
            fs::remove_file(path)?;
        }
    }
    total.ok_or_else(|| "callgrind wrote no dump".into())
}

fn compared(kept: &str, verb: &str, count: f64) -> String {
    let before = kept
        .lines()
        .find_map(|line| line.strip_prefix(verb))
        .and_then(|rest| rest.trim().parse::<f64>().ok());
    match before {
        None => String::new(),
        Some(before) => {
            let change = count / before - 1.0;
            let word = if change.abs() > TOLERANCE { "  <-- more than 2 %" } else { "" };
            format!(" (kept: {before:.0}, {:+.1} %){word}", change * 100.0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_told_beyond_two_percent() {
        assert_eq!(compared("NOOP 1000\n", "NOOP", 1019.0), " (kept: 1000, +1.9 %)");
        assert_eq!(compared("NOOP 1000\n", "NOOP", 970.0), " (kept: 1000, -3.0 %)  <-- more than 2 %");
        assert_eq!(compared("", "NOOP", 1.0), "");
    }
}
