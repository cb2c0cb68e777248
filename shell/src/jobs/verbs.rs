//! `jobs`, `wait`, `cancel`, and what becomes of jobs when the shell ends.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget};
use protocol::command::{Cancel as GiveBack, Command};
use protocol::grammar::StatusLine;
use protocol::value::BookingId;

use super::{Job, Reach, Stage};
use crate::fault::{Exit, Fault, Several};
use crate::input::{Given, Wire};
use crate::link::{Facts, Reply};
use crate::locale::Text;
use crate::shell::Shell;
use crate::show::plain::cut;
use crate::show::{self, Answer, Layout};
use crate::transfer::meter;

/// How often it is looked at.
const LOOK: Duration = Duration::from_millis(50);

/// How long a stopped job may take to write down what it has.
const GRACE: Duration = Duration::from_secs(5);

/// `jobs`: what runs, what waits, and what has ended.
///
/// # Errors
/// None.
pub fn list(shell: &Shell) -> Result<Answer, Fault> {
    let rows = shell.jobs.all().iter().map(row).collect();
    Ok(rows_of(rows, Layout::Table))
}

/// `wait [N]`: until one, or all, have ended.
///
/// # Errors
/// There is no such job, or what the first of them failed with.
pub fn wait(shell: &mut Shell, given: &Given) -> Result<Answer, Fault> {
    let numbers: Vec<u64> = match given.word(0) {
        "" => shell.jobs.uncollected().iter().map(|job| job.number).collect(),
        word => vec![known(shell, word)?.number],
    };
    if !until_over(shell, &numbers) {
        if !shell.asker.typed {
            return Err(Fault::Cancelled);
        }
        shell.screen.say(Text::JobsGoOn, &[]);
        return Ok(Answer::own(250, "OK", &[]));
    }
    let (mut rows, mut done, mut first) = (Vec::new(), 0, None);
    for number in &numbers {
        let Some(Job { stage: Stage::Over(exit, facts), what, .. }) = shell.jobs.job(*number) else {
            continue;
        };
        shell.jobs.collect(*number);
        match exit {
            Exit::Done => done += 1,
            exit => drop(first.get_or_insert(exit)),
        }
        rows.extend(facts.into_iter().map(|facts| of_job(*number, &what, exit, facts)));
    }
    match first {
        Some(exit) => Err(Fault::Several(Box::new(Several { rows, done, of: numbers.len(), exit }))),
        None => Ok(rows_of(rows, Layout::Silent)),
    }
}

/// `cancel N`: stops a job, or gives a booking back.
///
/// # Errors
/// There is no such job, it has ended, or what the server says about the booking.
pub fn cancel(shell: &mut Shell, given: &Given) -> Result<Answer, Fault> {
    let word = given.word(0);
    if let Some(booking) = given.get("booking") {
        return give_back(shell, booking);
    }
    if word.is_empty() {
        return Err(shell.usage(Text::WhichJob));
    }
    let number = word.strip_prefix('%').unwrap_or(word).parse::<u64>();
    match number {
        // A number that was never that of a job.
        Ok(number) if number > shell.jobs.last() && !word.starts_with('%') => give_back(shell, word),
        Err(_) if !word.starts_with('%') => give_back(shell, word),
        _ => {
            let job = known(shell, word)?;
            if job.is_over() {
                let shown = job.number.to_string();
                return Err(Fault::Usage(shell.screen.tongue.fill(Text::JobOver, &[&shown])));
            }
            let shown = job.number.to_string();
            let line = shell.screen.tongue.fill(Text::JobStopped, &[&shown, &job.what, ""]);
            shell.jobs.cancel(job.number, line.trim_end().to_owned());
            until_over(shell, &[job.number]);
            Ok(Answer::own(250, "OK", &[("job", &shown)]))
        }
    }
}

/// Stops all that runs: the shell ends. What has arrived is kept.
pub fn stop(shell: &Shell) {
    let left: Vec<Job> = shell.jobs.all().into_iter().filter(|job| !job.is_over()).collect();
    if left.is_empty() {
        return;
    }
    shell.screen.say(Text::JobsLeft, &[&left.len().to_string()]);
    // The last first: none of those that wait gets its turn.
    left.iter().rev().for_each(|job| shell.jobs.cancel(job.number, String::new()));
    let until = Instant::now() + GRACE;
    while shell.jobs.all().iter().any(|job| !job.is_over()) && Instant::now() < until {
        std::thread::sleep(LOOK);
    }
    // It has been said.
    shell.jobs.told();
}

/// Waits for all that runs: a script ends. After Ctrl-C it is stopped.
pub fn finish(shell: &Shell) {
    let numbers: Vec<u64> = shell.jobs.uncollected().iter().map(|job| job.number).collect();
    if !until_over(shell, &numbers) {
        stop(shell);
    }
    for line in shell.jobs.told() {
        shell.screen.talk(&line);
    }
}

