//! BUY and BOOK over 64 connections, each an account of its own: durable, charged once.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::{Better, Figure, Row};
use crate::Result;
use crate::client::{Door, Line, Session, line, rate};
use crate::content::tiny;
use crate::lab::Lab;
use crate::peer::mariadb::{self, MariaDb};
use crate::peer::reel;

const BUYERS: usize = 64;

/// Titles a round: more than one buyer can buy in the window.
const TITLES: usize = 400;

/// See the module.
#[derive(Default)]
pub struct Money {
    mariadb: Option<MariaDb>,
    sqlite_buyers: Vec<Line>,
    mariadb_buyers: Vec<Line>,
    round: usize,
}

impl Row for Money {
    fn name(&self) -> &'static str {
        "money"
    }

    fn title(&self) -> &'static str {
        "BUY and BOOK, 64 connections"
    }

    fn figures(&self) -> &'static [Figure] {
        &[
            Figure {
                title: "BUY",
                unit: "a second",
                better: Better::More,
                target: "twice the first measurement",
            },
            Figure {
                title: "BOOK",
                unit: "a second",
                better: Better::More,
                target: "twice the first measurement",
            },
        ]
    }

    fn competitors(&self) -> &'static [&'static str] {
        &["Reel on SQLite", "Reel on MariaDB"]
    }

    fn measure(&mut self, lab: &mut Lab, who: &str) -> Result<Vec<Option<f64>>> {
        self.round += 1;
        let database = if who == "Reel on MariaDB" { Some(self.database(lab)?) } else { None };
        let (window, folder) = (lab.window, lab.folder.clone());
        let setup = reel::Setup { name: Some(who.replace(' ', "")), database, ..Default::default() };
        let server = lab.special(who, |lab| reel::start(lab, &setup))?;
        let club = server.reel.as_ref().ok_or("no club")?;
        let buyers =
            if who == "Reel on MariaDB" { &mut self.mariadb_buyers } else { &mut self.sqlite_buyers };
        if buyers.is_empty() {
            *buyers = accounts(&club.member)?;
        }
        let buyers = &*buyers;
        let enter = |number: usize| buyers.get(number).ok_or("no such buyer")?.session();

        let titles = titles(club, &folder, self.round)?;
        let next: Vec<AtomicUsize> = (0..BUYERS).map(|_| AtomicUsize::new(0)).collect();
        let buy = rate(BUYERS, window, enter, |session: &mut Box<dyn Session>, number| {
            // Who has bought all is done; the others are not to go on without it.
            let Some(title) =
                next.get(number).and_then(|next| titles.get(next.fetch_add(1, Ordering::Relaxed)))
            else {
                return Ok(0);
            };
            session.command(&format!("BUY {title}"))?;
            Ok(1)
        })?;

        let staged = club.admin.session()?.command("STAGE \"Film night\" seats=100000 price=0.01")?;
        let event = line::fact(&staged, "id")?.to_owned();
        let book = rate(BUYERS, window, enter, |session: &mut Box<dyn Session>, _| {
            session.command(&format!("BOOK {event} 1"))?;
            Ok(1)
        })?;
        Ok(vec![Some(buy), Some(book)])
    }
}

impl Money {
    fn database(&mut self, lab: &Lab) -> Result<String> {
        if self.mariadb.is_none() {
            self.mariadb = Some(mariadb::start(lab)?);
        }
        Ok(self.mariadb.as_ref().ok_or("no database")?.url.clone())
    }
}

/// Accounts with money.
fn accounts(club: &Line) -> Result<Vec<Line>> {
    let one = |number: usize| {
        let buyer = club.register(&format!("buyer{number}"), "")?;
        buyer.session()?.command("TOPUP 100000")?;
        Ok(buyer)
    };
    (0..BUYERS).map(one).collect()
}

/// Titles for sale that nobody has bought.
fn titles(club: &reel::Club, folder: &std::path::Path, round: usize) -> Result<Vec<String>> {
    let names: Vec<String> = (0..TITLES).map(|number| format!("sale {round} {number}")).collect();
    let source = |name: &String| {
        let mut source = tiny(&folder.join("tiny").with_file_name(name.replace(' ', ".")), name)?;
        source.options = "kind=PAID price=0.01";
        Ok((name.clone(), source))
    };
    club.upload(&names.iter().map(source).collect::<Result<Vec<_>>>()?)?;
    let titles = club.member.titles.lock().map_err(|_| "a client panicked")?;
    Ok(names.iter().filter_map(|name| titles.get(name).cloned()).collect())
}
