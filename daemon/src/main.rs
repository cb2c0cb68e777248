//! `reeld`: starts the daemon, and the operator's small commands beside it.

mod doors;
mod logging;
mod operator;
mod serve;
mod words;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use daemon::app::{OpenError, make_folder, open_database};
use daemon::clock::Clock;
use daemon::config::{Config, Listen, has_password};
use daemon::door::tls::CertificateError;
use daemon::service::{Fault, account};
use protocol::value::{Role, Time};
use sql::{Db, Found};

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
    /// Where to listen; port 0 takes a free one; none
    #[arg(long, global = true, value_name = "ADDR")]
    listen: Option<Listen>,
    /// Where to listen for TLS
    #[arg(long, global = true, value_name = "ADDR")]
    tls_listen: Option<Listen>,
    /// The certificate for TLS, PEM; without it the one of `reeld cert`, made when there is none
    #[arg(long, global = true, value_name = "FILE")]
    tls_cert: Option<PathBuf>,
    /// Its private key, PEM
    #[arg(long, global = true, value_name = "FILE")]
    tls_key: Option<PathBuf>,
    /// mysql://user:password@host:port/name; SQLite in the data folder without it.
    /// A password is better kept in the configuration or in REEL_DATABASE
    #[arg(long, global = true, value_name = "URL")]
    database: Option<String>,
    /// The configuration, a TOML file
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
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
    /// Make a certificate for TLS that is signed by itself, and print its SHA-256
    Cert(operator::cert::Options),
    /// Print the configuration in force
    Config,
    /// Check database, files and money against each other, also beside a running daemon.
    /// Exit status: 0 clean, 1 findings remain, 2 wrong options or configuration, 3 could not check
    Check(operator::check::Options),
    /// Remove the bytes of deleted titles for good, also beside a running daemon.
    /// Exit status: 0 done, 1 not done, 2 wrong options or configuration
    Purge(operator::purge::Options),
    /// Copy the club into a folder, also beside a running daemon; what the folder has already is not copied again.
    /// Exit status: 0 done, 1 not done, or files are missing in it, 2 wrong options or configuration
    Backup(operator::backup::Options),
    /// Make a club of a backup, in the folder and the database named by --data and --database.
    /// Exit status: 0 done, 1 not done, or files are missing in it, 2 wrong options or configuration
    Restore(operator::backup::Restore),
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
    #[error("there is nothing to listen on: listen and tls_listen are both none")]
    Nowhere,
    #[error(transparent)]
    Certificate(#[from] CertificateError),
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
    #[error("{0}")]
    Backup(#[from] daemon::service::backup::Failed),
    #[error("could not check: {0}")]
    Unchecked(Box<Failure>),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    logging::start();
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
    let config = configure(&cli.options)?;
    logging::set(config.log);
    if matches!(cli.command, None | Some(Command::Serve | Command::Config)) {
        let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
        for (name, meant) in daemon::config::misspelt(names) {
            log::warn!("{name} is no setting and is ignored; was {meant} meant?");
        }
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    match cli.command {
        None | Some(Command::Serve) => runtime.block_on(serve::run(config, &cli.options))?,
        Some(Command::Invite { admin }) => runtime.block_on(invite(&config, admin))?,
        Some(Command::Words { deed }) => runtime.block_on(words::run(&config, deed))?,
        Some(Command::Cert(options)) => operator::cert::run(&config, &options)?,
        Some(Command::Config) => print!("{}", config.shown()?),
        Some(Command::Check(options)) => return runtime.block_on(operator::check::run(&config, &options)),
        Some(Command::Purge(options)) => return runtime.block_on(operator::purge::run(&config, &options)),
        Some(Command::Backup(options)) => return runtime.block_on(operator::backup::run(&config, &options)),
        Some(Command::Restore(options)) => {
            return runtime.block_on(operator::backup::restore(&config, &options));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// What file, environment and flags say together.
fn configure(options: &Options) -> Result<Config, Failure> {
    let mut config = Config::load(options.config.as_deref())?;
    if let Some(data) = &options.data {
        config.data.clone_from(data);
    }
    if let Some(listen) = options.listen {
        config.listen = listen;
    }
    if let Some(listen) = options.tls_listen {
        config.tls_listen = listen;
    }
    if let Some(cert) = &options.tls_cert {
        config.tls_cert.clone_from(cert);
    }
    if let Some(key) = &options.tls_key {
        config.tls_key.clone_from(key);
    }
    if let Some(database) = &options.database {
        if has_password(database) {
            log::warn!(
                "--database shows its password to everybody (ps): keep it in REEL_DATABASE or the configuration"
            );
        }
        config.database.clone_from(database);
    }
    config.check()?;
    Ok(config)
}

async fn mint(db: &sql::Db, config: &Config, now: Time, role: Role) -> Result<String, Failure> {
    let code = account::mint(db, config, now, role).await.map_err(Failure::Refused)?;
    Ok(code.reveal().to_owned())
}

async fn invite(config: &Config, admin: bool) -> Result<(), Failure> {
    let found = Db::found(&config.database_url(), config.database_options()).await?;
    make_folder(config)?;
    let db = open_database(config).await?;
    if found == Found::Nothing {
        // Perhaps another folder was meant.
        eprintln!("reeld: there was no club: made a new one in {}", config.data.display());
    }
    let role = if admin { Role::Admin } else { Role::User };
    let now = Clock::from_environment().now();
    println!("{}", mint(&db, config, now, role).await?);
    db.close().await;
    Ok(())
}
