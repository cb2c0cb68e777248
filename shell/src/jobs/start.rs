//! A transfer goes to the background.

use std::sync::Arc;

use protocol::grammar::write_word;

use super::{Outcome, Work};
use crate::ask::Asker;
use crate::cancel::Cancel;
use crate::fault::Fault;
use crate::input::Given;
use crate::locale::Text;
use crate::shell::Shell;
use crate::show::{Answer, Screen, plain};

/// What runs in the background: it has the shell to itself.
pub type Run = fn(&mut Shell, &Given) -> Result<Answer, Fault>;

/// Takes `run` on as a job. All that it might ask has been asked.
pub fn start(shell: &Shell, verb: &str, given: Given, run: Run) -> Answer {
    let (cancel, work) = (Cancel::default(), Arc::<Work>::default());
    let what = plain::harmless(&line(verb, &given)).into_owned();
    let mut behind = beside(shell, cancel.clone(), Arc::clone(&work));
    let (label, number) = (what.clone(), shell.jobs.last() + 1);
    let task = Box::new(move || {
        let result = run(&mut behind, &given);
        if let Err(fault) = &result {
            behind.screen.complain(fault);
        }
        behind.session.leave();
        let line = told(&behind.screen, number, &label, &result);
        Outcome { result, line }
    });
    let (number, waits) = shell.jobs.add(&what, work, cancel, task);
    let number = number.to_string();
    let text = if waits { Text::JobQueued } else { Text::JobStarted };
    shell.screen.say(text, &[&number, &what]);
    Answer::own(250, "OK", &[("job", &number), ("state", if waits { "queued" } else { "running" })])
}

/// What is told when it is over.
pub fn told(screen: &Screen, number: u64, what: &str, result: &Result<Answer, Fault>) -> String {
    let said = screen.work.as_ref().map(|work| work.said()).unwrap_or_default();
    let text = match result {
        Ok(_) => Text::JobDone,
        Err(Fault::Cancelled) => Text::JobStopped,
        Err(_) => Text::JobFailed,
    };
    screen.tongue.fill(text, &[&number.to_string(), what, &said]).trim_end().to_owned()
}

/// The same session for a thread of its own, that says nothing and asks nobody.
fn beside(shell: &Shell, cancel: Cancel, work: Arc<Work>) -> Shell {
    Shell {
        session: shell.session.beside(cancel),
        screen: shell.screen.behind(work),
        asker: Asker { mute: true, ..shell.asker },
        words: false,
        raw: false,
        talk: Default::default(),
        jobs: shell.jobs.clone(),
    }
}

/// The command without its `&`.
fn line(verb: &str, given: &Given) -> String {
    let mut line = verb.to_owned();
    for word in &given.words {
        line.push(' ');
        write_word(&mut line, word);
    }
    for (name, value) in given.named.iter().filter(|(name, _)| name != "&") {
        let between = if name.starts_with('-') { " " } else { "=" };
        line.push_str(&format!(" {name}"));
        if !value.is_empty() {
            line.push_str(between);
            write_word(&mut line, value);
        }
    }
    line
}
