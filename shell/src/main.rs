//! `reel`: one shell for users and admins.

use std::io::{self, IsTerminal as _};
use std::path::Path;
use std::process::ExitCode;

mod account;
mod ask;
mod batch;
mod cancel;
mod chat;
mod cli;
mod config;
mod ear;
mod endpoint;
mod export;
mod fault;
mod friendly;
mod generate;
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
mod memory;
mod notice;
mod pages;
mod play;
mod ranking;
mod raw;
mod repl;
mod session;
mod settings;
mod shell;
mod show;
mod stats;
mod transfer;
mod trust;
mod tty;
mod wire;
mod words;

use ask::Asker;
use cancel::Cancel;
use cli::Cli;
use config::{Config, Profile};
use endpoint::{Endpoint, Way};
use fault::{Exit, Fault};
use keys::Keys;
use link::Reply;
use locale::{Text, Tongue};
use memory::{Found, Memory};
use session::Session;
use settings::Settings;
use shell::Shell;
use show::pager::Pager;
use show::{Answer, Layout, Screen};

fn main() -> ExitCode {
    let cli = match cli::read(Tongue::of_arguments()) {
        Ok(cli) => cli,
        Err(code) => return code,
    };
    show::style::choose(cli.color);
    let mut screen = Screen::new(cli.json);
    screen.csv = cli.csv;
    screen.tongue = cli.lang.unwrap_or(screen.tongue);
    let exit = errand(&cli, &screen).unwrap_or_else(|| visit(&cli, screen));
    ExitCode::from(exit as u8)
}

/// What needs no server, if that is what was asked for.
fn errand(cli: &Cli, screen: &Screen) -> Option<Exit> {
    let result = match cli {
        Cli { generate: Some(form), .. } => generate::write(*form, screen.tongue),
        Cli { forget_server: Some(host), .. } => forget(host, screen),
        Cli { save_profile: Some(name), .. } => save(name, cli, screen),
        Cli { profiles: true, .. } => Config::load(screen.tongue).map(|config| list(&config, screen)),
        _ => return None,
    };
    Some(result.map_or_else(|fault| complain(screen, &fault), |()| Exit::Done))
}

fn visit(cli: &Cli, mut screen: Screen) -> Exit {
    let typed = io::stdin().is_terminal() && !cli.is_scripted();
    let settings = Config::load(screen.tongue).and_then(|config| Settings::of(cli, &config, screen.tongue));
    let settings = match settings {
        Ok(settings) => settings,
        Err(fault) => return complain(&screen, &fault),
    };
    screen.tongue = settings.tongue;
    let cancel = Cancel::default();
    cancel.catch_interrupts(!typed);
    // A script waits for no key.
    screen.pager = Pager::of_environment(cancel.clone()).filter(|_| typed && !cli.no_pager);
    let told = screen.clone();
    let endpoint = match Endpoint::new(&settings.host, settings.way, cancel) {
        Ok(mut endpoint) => {
            endpoint.silence = Some(link::Silence::new(move |seconds| told.silent(seconds)));
            endpoint
        }
        Err(fault) => return complain(&screen, &fault),
    };
    let mut shell = Shell {
        memory: Memory::new(settings.remember, endpoint.key(), settings.keyring),
        session: Session::new(endpoint),
        asker: Asker { tongue: screen.tongue, yes: cli.yes, typed: false, mute: false },
        screen,
        words: false,
        raw: false,
        talk: Default::default(),
        jobs: Default::default(),
    };
    let started = start(&mut shell, &settings, typed);
    shell.asker.typed = typed;
    match started {
        Err(exit) if !typed || matches!(exit, Exit::Connection | Exit::File) => exit,
        _ if typed => repl::run(&mut shell, cli.keys.unwrap_or_else(Keys::of_readline)),
        _ => batch::run(&mut shell, cli),
    }
}

/// Sees whether anybody is there, and logs in: with what is remembered, or if a name was given.
fn start(shell: &mut Shell, settings: &Settings, typed: bool) -> Result<(), Exit> {
    if matches!(settings.way, Way::Tls { .. }) {
        meet(shell)?;
    }
    let user = settings.user.as_deref();
    let reply = log_in(shell, user, typed).map_err(|fault| complain(&shell.screen, &fault))?;
    // The newest notice is for somebody who reads.
    if let Some(reply) = reply.filter(|_| typed) {
        reply.rows.iter().for_each(|row| shell.screen.notice(row));
    }
    Ok(())
}

