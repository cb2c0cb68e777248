//! `reeld`: starts the daemon, and the operator's small commands beside it.

mod operator;
mod words;

use std::io::{IsTerminal, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use daemon::app::{App, OpenError, make_folder, open_database};
use daemon::clock::Clock;
use daemon::config::{Config, has_password};
use daemon::door::{Stop, line};
use daemon::service::{Fault, account};
use listenfd::ListenFd;
use protocol::harmless::harmless;
use protocol::value::{Role, Time};
use sd_notify::NotifyState;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

/// A media club: keeps films and files, lends and sells them over a line protocol.
#[derive(Parser)]
#[command(name = "reeld", version)]
struct Cli {
    #[command(flatten)]
    options: Options,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Args)]
struct Options {
    /// The folder of the club
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Where to listen; port 0 takes a free one
    #[arg(long, global = true, value_name = "ADDR", value_parser = address)]
    listen: Option<SocketAddr>,
    /// mysql://user:password@host:port/name; SQLite in the data folder without it.
    /// A password is better kept in the configuration or in REEL_DATABASE
    #[arg(long, global = true, value_name = "URL")]
    database: Option<String>,
    /// The configuration, a TOML file
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Where to listen is a number: a name may have several, and may change.
fn address(word: &str) -> Result<SocketAddr, &'static str> {
    word.parse().map_err(|_| "expected an address and a port such as 127.0.0.1:2121 or [::1]:2121")
}

#[derive(Subcommand)]
enum Command {
    /// Run the daemon (also without a command)
    Serve,
    /// Print a code with which somebody can register
    Invite {
        /// Who uses it becomes an admin
        #[arg(long)]
        admin: bool,
    },
    /// Import, list and remove dictionaries
    Words {
        #[command(subcommand)]
        deed: words::Deed,
    },
    /// Print the configuration in force
    Config,
    /// Check database, files and money against each other, also beside a running daemon.
    /// Exit status: 0 clean, 1 findings remain, 2 wrong options or configuration, 3 could not check
    Check(operator::check::Options),
    /// Remove the bytes of deleted titles for good, also beside a running daemon.
    /// Exit status: 0 done, 1 not done, 2 wrong options or configuration
    Purge(operator::purge::Options),
}

