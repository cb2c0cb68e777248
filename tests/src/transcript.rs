//! Plays the conversations of `tests/transcripts` with a real daemon. `protocol.md` shows the same files.
//!
//! | line | meaning |
//! |---|---|
//! | `# …` | a comment |
//! | `C: line` | the client sends this line |
//! | `S: line` | the server says this line. `…` stands for any text, `<name>` for one value: the first time it is noted, then it has to be the same |
//! | `B> "text"`, `B> 1000` | the client sends a body: these bytes, or the first 1000 of the alphabet over and over |
//! | `B< "text"`, `B< 10 @ 26` | the server sends a body: these bytes, or 10 of the alphabet from number 26 on |
//! | `A: anna` | what follows happens on the connection of that name, opened at first use |
//! | `E:` | the server closes the connection |
//! | `H:` | the client hangs up |
//! | `T: +30` | 30 seconds pass |
//! | `WORDS eng "tea\ta drink\n"` | the operator imports this word list under that name |
//! | `INVITE <code>` | the operator mints a code for an admin and notes it |
//!
//! The greeting is taken silently where a transcript does not begin with it. At the end nothing may be left unread.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use crate::club::{Club, Engine};
use crate::line::Line;

/// Where the transcripts lie.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/transcripts");

/// Plays `transcripts/NAME.txt` on a fresh club and fails at the first line that comes out otherwise.
pub fn play(name: &str, engine: Engine) {
    run(name, engine, Club::start(engine), false);
}

/// The same over TLS.
pub fn play_tls(name: &str, engine: Engine) {
    run(name, engine, Club::with_tls(engine, ""), true);
}

fn run(name: &str, engine: Engine, club: Club, tls: bool) {
    let path = PathBuf::from(FOLDER).join(format!("{name}.txt"));
    let text = fs::read_to_string(&path).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
    let mut play = Play { club, tls, lines: BTreeMap::new(), at: String::new(), values: BTreeMap::new() };
    let mut told = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if let Err(mismatch) = play.step(line.trim_end()) {
            let mut before: Vec<&str> = told.iter().rev().take(8).copied().collect();
            before.reverse();
            panic!(
                "transcripts/{name}.txt, line {} ({engine:?})\n\n    {}\n  > {line}\n\n{mismatch}\n  noted: {:?}\n",
                number + 1,
                before.join("\n    "),
                play.values
            );
        }
        told.push(line);
    }
    play.nothing_left(name);
}

struct Play {
    club: Club,
    tls: bool,
    lines: BTreeMap<String, Line>,
    at: String,
    values: BTreeMap<String, String>,
}

impl Play {
    fn step(&mut self, line: &str) -> Result<(), String> {
        if line.is_empty() || line.starts_with('#') {
            return Ok(());
        }
        if let Some(name) = line.strip_prefix("INVITE ") {
            let code = self.club.invite(true);
            self.values.insert(name.trim_matches(['<', '>']).to_owned(), code);
            return Ok(());
        }
        if let Some((name, list)) = line.strip_prefix("WORDS ").and_then(|rest| rest.split_once(' ')) {
            let list = list.trim_matches('"').replace("\\n", "\n").replace("\\t", "\t");
            let out = self.club.import(name, list);
            let said = || format!("  it was not imported: {}", String::from_utf8_lossy(&out.stderr));
            return out.status.success().then_some(()).ok_or_else(said);
        }
        let (mark, rest) = line.split_at_checked(2).ok_or("  no mark of a transcript")?;
        let rest = rest.strip_prefix(' ').unwrap_or(rest);
        match mark {
            "C:" => {
                let line = self.fill(rest)?;
                self.line(false).say(&line);
            }
            "S:" => {
                let said = self
                    .line(rest.starts_with("220 "))
                    .try_line()
                    .map_err(|why| format!("  nothing came: {why}"))?;
                let said = said.ok_or("  the connection ended")?;
                matches(rest, &said, &mut self.values).then_some(()).ok_or_else(|| differ(rest, &said))?;
            }
            "B>" => self.line(false).send(&body(rest)?),
            "B<" => {
                let expected = body(rest)?;
                let got = self.line(false).body(expected.len());
                let text = String::from_utf8_lossy(&got);
                (got == expected)
                    .then_some(())
                    .ok_or_else(|| differ(&String::from_utf8_lossy(&expected), &text))?;
            }
            "A:" => rest.clone_into(&mut self.at),
            "H:" => {
                self.line(false).half_close();
                self.line(false).rest(); // so that the server has noticed before the next line
                self.lines.remove(&self.at);
            }
            "E:" => {
                let left = self.line(false).rest();
                left.is_empty()
                    .then_some(())
                    .ok_or_else(|| differ("the end", &String::from_utf8_lossy(&left)))?;
                self.lines.remove(&self.at);
            }
            "T:" => self.club.advance(rest.trim_start_matches('+').parse().map_err(|_| "T: +seconds")?),
            _ => return Err(format!("  {mark:?} is no mark of a transcript")),
        }
        Ok(())
    }

