//! `reel`: one shell for users and admins.

use std::io::{self, IsTerminal as _};
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
mod help;
mod helper;
mod history;
mod input;
mod key;
mod lexicon;
mod link;
mod locale;
mod notice;
mod pages;
mod repl;
mod session;
mod shell;
mod show;
mod stats;
mod titles;
mod transfer;
mod words;

use ask::Asker;
use cancel::Cancel;
use cli::Cli;
use endpoint::Endpoint;
use fault::Exit;
use session::Session;
use shell::Shell;
use show::Screen;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let typed = io::stdin().is_terminal() && !cli.is_scripted();
    let cancel = Cancel::default();
    cancel.catch_interrupts(!typed);
    let screen = Screen::new(cli.json);
    let mut shell = Shell {
        session: Session::new(Endpoint::new(&cli.host, cancel)),
        asker: Asker { tongue: screen.tongue, yes: cli.yes, typed: false },
        screen,
        titles: Default::default(),
        words: false,
        talk: Default::default(),
    };
    let started = start(&mut shell, &cli);
    shell.asker.typed = typed;
    let exit = match started {
        Err(exit) if !typed || exit == Exit::Connection => exit,
        _ if typed => repl::run(&mut shell),
        _ => batch::run(&mut shell, &cli),
    };
    ExitCode::from(exit as u8)
}

/// Logs in if a name was given; else sees whether anybody is there.
fn start(shell: &mut Shell, cli: &Cli) -> Result<(), Exit> {
    let result = match &cli.user {
        Some(name) => batch::log_in(shell, name),
        None => shell.session.connect(),
    };
    result.map_err(|fault| {
        shell.screen.fault(&fault);
        fault.exit()
    })
}
