//! The daemon from its start to its end, and what signals do to it.

use std::io::{IsTerminal, Write};
use std::net::SocketAddr;
use std::time::Duration;

use daemon::app::App;
use daemon::config::{Changes, Config};
use daemon::door::{Gate, Heir, Stop, line};
use listenfd::ListenFd;
use protocol::value::Role;
use sd_notify::NotifyState;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinHandle;

use crate::{Failure, Options, configure, logging, mint};

/// How long connections may take to close when their time is over: a last word, a last transaction.
const LAST: Duration = Duration::from_secs(10);

/// The signals that end the daemon.
struct Ends {
    terminate: Signal,
    interrupt: Signal,
}

impl Ends {
    fn new() -> std::io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// Waits for one.
    async fn one(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// Serves until it is told to end.
pub async fn run(config: Config, options: &Options) -> Result<(), Failure> {
    // Before the slow parts, so that a signal during the start is not lost.
    let (mut ends, mut hangup) = (Ends::new()?, signal(SignalKind::hangup())?);
    let (listener, heir) = listen(config.listen).await?;
    let mut asked = config.clone();
    let app = App::open(Config { listen: listener.local_addr()?, ..config }).await?;
    announce(&app)?;
    welcome_operator(&app).await?;
    let sweeper = tokio::spawn(app.clone().sweep());
    let watchdog = tokio::spawn(feed_watchdog());
    let stop = Stop::default();
    let mut door = tokio::spawn(line::serve(app.clone(), listener, Gate::default(), heir, stop.clone()));
    notify(&[NotifyState::Ready]);

    loop {
        tokio::select! {
            () = ends.one() => break,
            _ = hangup.recv() => reload(&app, &mut asked, options).await,
        }
    }
    drain(&app, &mut ends, &stop, &mut door).await;
    sweeper.abort();
    watchdog.abort();
    app.close().await;
    log::info!("stopped");
    Ok(())
}

/// Says where and what it is.
fn announce(app: &App) -> std::io::Result<()> {
    println!("listening on {}", app.config().listen);
    std::io::stdout().flush()?;
    log::info!("serving {} on {}", app.config().data.display(), app.db.engine());
    if !app.config().topup_allowed() {
        log::info!("TOPUP is off (money.topup): admins fill wallets with CREDIT and VOUCHER");
    }
    Ok(())
}

/// Takes no new work, lets what runs finish within the grace time, then ends it. A second signal ends it now.
async fn drain(app: &App, ends: &mut Ends, stop: &Stop, door: &mut JoinHandle<()>) {
    let grace = Duration::from_secs(app.config().limits.grace_seconds.into());
    log::info!("stopping: transfers have {} seconds", grace.as_secs());
    notify(&[NotifyState::Stopping]);
    stop.drain.cancel();
    tokio::select! {
        () = tokio::time::sleep(grace) => log::info!("the time is over: what still runs is cut"),
        () = ends.one() => log::info!("told twice: what still runs is cut"),
        _ = &mut *door => return,
    }
    stop.halt.cancel();
    if tokio::time::timeout(LAST, door).await.is_err() {
        log::warn!("some connections did not end in time");
    }
}

/// Reads the configuration again, and whatever else may change under a running daemon. What cannot be used
/// leaves everything as it was.
async fn reload(app: &App, asked: &mut Config, options: &Options) {
    log::info!("reloading");
    match NotifyState::monotonic_usec_now() {
        Ok(now) => notify(&[NotifyState::Reloading, now]),
        Err(error) => log::warn!("cannot tell systemd: {error}"),
    }
    match configure(options) {
        Ok(_) if options.config.is_none() => {
            log::info!("there is no --config: environment and flags of a running process stay as they are");
        }
        Ok(config) => {
            logging::set(config.log);
            app.reconfigure(config.clone()).await;
            tell(&asked.changes(&config));
            *asked = config.within(asked);
        }
        Err(failure) => log::error!("not reloaded, all stays as it was: {}", one_line(&failure.to_string())),
    }
    notify(&[NotifyState::Ready]);
}

/// A message as one event of the log, without the picture of the place of the mistake.
fn one_line(text: &str) -> String {
    let picture =
        |line: &str| line.trim_start_matches(|c: char| c == ' ' || c.is_ascii_digit()).starts_with('|');
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty() && !picture(line)).collect();
    lines.join(": ")
}

fn tell(changes: &Changes) {
    let Changes { now, later } = changes;
    match now.is_empty() {
        true => log::info!("reloaded: nothing has changed"),
        false => log::info!("reloaded: {}", now.join(", ")),
    }
    if !later.is_empty() {
        log::warn!("only after a restart: {}", later.join(", "));
    }
}

/// The socket that systemd opened for us, or one of our own; and who has it after us.
async fn listen(address: SocketAddr) -> Result<(TcpListener, Heir), Failure> {
    let failed = |error| Failure::Listen(address, error);
    match ListenFd::from_env().take_tcp_listener(0)? {
        Some(listener) => {
            listener.set_nonblocking(true)?;
            let listener = TcpListener::from_std(listener)?;
            let given = listener.local_addr()?;
            if given != address {
                log::info!("the socket is systemd's, {given}; listen = {address} is not used");
            }
            Ok((listener, Heir::NextProcess))
        }
        None => Ok((TcpListener::bind(address).await.map_err(failed)?, Heir::Nobody)),
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
    let code = mint(&app.db, &app.config(), app.clock.now(), Role::Admin).await?;
    eprintln!("There is no admin yet. Become one in the shell:");
    eprintln!("  reel --host {} -c 'register NAME invite={code}'", app.config().listen);
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