    /// The connection that is spoken on, opened at first use. `greeting`: leave the greeting to be read.
    fn line(&mut self, greeting: bool) -> &mut Line {
        let (club, tls) = (&self.club, self.tls);
        let open = || {
            let line = if tls { club.bare_tls() } else { Line::bare(club.address()) };
            if greeting { line } else { line.greeted() }
        };
        self.lines.entry(self.at.clone()).or_insert_with(open)
    }

    /// Puts what was noted in place of `<name>`.
    fn fill(&self, line: &str) -> Result<String, String> {
        let mut out = String::new();
        let mut rest = line;
        while let Some((before, name, after)) = placeholder(rest) {
            let value = self.values.get(name).ok_or_else(|| format!("  <{name}> was never noted"))?;
            out.extend([before, value]);
            rest = after;
        }
        Ok(out + rest)
    }

    fn nothing_left(&mut self, name: &str) {
        for (who, line) in &mut self.lines {
            line.half_close();
            let left = line.rest();
            assert!(
                left.is_empty(),
                "transcripts/{name}.txt: {who} left unread {:?}",
                String::from_utf8_lossy(&left)
            );
        }
    }
}

fn differ(expected: &str, got: &str) -> String {
    let same = expected.chars().zip(got.chars()).take_while(|(a, b)| a == b).count();
    format!("  expected: {expected}\n  got:      {got}\n            {}^", " ".repeat(same))
}

/// What stands after `B>` and `B<`.
fn body(text: &str) -> Result<Vec<u8>, String> {
    if let Some(quoted) = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        return Ok(quoted.as_bytes().to_vec());
    }
    let (length, from) = text.split_once('@').unwrap_or((text, "0"));
    let number = |text: &str| text.trim().parse::<usize>().map_err(|_| format!("  no body: {text:?}"));
    Ok((b'a'..=b'z').cycle().skip(number(from)? % 26).take(number(length)?).collect())
}

/// The first `<name>` in `text`, with what stands before and after it.
fn placeholder(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('<')?;
    let (name, after) = rest.split_once('>')?;
    Some((before, name, after))
}

/// Does `said` follow `pattern`? Notes the values of new placeholders, but only when all of it does.
fn matches(pattern: &str, said: &str, values: &mut BTreeMap<String, String>) -> bool {
    let mut new = values.clone();
    let fits = fits(pattern, said, &mut new);
    if fits {
        *values = new;
    }
    fits
}

fn fits(pattern: &str, said: &str, values: &mut BTreeMap<String, String>) -> bool {
    let Some(special) = pattern.find(['…', '<']) else {
        return pattern == said;
    };
    let Some(said) = said.strip_prefix(&pattern[..special]) else {
        return false;
    };
    let pattern = &pattern[special..];
    if let Some(after) = pattern.strip_prefix('…') {
        return cuts(said).any(|at| fits(after, &said[at..], values));
    }
    let Some((_, name, after)) = placeholder(pattern) else {
        return false;
    };
    if let Some(known) = values.get(name) {
        return said.strip_prefix(known.as_str()).is_some_and(|rest| fits(after, rest, values));
    }
    let longest = said.find([' ', '"']).unwrap_or(said.len());
    let candidates: Vec<usize> = cuts(&said[..longest]).filter(|at| *at > 0).collect();
    candidates.into_iter().rev().any(|at| {
        let mut with = values.clone();
        with.insert(name.to_owned(), said[..at].to_owned());
        let fits = fits(after, &said[at..], &mut with);
        if fits {
            *values = with;
        }
        fits
    })
}

/// Every place where `text` can be cut, its end included.
fn cuts(text: &str) -> impl Iterator<Item = usize> + use<'_> {
    text.char_indices().map(|(at, _)| at).chain([text.len()])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noted(pattern: &str, said: &str) -> Option<BTreeMap<String, String>> {
        let mut values = BTreeMap::from([("known".to_owned(), "7".to_owned())]);
        matches(pattern, said, &mut values).then_some(values)
    }

    #[test]
    fn a_pattern_notes_and_compares() {
        let values =
            noted("250 OK id=<id> by=\"<who>\" n=<known> : …", "250 OK id=12 by=\"ann\" n=7 : fine : so")
                .unwrap();
        assert_eq!((values["id"].as_str(), values["who"].as_str()), ("12", "ann"));
        assert_eq!(noted("n=<known>", "n=8"), None);
        assert_eq!(noted("a=<x> b=<x>", "a=1 b=2"), None);
        assert!(noted("a=<x> b=<x>", "a=1 b=1").is_some());
        assert!(noted("250 OK …: …", "250 OK : yes").is_some());
        assert_eq!(noted("250 OK", "250 OK "), None);
    }

    #[test]
    fn a_body_is_text_or_the_alphabet() {
        assert_eq!(body("\"hello\""), Ok(b"hello".to_vec()));
        assert_eq!(body("3 @ 25"), Ok(b"zab".to_vec()));
        assert!(body("many").is_err());
    }
}
