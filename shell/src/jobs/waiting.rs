//! Waiting for jobs, and what becomes of them when the shell ends.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget};

use super::{Job, Reach};
use crate::locale::Text;
use crate::shell::Shell;
use crate::show;
use crate::show::plain::cut;
use crate::transfer::meter;

/// How often it is looked at.
const LOOK: Duration = Duration::from_millis(50);

/// How long a stopped job may take to write down what it has.
const GRACE: Duration = Duration::from_secs(5);

/// Waits until these have ended, and draws how far they are. False after Ctrl-C.
pub fn until_over(shell: &Shell, numbers: &[u64]) -> bool {
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
