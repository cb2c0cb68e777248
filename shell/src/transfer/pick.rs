//! The titles that a `get` means: numbers, ranges of them, and patterns over the names. However many there are, only
//! a page of them is ever held.

use glob::{MatchOptions, Pattern};
use protocol::grammar::{find as fact, write_word};

use super::place::Title;
use crate::fault::Fault;
use crate::link::Facts;
use crate::locale::{Text, Tongue};
use crate::shell::Shell;
use crate::show::plain::{bytes, cut, harmless};

/// Most titles of a range: each is asked for.
const WIDEST: i64 = 1000;

/// Titles of a page.
const PAGE: usize = 200;

/// How many are shown by name.
const SHOWN: usize = 20;

/// How patterns match: as people search.
const HOW: MatchOptions = MatchOptions {
    case_sensitive: false,
    require_literal_separator: false,
    require_literal_leading_dot: false,
};

/// One word.
#[derive(Clone, Debug)]
enum Pick {
    One(i64),
    Range(i64, i64),
    Like(Pattern),
}

/// All words.
#[derive(Clone, Debug)]
pub struct Picks(Vec<Pick>);

impl Picks {
    /// Understands the words of a `get`.
    ///
    /// # Errors
    /// One of them names no titles.
    pub fn read(shell: &Shell, words: &[String]) -> Result<Self, Fault> {
        words.iter().map(|word| pick(shell.screen.tongue, word)).collect::<Result<_, _>>().map(Self)
    }

    /// Whether it may be more than one.
    pub fn is_many(&self) -> bool {
        !matches!(self.0.as_slice(), [Pick::One(_)])
    }

    /// Looks how many there are, and shows them where they were not named one by one.
    ///
    /// # Errors
    /// No connection, or a refusal.
    pub fn survey(&self, shell: &mut Shell) -> Result<usize, Fault> {
        if self.0.iter().all(|pick| matches!(pick, Pick::One(_))) {
            return Ok(self.0.len());
        }
        let (mut found, mut wrong, mut size) = (0, 0, 0u64);
        self.each(shell, |shell, _, title| {
            match title {
                Ok(title) => {
                    found += 1;
                    size = size.saturating_add(title.size);
                    if found <= SHOWN && !shell.screen.json {
                        let name = harmless(&title.name).into_owned();
                        shell.screen.talk(&format!(
                            "  {}  {}  {}",
                            title.id,
                            cut(&name, 60),
                            bytes(title.size)
                        ));
                    }
                }
                // It is told when it is its turn.
                Err(_) => wrong += 1,
            }
            Ok(())
        })?;
        if found > 0 && !shell.screen.json {
            if found > SHOWN {
                shell.screen.say(Text::AndMore, &[&(found - SHOWN).to_string()]);
            }
            shell.screen.say(Text::Chosen, &[&found.to_string(), &bytes(size)]);
        }
        Ok(found + wrong)
    }

    /// Hands over each title, or why there is none behind a word, with the word.
    ///
    /// # Errors
    /// No connection, or what `visit` says.
    pub fn each(
        &self, shell: &mut Shell,
        mut visit: impl FnMut(&mut Shell, &str, Result<Title, Fault>) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        for pick in &self.0 {
            match pick {
                Pick::One(id) => {
                    let title = one(shell, *id);
                    visit(shell, &id.to_string(), title)?;
                }
                Pick::Range(from, to) => range(shell, (*from, *to), &mut visit)?,
                Pick::Like(pattern) => like(shell, pattern, &mut visit)?,
            }
        }
        Ok(())
    }
}