fn give_back(shell: &mut Shell, word: &str) -> Result<Answer, Fault> {
    let Ok(booking) = word.parse::<BookingId>() else {
        return Err(shell.usage(Text::WhichJob));
    };
    let command = Command::Cancel(GiveBack { booking, key: None });
    let page = command.line();
    shell.wire(&Wire { spec: command.spec(), command, keyed: false, page })
}

fn known(shell: &Shell, word: &str) -> Result<Job, Fault> {
    let number = word.strip_prefix('%').unwrap_or(word).parse().ok();
    let unknown = || {
        let shown = crate::show::plain::harmless(word);
        Fault::NotFound(shell.screen.tongue.fill(Text::NoJob, &[&shown]))
    };
    number.and_then(|number| shell.jobs.job(number)).ok_or_else(unknown)
}

/// Waits until these have ended, and draws how far they are. False after Ctrl-C.
fn until_over(shell: &Shell, numbers: &[u64]) -> bool {
    let screen = &shell.screen;
    let bar = screen.draws.then(|| meter::bar(ProgressDrawTarget::stderr(), 0));
    let cancel = &shell.session.endpoint().cancel;
    loop {
        let left: Vec<Job> =
            numbers.iter().filter_map(|n| shell.jobs.job(*n)).filter(|job| !job.is_over()).collect();
        for line in shell.jobs.told() {
            match &bar {
                Some(bar) => bar.suspend(|| screen.talk(&line)),
                None => screen.talk(&line),
            }
        }
        if left.is_empty() {
            break;
        }
        if let Some(bar) = &bar {
            draw(shell, bar, &left);
        }
        if !cancel.sleep(LOOK) {
            break;
        }
    }
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    numbers.iter().filter_map(|n| shell.jobs.job(*n)).all(|job| job.is_over())
}

/// One bar for all that is waited for.
fn draw(shell: &Shell, bar: &ProgressBar, left: &[Job]) {
    let reach = left.iter().map(|job| job.work.reach()).fold(Reach::default(), |sum, one| Reach {
        done: sum.done + one.done,
        total: sum.total + one.total,
        ..sum
    });
    let name = match left {
        [job] => format!("[{}]", job.number),
        _ => shell.screen.tongue.fill(Text::ManyJobs, &[&left.len().to_string()]),
    };
    if reach.total == 0 {
        // Nothing moves yet: an ad perhaps, and it says so.
        let said = left.iter().map(|job| job.work.said()).find(|said| !said.is_empty()).unwrap_or_default();
        let room = show::terminal_width().unwrap_or(80);
        bar.set_message(cut(&format!("{name} {said}"), room.saturating_sub(1)).into_owned());
        bar.set_style(meter::words());
        return bar.tick();
    }
    bar.set_style(meter::style());
    bar.set_message(name);
    if bar.length() != Some(reach.total) {
        bar.set_length(reach.total);
        bar.set_position(reach.done);
        bar.tick();
        bar.reset_eta();
    }
    bar.set_position(reach.done);
}

/// A job as a row.
fn row(job: &Job) -> Facts {
    let reach = job.work.reach();
    let running = job.stage == Stage::Running && reach.total > 0;
    let number = |n: u64| if running { n.to_string() } else { "-".to_owned() };
    let percent = match &job.stage {
        Stage::Over(Exit::Done, _) => "100".to_owned(),
        Stage::Queued | Stage::Running if reach.total == 0 => "-".to_owned(),
        _ => (u128::from(reach.done) * 100 / u128::from(reach.total.max(1))).to_string(),
    };
    let mut row = vec![
        ("job", job.number.to_string()),
        ("state", state(&job.stage).to_owned()),
        ("percent", percent),
        ("rate", number(reach.rate)),
        ("eta", number(reach.eta)),
        ("what", job.what.clone()),
    ];
    let said = job.work.said();
    if !said.is_empty() {
        row.push(("note", said));
    }
    row.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

/// What came of a job as a row.
fn of_job(number: u64, what: &str, exit: Exit, facts: Facts) -> Facts {
    let state = state(&Stage::Over(exit, Vec::new()));
    let head = [("job", number.to_string()), ("state", state.to_owned()), ("what", what.to_owned())];
    head.into_iter().map(|(key, value)| (key.to_owned(), value)).chain(facts).collect()
}

fn state(stage: &Stage) -> &'static str {
    match stage {
        Stage::Queued => "queued",
        Stage::Running => "running",
        Stage::Over(Exit::Done, _) => "done",
        Stage::Over(Exit::Interrupted, _) => "stopped",
        Stage::Over(..) => "failed",
    }
}

fn rows_of(rows: Vec<Facts>, layout: Layout) -> Answer {
    let facts = vec![("rows".to_owned(), rows.len().to_string())];
    let status = StatusLine { code: 210, word: "END".into(), facts, text: String::new() };
    Answer { reply: Reply { status, rows, events: Vec::new() }, layout, more: None }
}
