//! `export`: what the club knows about oneself, as one JSON document.
//!
//! It is written as the pages come, so that nothing here grows with what somebody has done.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use protocol::grammar::find;
use serde_json::json;

use crate::fault::Fault;
use crate::input::Given;
use crate::locale::Text;
use crate::pages;
use crate::shell::Shell;
use crate::show::{Answer, json, plain};
use crate::transfer::aside::Aside;
use crate::transfer::{local, name};

/// A list of the document: its key, the command that tells it, and the fact that has to bear one's
/// name where the command tells of others too.
type Part = (&'static str, &'static str, Option<&'static str>);

/// The lists of the document.
const PARTS: &[Part] = &[
    ("sessions", "SESSIONS limit=1000", Some("user")),
    ("history", "HISTORY limit=1000", None),
    ("statement", "STATEMENT limit=1000", None),
    ("purchases", "LIST OWNED limit=1000", None),
    ("uploads", "LIST ALL limit=1000", Some("author")),
];

/// `export [-o PATH] [--force]`; the path `-` is standard output.
///
/// # Errors
/// A file is there already, the file system refuses, a refusal, or no connection.
pub fn export(shell: &mut Shell, given: &Given) -> Result<Answer, Fault> {
    if given.get("-o") == Some("-") {
        if shell.screen.is_for_machines() {
            return Err(shell.usage(Text::StdoutTaken));
        }
        let mut out = io::BufWriter::new(io::stdout());
        let told = document(shell, &mut out, Path::new("-"))?;
        out.flush().map_err(|error| Fault::file(Path::new("-"), error))?;
        return Ok(answer("-", None, &told));
    }
    let force = given.has("--force");
    let path = target(shell, given)?;
    if path.symlink_metadata().is_ok() && !force {
        return Err(there_already(shell, &path));
    }
    let mut aside = Aside::beside(&path)?;
    let told = document(shell, &mut aside, &path)?;
    let size = aside.finish(force).map_err(|fault| match fault {
        Fault::File { error, .. } if error.kind() == io::ErrorKind::AlreadyExists => {
            there_already(shell, &path)
        }
        fault => fault,
    })?;
    let shown = plain::harmless(&path.display().to_string()).into_owned();
    let counts = told.iter().map(|(key, count)| format!("{} {count}", shell.screen.tongue.part(key)));
    let counts = counts.collect::<Vec<_>>().join(", ");
    shell.screen.say(Text::Exported, &[&shown, &plain::bytes(size), &counts]);
    Ok(answer(&path.display().to_string(), Some(size), &told))
}

fn there_already(shell: &Shell, path: &Path) -> Fault {
    let why = shell.screen.tongue.text(Text::ThereAlready);
    Fault::file(path, io::Error::new(io::ErrorKind::AlreadyExists, why))
}

/// The file: as named, or one after the account.
fn target(shell: &mut Shell, given: &Given) -> Result<PathBuf, Fault> {
    let who = shell.session.look("WHOAMI")?;
    let user = who.status.get("user").unwrap_or_default();
    let usual = name::safe(&format!("reel-export-{user}.json"), 0);
    Ok(match given.get("-o").map(|path| (local(path), path.ends_with('/'))) {
        None => PathBuf::from(usual),
        Some((path, folder)) if folder || path.is_dir() => path.join(usual),
        Some((path, _)) => path,
    })
}

/// Writes the document; how many rows each list has.
fn document(
    shell: &mut Shell, out: &mut dyn Write, path: &Path,
) -> Result<Vec<(&'static str, usize)>, Fault> {
    let wrong = |error| Fault::file(path, error);
    let who = shell.session.look("WHOAMI")?;
    let user = who.status.get("user").unwrap_or_default().to_owned();
    let head = json!({
        "format": "reel-export/1",
        "server": shell.session.endpoint().short(),
        "at": chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
        "account": json::object(&who.status.facts),
    });
    // The head without its closing brace: the lists follow.
    let head = head.to_string();
    write!(out, "{}", head.strip_suffix('}').unwrap_or(&head)).map_err(wrong)?;
    let mut told = Vec::new();
    for (key, command, mine) in PARTS {
        write!(out, ",\n\"{key}\":[").map_err(wrong)?;
        let mut count = 0;
        pages::each(&mut shell.session, command, |rows| {
            let of_mine = rows.iter().filter(|row| mine.is_none_or(|fact| find(row, fact) == Some(&user)));
            for row in of_mine {
                let comma = if count == 0 { "" } else { "," };
                let row = serde_json::Value::Object(json::object(row));
                write!(out, "{comma}\n{row}").map_err(wrong)?;
                count += 1;
            }
            Ok(())
        })?;
        write!(out, "]").map_err(wrong)?;
        told.push((*key, count));
    }
    writeln!(out, "}}").map_err(wrong)?;
    Ok(told)
}

fn answer(path: &str, size: Option<u64>, told: &[(&'static str, usize)]) -> Answer {
    let mut facts = vec![("path", path.to_owned())];
    facts.extend(size.map(|size| ("size", size.to_string())));
    facts.extend(told.iter().map(|(key, count)| (*key, count.to_string())));
    let facts: Vec<(&str, &str)> = facts.iter().map(|(k, v)| (*k, v.as_str())).collect();
    Answer::own(250, "OK", &facts)
}