fn pick(tongue: Tongue, word: &str) -> Result<Pick, Fault> {
    let id = |word: &str| word.parse::<i64>().ok().filter(|id| *id > 0);
    if let Some(id) = id(word) {
        return Ok(Pick::One(id));
    }
    let shown = harmless(word);
    if let Some((from, to)) = word.split_once('-').and_then(|(from, to)| Some((id(from)?, id(to)?))) {
        return match to.checked_sub(from) {
            Some(0..WIDEST) => Ok(Pick::Range(from, to)),
            Some(WIDEST..) => Err(Fault::Usage(tongue.fill(Text::WideRange, &[&WIDEST.to_string()]))),
            _ => Err(Fault::Usage(tongue.fill(Text::BadTitle, &[&shown]))),
        };
    }
    if !is_pattern(word) {
        return Err(Fault::Usage(tongue.fill(Text::BadTitle, &[&shown])));
    }
    let bad = |error: glob::PatternError| {
        Fault::Usage(tongue.fill(Text::BadPattern, &[&shown, &error.to_string()]))
    };
    Pattern::new(word).map(Pick::Like).map_err(bad)
}

/// Whether a word names titles.
pub fn is_pick(word: &str) -> bool {
    pick(Tongue::En, word).is_ok()
}

/// Whether a word stands for others.
pub fn is_pattern(word: &str) -> bool {
    word.contains(['*', '?', '['])
}

/// The title of a number.
///
/// # Errors
/// There is none, or no connection.
pub fn one(shell: &mut Shell, id: i64) -> Result<Title, Fault> {
    let row = shell.info(id)?;
    title(&row)
}

fn range(
    shell: &mut Shell, (from, to): (i64, i64),
    visit: &mut impl FnMut(&mut Shell, &str, Result<Title, Fault>) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let mut found = false;
    for id in from..=to {
        match one(shell, id) {
            // Numbers have holes.
            Err(fault) if fault.is("NOT_FOUND") => {}
            Err(fault) if fault.is_lost() || matches!(fault, Fault::Cancelled) => return Err(fault),
            title => {
                found = true;
                visit(shell, &id.to_string(), title)?;
            }
        }
    }
    if !found {
        let why = shell.screen.tongue.fill(Text::NoTitleBetween, &[&from.to_string(), &to.to_string()]);
        visit(shell, &format!("{from}-{to}"), Err(Fault::NotFound(why)))?;
    }
    Ok(())
}

fn like(
    shell: &mut Shell, pattern: &Pattern,
    visit: &mut impl FnMut(&mut Shell, &str, Result<Title, Fault>) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let (mut found, mut after) = (false, None::<String>);
    loop {
        let mut line = format!("LIST limit={PAGE}");
        if let Some(after) = &after {
            line.push_str(" after=");
            write_word(&mut line, after);
        }
        let reply = shell.session.look(&line)?;
        for row in reply.rows.iter().filter(|row| matches(pattern, row)) {
            found = true;
            visit(shell, fact(row, "id").unwrap_or_default(), title(row))?;
        }
        match reply.status.get("next") {
            Some(next) if after.as_deref() == Some(next) => {
                return Err(Fault::Garbled("a page that follows itself".to_owned()));
            }
            Some(next) => after = Some(next.to_owned()),
            None => break,
        }
    }
    if !found {
        let shown = harmless(pattern.as_str()).into_owned();
        let why = shell.screen.tongue.fill(Text::NoTitleLike, &[&shown]);
        visit(shell, pattern.as_str(), Err(Fault::NotFound(why)))?;
    }
    Ok(())
}

fn matches(pattern: &Pattern, row: &Facts) -> bool {
    fact(row, "title").is_some_and(|title| pattern.matches_with(title, HOW))
}

fn title(row: &Facts) -> Result<Title, Fault> {
    let bad = || Fault::Garbled("a title without id, size or md5".to_owned());
    Ok(Title {
        id: fact(row, "id").and_then(|w| w.parse().ok()).ok_or_else(bad)?,
        name: fact(row, "title").unwrap_or_default().to_owned(),
        size: fact(row, "size").and_then(|w| w.parse().ok()).ok_or_else(bad)?,
        md5: fact(row, "md5").and_then(|w| w.parse().ok()).ok_or_else(bad)?,
        sold: fact(row, "kind") == Some("PAID") && fact(row, "owned") != Some("yes"),
    })
}
