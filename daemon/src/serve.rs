//! The daemon from its start to its end, and what signals do to it.

use std::io::{IsTerminal, Write};
use std::time::Duration;

use daemon::app::App;
use daemon::config::{Changes, Config};
use daemon::door::tls::Certificates;
use daemon::door::{Gate, Stop, line};
use daemon::service::transfer::upload;
use protocol::value::{Role, Time};
use sd_notify::NotifyState;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinHandle;

use crate::doors::open_doors;
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
    let (mut asked, mut config) = (config.clone(), config);
    let doors = open_doors(&mut config).await?;
    let certificates = doors.tls.as_ref().map(|(_, certificates)| certificates.clone());
    let app = App::open(config).await?;
    if upload::take_back(&app).await.is_err() {
        log::warn!("uploads that were cut off are looked at later");
    }
    announce(&app);
    welcome_operator(&app).await?;
    let sweeper = tokio::spawn(app.clone().sweep());
    let watchdog = tokio::spawn(feed_watchdog());
    let stop = Stop::default();
    let mut door = tokio::spawn(line::serve(app.clone(), doors, Gate::default(), stop.clone()));
    notify(&[NotifyState::Ready]);

    let outcome = loop {
        tokio::select! {
            () = ends.one() => break Ok(()),
            // It ends only when it is told to, or by a panic: then nobody could come in any more.
            _ = &mut door => break Err(Failure::Deaf),
            _ = hangup.recv() => reload(&app, &mut asked, options, certificates.as_deref()).await,
        }
    };
    match outcome {
        Ok(()) => drain(&app, &mut ends, &stop, &mut door).await,
        Err(_) => stop.halt.cancel(),
    }
    sweeper.abort();
    watchdog.abort();
    app.close().await;
    log::info!("stopped");
    outcome
}

/// Says where and what it is; the plain door first, which is what scripts look for.
fn announce(app: &App) {
    let (config, mut out) = (app.config(), std::io::stdout());
    for (listen, what) in [(config.listen, ""), (config.tls_listen, " tls")] {
        let Some(address) = listen.0 else { continue };
        // A full disk there is no reason not to serve.
        if let Err(error) = writeln!(out, "listening on {address}{what}").and_then(|()| out.flush()) {
            log::warn!("cannot print to standard output ({error}): listening on {address}{what}");
        }
    }
    log::info!("serving {} on {}", config.data.display(), app.db.engine());
    warn_of_exposure(&config);
    if !config.topup_allowed() {
        log::info!("TOPUP is off (money.topup): admins fill wallets with CREDIT and VOUCHER");
    }
}

/// What an operator who opened the plain port perhaps did not want.
fn warn_of_exposure(config: &Config) {
    if config.listen.is_loopback() {
        return;
    }
    if config.accounts.plain_passwords {
        log::warn!(
            "accounts.plain_passwords: other machines send passwords and films over {} in the clear",
            config.listen
        );
    } else if config.tls_listen.0.is_none() {
        log::warn!("nobody can log in from another machine: passwords need TLS there (--tls-listen)");
    }
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
async fn reload(app: &App, asked: &mut Config, options: &Options, certificates: Option<&Certificates>) {
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
            warn_of_exposure(&app.config());
            tell(&asked.changes(&config));
            *asked = config.within(asked);
        }
        Err(failure) => log::error!("not reloaded, all stays as it was: {}", one_line(&failure.to_string())),
    }
    if let Some(certificates) = certificates {
        renew(certificates, app.clock.now());
    }
    notify(&[NotifyState::Ready]);
}

/// Takes a renewed certificate from its files.
fn renew(certificates: &Certificates, now: Time) {
    match certificates.reload(now) {
        Ok(true) => log::info!("new TLS certificate, SHA-256 {}", certificates.fingerprint()),
        Ok(false) => log::info!("the TLS certificate is the same as before"),
        Err(error) => log::error!("the TLS certificate stays as it was: {error}"),
    }
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
    let config = app.config();
    let (listen, tls) =
        if config.listen.0.is_some() { (config.listen, "") } else { (config.tls_listen, " --tls") };
    eprintln!("  reel{tls} --host {listen} -c 'register NAME invite={code}'");
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