/// What stops the program, in words for the operator.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Config(#[from] daemon::config::ConfigError),
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error("database: {0}")]
    Database(#[from] sql::Error),
    #[error("cannot listen on {0}: {1}")]
    Listen(SocketAddr, std::io::Error),
    #[error("nobody listens any more")]
    Deaf,
    #[error("{0}")]
    Io(#[from] std::io::Error),
    #[error(transparent)]
    Words(#[from] words::Failure),
    #[error("the database refused: {0:?}")]
    Refused(Fault),
    #[error("the configuration cannot be shown: {0}")]
    Show(#[from] toml::ser::Error),
    #[error("there is no club: no {0}")]
    NoClub(String),
    #[error("{0}")]
    Stopped(#[from] daemon::service::check::Stopped),
    #[error("could not check: {0}")]
    Unchecked(Box<Failure>),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    start_log();
    daemon::trace::log_panics();
    match run(cli) {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("reeld: {failure}");
            match failure {
                Failure::Config(_) => ExitCode::from(2),
                Failure::Unchecked(_) => ExitCode::from(3),
                _ => ExitCode::FAILURE,
            }
        }
    }
}

fn run(cli: Cli) -> Result<ExitCode, Failure> {
    let config = configure(cli.options)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    match cli.command {
        None | Some(Command::Serve) => runtime.block_on(serve(config))?,
        Some(Command::Invite { admin }) => runtime.block_on(invite(&config, admin))?,
        Some(Command::Words { deed }) => runtime.block_on(words::run(&config, deed))?,
        Some(Command::Config) => print!("{}", config.shown()?),
        Some(Command::Check(options)) => return runtime.block_on(operator::check::run(&config, &options)),
        Some(Command::Purge(options)) => return runtime.block_on(operator::purge::run(&config, &options)),
    }
    Ok(ExitCode::SUCCESS)
}

fn configure(options: Options) -> Result<Config, Failure> {
    let mut config = Config::load(options.config.as_deref())?;
    if let Some(data) = options.data {
        config.data = data;
    }
    if let Some(listen) = options.listen {
        config.listen = listen;
    }
    if let Some(database) = options.database {
        if has_password(&database) {
            log::warn!(
                "--database shows its password to everybody (ps): keep it in REEL_DATABASE or the configuration"
            );
        }
        config.database = database;
    }
    Ok(config)
}

async fn serve(config: Config) -> Result<(), Failure> {
    // Before the slow parts, so that a signal during the start is not lost.
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    // Nothing can be reloaded yet; without this it would end the daemon.
    let _hangup = signal(SignalKind::hangup())?;
    let grace = Duration::from_secs(config.limits.grace_seconds.into());
    let listener = listen(config.listen).await?;
    let mut config = config;
    config.listen = listener.local_addr()?;
    let app = App::open(config).await?;
    println!("listening on {}", app.config.listen);
    std::io::stdout().flush()?;
    log::info!("serving {} on {}", app.config.data.display(), app.db.engine());
    if !app.config.topup_allowed() {
        log::info!("TOPUP is off (money.topup): admins fill wallets with CREDIT and VOUCHER");
    }
    welcome_operator(&app).await?;
    let sweeper = tokio::spawn(app.clone().sweep());
    let watchdog = tokio::spawn(feed_watchdog());
    let stop = Stop::default();
    let mut door = tokio::spawn(line::serve(app.clone(), listener, stop.clone()));
    notify(&[NotifyState::Ready]);

    let mut outcome = Ok(());
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        // It ends only when it is told to, or by a panic: then nobody could come in any more.
        _ = &mut door => outcome = Err(Failure::Deaf),
    }
    log::info!("stopping: transfers have {} seconds", grace.as_secs());
    notify(&[NotifyState::Stopping]);
    stop.drain.cancel();
    tokio::select! {
        _ = tokio::time::sleep(grace) => {}
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        () = stopped(&door) => {}
    }
    stop.halt.cancel();
    if outcome.is_ok() {
        let _ = door.await;
    }
    sweeper.abort();
    watchdog.abort();
    app.close().await;
    log::info!("stopped");
    outcome
}

async fn stopped(door: &tokio::task::JoinHandle<()>) {
    while !door.is_finished() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// The socket that systemd opened for us, or one of our own.
async fn listen(address: SocketAddr) -> Result<TcpListener, Failure> {
    let failed = |error| Failure::Listen(address, error);
    match ListenFd::from_env().take_tcp_listener(0)? {
        Some(listener) => {
            listener.set_nonblocking(true)?;
            Ok(TcpListener::from_std(listener)?)
        }
        None => TcpListener::bind(address).await.map_err(failed),
    }
}

/// Shows a code for the first admin, on a terminal only: a log would keep it.
async fn welcome_operator(app: &App) -> Result<(), Failure> {
    if !std::io::stderr().is_terminal() {
        return Ok(());
    }
    if app.db.read(|tx| sql::account::Account::any(tx, Role::Admin)).await? {
        return Ok(());
    }
    let code = mint(&app.db, &app.config, app.clock.now(), Role::Admin).await?;
    eprintln!("There is no admin yet. Become one in the shell:");
    eprintln!("  reel --host {} -c 'register NAME invite={code}'", app.config.listen);
    Ok(())
}

async fn mint(db: &sql::Db, config: &Config, now: Time, role: Role) -> Result<String, Failure> {
    let code = account::mint(db, config, now, role).await.map_err(Failure::Refused)?;
    Ok(code.reveal().to_owned())
}

async fn invite(config: &Config, admin: bool) -> Result<(), Failure> {
    make_folder(config)?;
    let db = open_database(config).await?;
    let role = if admin { Role::Admin } else { Role::User };
    let now = Clock::from_environment().now();
    println!("{}", mint(&db, config, now, role).await?);
    db.close().await;
    Ok(())
}

fn notify(states: &[NotifyState]) {
    if let Err(error) = sd_notify::notify(states) {
        log::warn!("cannot tell systemd: {error}");
    }
}

/// Tells systemd twice an interval that the reactor still turns.
async fn feed_watchdog() {
    if let Some(interval) = sd_notify::watchdog_enabled() {
        let mut tick = tokio::time::interval(interval / 2);
        loop {
            tick.tick().await;
            notify(&[NotifyState::Watchdog]);
        }
    }
}

/// One line an event. The journal has its own clock and takes the priority from the line.
fn start_log() {
    let journal = std::env::var_os("JOURNAL_STREAM").is_some();
    let filter = env_logger::Env::default().default_filter_or("info");
    env_logger::Builder::from_env(filter)
        .format(move |out, record| {
            // One line, whatever somebody has put into what is told.
            let text = record.args().to_string();
            let text = harmless(&text);
            if journal {
                let priority = match record.level() {
                    log::Level::Error => 3,
                    log::Level::Warn => 4,
                    log::Level::Info => 6,
                    log::Level::Debug | log::Level::Trace => 7,
                };
                writeln!(out, "<{priority}>{text}")
            } else {
                writeln!(out, "{} {:5} {text}", Clock::default().now(), record.level())
            }
        })
        .init();
}
