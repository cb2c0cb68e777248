//! Reel beside its peers on loopback. `bench/run` builds it, gets the peers and runs it; see README.md.

mod client;
mod content;
mod instructions;
mod lab;
mod peer;
mod process;
mod report;
mod row;
mod stat;

use std::fmt;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::lab::Lab;
use crate::report::Found;
use crate::row::Row;

/// What goes wrong here is told and ends the row, or all.
type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Rounds, where none are asked for.
const ROUNDS: usize = 5;

/// Rows that are measured so few times are not warmed up.
const FEW: usize = 3;

/// Files that each of us may have open: 10,000 sessions and what else there is.
const FILES: u64 = 40_000;

/// Why somebody is left out, where that is no mistake.
#[derive(Debug)]
struct Skip(String);

impl Skip {
    fn because(why: String) -> Box<dyn std::error::Error + Send + Sync> {
        Box::new(Skip(why))
    }
}

impl fmt::Display for Skip {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::error::Error for Skip {}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let done = match args.first().map(String::as_str) {
        Some("bare") => peer::serve_bare(Path::new(args.get(1).map_or(".", String::as_str))),
        Some("hold") => client::hold::run(args.get(1..).unwrap_or_default()),
        Some("instructions") => {
            raise_limits().and_then(|()| instructions::run(args.get(1..).unwrap_or_default()))
        }
        _ => raise_limits().and_then(|()| run(&args)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

/// `[ROUNDS] [ROW…]`.
fn run(args: &[String]) -> Result<()> {
    let (rounds, names) = match args.split_first() {
        Some((first, rest)) if first.parse::<usize>().is_ok() => (first.parse()?, rest),
        _ => (ROUNDS, args),
    };
    let mut rows = row::all();
    if let Some(unknown) = names.iter().find(|name| !rows.iter().any(|row| row.name() == *name)) {
        let known: Vec<_> = rows.iter().map(|row| row.name()).collect();
        return Err(format!("no row {unknown:?}; there are {}", known.join(" ")).into());
    }
    rows.retain(|row| names.is_empty() || names.iter().any(|name| name == row.name()));
    let mut lab = Lab::new()?;
    let mut found: Vec<Found> = rows.iter().map(|row| Found::new(&**row)).collect();
    // Round 0 warms up: servers start, files are written and uploaded.
    for round in 0..=rounds {
        for (row, found) in rows.iter_mut().zip(&mut found) {
            one_round(&mut lab, &mut **row, found, round);
        }
    }
    for found in &found {
        print!("{}", found.text());
    }
    let target = std::env::var("CARGO_TARGET_DIR").unwrap_or_else(|_| "target".into());
    let base = report::write(&Path::new(&target).join("bench"), rounds, &found)?;
    println!(
        "\nx: the first of each table to it, above 1 it is the better one. Written: {}.json .md .svg",
        base.display()
    );
    match found.iter().any(|found| found.failed) {
        false => Ok(()),
        true => Err("somebody failed at something, and was left out there".into()),
    }
}

/// All competitors in turn, another one first each time, so that what else the machine does meets all.
fn one_round(lab: &mut Lab, row: &mut dyn Row, found: &mut Found, round: usize) {
    // What is measured a few times only takes long enough to be warm.
    let warm_up = round == 0;
    if round > row.rounds() || (warm_up && row.rounds() <= FEW) {
        return;
    }
    let since = Instant::now();
    let mut order = row.competitors().to_vec();
    let first = round % order.len();
    order.rotate_left(first);
    for who in order {
        if found.left_out.iter().any(|(out, _)| *out == who) {
            continue;
        }
        match row.measure(lab, who) {
            Ok(_) if warm_up => {}
            Ok(measured) => found.add(who, &measured),
            Err(error) => {
                eprintln!("{}: {who} is left out: {error}", found.name);
                found.failed |= !error.is::<Skip>();
                found.left_out.push((who, error.to_string()));
            }
        }
    }
    let which = if warm_up { "warm-up".to_owned() } else { format!("round {round}") };
    eprintln!("{which}: {} ({:.1} s)", found.name, since.elapsed().as_secs_f64());
}

/// As far as we may; what we start inherits it.
fn raise_limits() -> Result<()> {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    let more = Rlimit { current: Some(FILES), maximum: Some(maximum.map_or(FILES, |most| most.max(FILES))) };
    if setrlimit(Resource::Nofile, more).is_err() {
        setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum })?;
    }
    Ok(())
}
