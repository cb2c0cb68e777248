//! `reel`: one shell for users and admins.

use std::io::{self, IsTerminal as _};
use std::path::Path;
use std::process::ExitCode;

use clap::Parser as _;

mod account;
mod ask;
mod batch;
mod cancel;
mod chat;
mod cli;
mod ear;
mod endpoint;
mod export;
mod fault;
mod friendly;
mod group;
mod help;
mod helper;
mod history;
mod input;
mod jobs;
mod key;
mod keys;
mod known;
mod link;
mod local;
mod locale;
mod lookup;
mod meant;

mod notice;
mod pages;
mod play;
mod ranking;
mod raw;
mod repl;
mod session;
mod shell;
mod show;
mod stats;
mod transfer;
mod trust;
mod wire;
mod words;

use ask::Asker;
use cancel::Cancel;
use cli::Cli;
use endpoint::{Endpoint, Way};
use fault::{Exit, Fault};
use keys::Keys;
use locale::Text;
use session::Session;
use shell::Shell;
use show::Screen;
use show::pager::Pager;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let typed = io::stdin().is_terminal() && !cli.is_scripted();
    let cancel = Cancel::default();
    cancel.catch_interrupts(!typed);
    show::style::choose(cli.color);
    let mut screen = Screen::new(cli.json);
    screen.csv = cli.csv;
    // A script waits for no key.
    screen.pager = Pager::of_environment(cancel.clone()).filter(|_| typed && !cli.no_pager);
    let told = screen.clone();
    let endpoint = match Endpoint::new(&cli.host, cli.way(), cancel) {
        Ok(mut endpoint) => {
            endpoint.silence = Some(link::Silence::new(move |seconds| told.silent(seconds)));
            endpoint
        }
        Err(fault) => {
            screen.fault(&fault);
            return ExitCode::from(fault.exit() as u8);
        }
    };
    let mut shell = Shell {
        session: Session::new(endpoint),
        asker: Asker { tongue: screen.tongue, yes: cli.yes, typed: false, mute: false },
        screen,
        words: false,
        raw: false,
        talk: Default::default(),
        jobs: Default::default(),
    };
    let started = start(&mut shell, &cli, typed);
    shell.asker.typed = typed;
    let exit = match started {
        Err(exit) if !typed || matches!(exit, Exit::Connection | Exit::File) => exit,
        _ if typed => repl::run(&mut shell, cli.keys.unwrap_or_else(Keys::of_readline)),
        _ => batch::run(&mut shell, &cli),
    };
    ExitCode::from(exit as u8)
}

/// Sees whether anybody is there, and logs in if a name was given.
fn start(shell: &mut Shell, cli: &Cli, typed: bool) -> Result<(), Exit> {
    if matches!(cli.way(), Way::Tls { .. }) {
        meet(shell, typed)?;
    }
    let result = match &cli.user {
        Some(name) => batch::log_in(shell, name),
        None => shell.session.connect(),
    };
    result.map_err(|fault| told(shell, &fault))
}

/// Connects over TLS. A server that nobody vouches for is trusted if the person at the terminal says so;
/// `--yes` does not speak for that, and later connections never ask.
fn meet(shell: &mut Shell, typed: bool) -> Result<(), Exit> {
    let untrusted = match shell.session.connect() {
        Err(Fault::Untrusted(untrusted)) if typed && untrusted.is_stranger() => untrusted,
        other => return other.map_err(|fault| told(shell, &fault)),
    };
    shell.screen.stranger(&untrusted);
    let yes = match shell.asker.line(Text::AskTrust) {
        Some(Ok(answer)) => shell.asker.tongue.is_yes(&answer),
        _ => false,
    };
    if !yes {
        return Err(Exit::Connection);
    }
    let noted = known::file().and_then(|file| known::add(&file, &untrusted.host, &untrusted.shown));
    let noted = noted.map_err(|error| Fault::file(Path::new("known_servers"), error));
    noted.and_then(|()| shell.session.connect()).map_err(|fault| told(shell, &fault))
}

fn told(shell: &Shell, fault: &Fault) -> Exit {
    shell.screen.fault(fault);
    fault.exit()
}
