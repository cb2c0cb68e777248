//! `get`: which titles, whereto, now or in the background; and one after the other.

use std::fs;

use super::download::{download, there};
use super::many::Tally;
use super::pick::Picks;
use super::place::{self, Place, Title};
use super::{local, pay, stream};
use crate::fault::Fault;
use crate::input::Given;
use crate::jobs::start::start;
use crate::locale::Text;
use crate::shell::Shell;
use crate::show::{Answer, plain};

/// Most connections of one download: servers bound those of an account.
const MOST_JOBS: u64 = 16;

/// `get ID… [-o PATH] [-j N] [--force] [-y] [&]`; the path `-` is standard output.
///
/// # Errors
/// It could not be fetched. What has arrived stays in the part.
pub fn get(shell: &mut Shell, given: &Given) -> Result<Answer, Fault> {
    let picks = Picks::read(shell, &given.words)?;
    jobs(shell, given)?;
    check_target(shell, given, &picks)?;
    let yes = shell.asker.yes;
    shell.asker.yes |= given.has("-y");
    let result = if given.has("&") { behind(shell, given, &picks) } else { now(shell, given, &picks) };
    shell.asker.yes = yes;
    result
}

/// Several titles want a folder.
fn check_target(shell: &Shell, given: &Given, picks: &Picks) -> Result<(), Fault> {
    match given.get("-o") {
        Some("-") if picks.is_many() || given.has("&") => Err(shell.usage(Text::OneToStdout)),
        Some("-") | None => Ok(()),
        Some(path) if !picks.is_many() || path.ends_with('/') || local(path).is_dir() => Ok(()),
        Some(path) => {
            let shown = plain::harmless(path);
            Err(Fault::Usage(shell.screen.tongue.fill(Text::NeedFolder, &[&shown])))
        }
    }
}

/// Asks all there is to ask, and fetches in the background.
fn behind(shell: &mut Shell, given: &Given, picks: &Picks) -> Result<Answer, Fault> {
    let mut given = given.clone();
    picks.survey(shell)?;
    let mut answer = None;
    picks.each(shell, |shell, _, title| match title {
        Ok(title) if picks.is_many() => agree(shell, &title),
        Ok(title) => {
            answer = whereto(shell, &mut given, &title)?;
            // For what is there already nobody pays.
            if answer.is_none() { reachable(&given).and_then(|()| pay::ahead(shell, &title)) } else { Ok(()) }
        }
        // One that is alone is told at once, one among others when it is its turn.
        Err(fault) if !picks.is_many() => Err(fault),
        Err(_) => Ok(()),
    })?;
    if let Some(answer) = answer {
        return Ok(answer);
    }
    Ok(start(shell, "get", given, |shell, given| {
        let picks = Picks::read(shell, &given.words)?;
        now(shell, given, &picks)
    }))
}

/// Whether there is a folder for what is named: nobody pays for what could not be written.
fn reachable(given: &Given) -> Result<(), Fault> {
    let Some(path) = given.get("-o").filter(|path| !path.ends_with('/')).map(local) else { return Ok(()) };
    match path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) => fs::metadata(folder).map(drop).map_err(|error| Fault::file(folder, error)),
        None => Ok(()),
    }
}

/// Pays for one of several. Who does not want this one may want the others.
fn agree(shell: &mut Shell, title: &Title) -> Result<(), Fault> {
    match pay::ahead(shell, title) {
        Err(fault) if !matches!(fault, Fault::Cancelled) => {
            shell.screen.complain(&fault);
            Ok(())
        }
        other => other,
    }
}

/// Asks about a file that is there under the name that was given; a yes is noted. Gives the answer if nothing is to be
/// fetched.
fn whereto(shell: &Shell, given: &mut Given, title: &Title) -> Result<Option<Answer>, Fault> {
    if given.get("-o").is_none() {
        return Ok(None);
    }
    match place::find(shell, title, given)? {
        Place::Have(path) => return Ok(Some(there(shell, title, &path))),
        Place::Free(_, true) => given.named.push(("--force".to_owned(), String::new())),
        Place::Free(..) => {}
    }
    Ok(None)
}

fn now(shell: &mut Shell, given: &Given, picks: &Picks) -> Result<Answer, Fault> {
    if picks.is_many() {
        return each(shell, given, picks);
    }
    let mut result = None;
    picks.each(shell, |shell, _, title| {
        result = Some(one(shell, given, &title?));
        Ok(())
    })?;
    result.unwrap_or(Err(Fault::Cancelled))
}

fn one(shell: &mut Shell, given: &Given, title: &Title) -> Result<Answer, Fault> {
    match given.get("-o") {
        Some("-") => stream::to_stdout(shell, title),
        _ => download(shell, given, title, jobs(shell, given)?),
    }
}

/// One after the other; one that fails does not keep the others.
fn each(shell: &mut Shell, given: &Given, picks: &Picks) -> Result<Answer, Fault> {
    let of = picks.survey(shell)?;
    let mut tally = Tally::new(shell, of);
    let ended = picks.each(shell, |shell, word, title| {
        let (name, result) = match title {
            Ok(title) => (title.name.clone(), Ok(title)),
            Err(fault) => (word.to_owned(), Err(fault)),
        };
        tally.begin(shell, &name);
        let result = result.and_then(|title| one(shell, given, &title));
        tally.note(shell, ("id", word), result)
    });
    match ended {
        // What ended it is among what was noted, unless it was the look at the library itself.
        Err(fault) if !tally.has_failed() => Err(fault),
        _ => tally.finish(shell),
    }
}

fn jobs(shell: &Shell, given: &Given) -> Result<u64, Fault> {
    let Some(word) = given.get("-j") else {
        return Ok(1);
    };
    let jobs = word.parse().ok().filter(|jobs| (1..=MOST_JOBS).contains(jobs));
    jobs.ok_or_else(|| shell.usage(Text::BadCount))
}
