//! `reeld cert`.

use clap::Args;
use daemon::app::make_folder;
use daemon::clock::Clock;
use daemon::config::Config;
use daemon::door::tls::{Certificates, Files, make, own_names};

use crate::Failure;

/// What `reeld cert` takes.
#[derive(Args)]
pub(crate) struct Options {
    /// A name or an address under which the club is reached; may be given several times. Without it this
    /// machine's name, localhost, 127.0.0.1 and ::1
    #[arg(long, value_name = "HOST")]
    name: Vec<String>,
    /// Replace the one that is there. A running daemon takes the new one with SIGHUP
    #[arg(long)]
    force: bool,
}

/// Makes a certificate in the data folder and prints its fingerprint; without a name, that of the one that is there.
pub(crate) fn run(config: &Config, options: &Options) -> Result<(), Failure> {
    make_folder(config)?;
    let files = Files::of_folder(&config.data);
    let names = if options.name.is_empty() { own_names() } else { options.name.clone() };
    let now = Clock::from_environment().now();
    if options.force || !(files.cert.exists() || files.key.exists()) {
        make(&files, &names, now, options.force)?;
        eprintln!("reeld: made {}; a running daemon takes it with SIGHUP", files.cert.display());
    } else if options.name.is_empty() {
        eprintln!("reeld: {} is there already; --force makes another", files.cert.display());
    } else {
        // It may not bear the names that are asked for.
        make(&files, &names, now, false)?;
    }
    println!("{}", Certificates::load(files, now)?.fingerprint());
    Ok(())
}