fn log_in(shell: &mut Shell, user: Option<&str>, typed: bool) -> Result<Option<Reply>, Fault> {
    match shell.memory.recall(&mut shell.session, user, typed)? {
        Found::In(reply) => return Ok(Some(account::welcome(shell, reply).reply)),
        Found::Stale => shell.screen.say(Text::StalePassword, &[]),
        Found::Nothing => {}
    }
    match user {
        Some(name) => batch::log_in(shell, name).map(Some),
        None if typed => shell.session.connect().map(|()| None),
        // The first command that wants a server finds out whether there is one.
        None => Ok(None),
    }
}

/// Connects over TLS. A server that nobody vouches for is trusted if the person at the terminal says so;
/// `--yes` does not speak for that, and later connections never ask.
fn meet(shell: &mut Shell) -> Result<(), Exit> {
    let untrusted = match shell.session.connect() {
        Err(Fault::Untrusted(untrusted)) if tty::open().is_some() && untrusted.is_stranger() => untrusted,
        other => return other.map_err(|fault| complain(&shell.screen, &fault)),
    };
    shell.screen.stranger(&untrusted);
    let yes = match shell.asker.line_from_terminal(Text::AskTrust) {
        Some(Ok(answer)) => shell.asker.tongue.is_yes(&answer),
        _ => false,
    };
    if !yes {
        return Err(Exit::Connection);
    }
    let noted = known::file().and_then(|file| known::add(&file, &untrusted.host, &untrusted.shown));
    let noted = noted.map_err(|error| Fault::file(Path::new("known_servers"), error));
    let met = noted.and_then(|()| shell.session.connect());
    met.map_err(|fault| complain(&shell.screen, &fault))
}

fn forget(host: &str, screen: &Screen) -> Result<(), Fault> {
    let wrong = |error| Fault::file(Path::new("known_servers"), error);
    let forgotten = known::forget(&known::file().map_err(wrong)?, host).map_err(wrong)?;
    let host = show::plain::harmless(host);
    match forgotten {
        0 => Err(Fault::Usage(screen.tongue.fill(Text::NotKnown, &[&host]))),
        _ => {
            screen.say(Text::Forgotten, &[&host]);
            Ok(())
        }
    }
}

fn save(name: &str, cli: &Cli, screen: &Screen) -> Result<(), Fault> {
    let config = Config::load(screen.tongue)?;
    let base = cli.profile.as_deref().map(|base| config.profile(base, screen.tongue)).transpose()?;
    let profile = Profile { name: name.trim_start_matches('@').to_owned(), ..cli.over(base) };
    let path = config.save(&profile, screen.tongue)?;
    screen.say(Text::ProfileSaved, &[&profile.name, &show::plain::harmless(&path.display().to_string())]);
    Ok(())
}

fn list(config: &Config, screen: &Screen) {
    let row = |profile: &Profile| {
        let way = match profile.way() {
            Way::Tls { .. } => "tls",
            Way::Clear => "plain",
            Way::Near => "-",
        };
        let default = config.default.as_ref() == Some(&profile.name);
        let facts = [
            ("profile", format!("@{}", profile.name)),
            ("host", profile.host.clone().unwrap_or_else(|| "-".to_owned())),
            ("user", profile.user.clone().unwrap_or_else(|| "-".to_owned())),
            ("way", way.to_owned()),
            ("default", if default { "yes" } else { "no" }.to_owned()),
        ];
        facts.map(|(key, value)| (key.to_owned(), value)).to_vec()
    };
    let mut answer = Answer::own(210, "END", &[("rows", &config.profiles.len().to_string())]);
    answer.reply.rows = config.profiles.iter().map(row).collect();
    answer.layout = Layout::Table;
    screen.answer(&answer, None);
}

fn complain(screen: &Screen, fault: &Fault) -> Exit {
    screen.fault(fault);
    fault.exit()
}
