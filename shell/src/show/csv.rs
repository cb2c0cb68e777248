//! Answers for spreadsheets and their like: one table a command, as RFC 4180 has it.

use std::borrow::Cow;

use csv::{Terminator, WriterBuilder};
use protocol::command;
use protocol::grammar::{find, is_forbidden};
use protocol::table::Spec;

use super::plain::harmless;
use crate::link::{Facts, Reply};

/// The table of a reply: a heading, and a line for each row; the facts of the answer where there are no rows.
/// Nothing where nothing is told. On a terminal what could command it is written as an escape.
pub fn table(reply: &Reply, spec: Option<&Spec>, terminal: bool) -> Option<Vec<u8>> {
    let status = &reply.status;
    let of_rows = !reply.rows.is_empty() || status.word == "END";
    let (mut keys, rows) = match of_rows {
        true => (spec.map(columns).unwrap_or_default(), reply.rows.as_slice()),
        false => (Vec::new(), std::slice::from_ref(&status.facts)),
    };
    for (key, _) in rows.iter().flatten() {
        if !keys.contains(&key.as_str()) && key != "token" {
            keys.push(key);
        }
    }
    if keys.is_empty() {
        return None;
    }
    let mut out = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    out.write_record(keys.iter().map(|key| harmless(key).into_owned())).ok()?;
    for row in rows {
        out.write_record(keys.iter().map(|key| cell(row, key, terminal).into_owned())).ok()?;
    }
    out.into_inner().ok()
}

/// What no club lets anybody write is written as an escape wherever it goes; all the rest is as it is.
fn cell<'a>(row: &'a Facts, key: &str, terminal: bool) -> Cow<'a, str> {
    let word = find(row, key).unwrap_or_default();
    let is_odd = |c| c != '\n' && is_forbidden(c);
    match terminal || word.contains(is_odd) {
        true => harmless(word),
        false => Cow::Borrowed(word),
    }
}

/// The columns that a command says it answers, those that a row may lack included: every table of it has them.
fn columns(spec: &Spec) -> Vec<&'static str> {
    let rows = spec.answer.split([',', '|']).next().unwrap_or_default();
    if !rows.starts_with("rows") && !rows.starts_with("one row") {
        return Vec::new();
    }
    let mut words = rows.split_whitespace().peekable();
    let mut keys = Vec::new();
    while let Some(word) = words.next() {
        if word == "as" {
            keys.extend(words.peek().and_then(|verb| command::find(verb)).map(columns).unwrap_or_default());
        }
        if let Some((key, _)) =
            word.trim_start_matches('[').split_once('=').filter(|(key, _)| !keys.contains(key))
        {
            keys.push(key);
        }
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::grammar::StatusLine;

    fn facts(pairs: &[(&str, &str)]) -> Facts {
        pairs.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect()
    }

    fn shown(rows: Vec<Facts>, status: &[(&str, &str)], verb: &str, terminal: bool) -> Option<String> {
        let word = if status.is_empty() { "END" } else { "OK" };
        let status = StatusLine { code: 250, word: word.into(), facts: facts(status), text: "x".into() };
        let reply = Reply { status, rows, events: vec![] };
        table(&reply, command::find(verb), terminal).map(|bytes| String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn a_command_has_its_columns_whatever_a_row_lacks() {
        let list = "id,kind,price,member-price,size,md5,author,at,title,owned\r\n";
        assert_eq!(shown(vec![], &[], "LIST", false).unwrap(), list);
        assert_eq!(shown(vec![], &[], "SEARCH", false).unwrap(), list);
        let row = facts(&[("title", "a, \"b\"\nc"), ("id", "7"), ("new", "=1+1")]);
        assert_eq!(
            shown(vec![row], &[], "SEARCH", false).unwrap(),
            "id,kind,price,member-price,size,md5,author,at,title,owned,new\r\n\
             7,,,,,,,,\"a, \"\"b\"\"\nc\",,=1+1\r\n"
        );
        assert!(shown(vec![], &[], "INFO", false).unwrap().contains(",owned,fetched,deleted,"));
    }

    #[test]
    fn an_answer_without_rows_is_its_facts_but_no_token() {
        let told = [("user", "anna"), ("balance", "5.00"), ("token", "secret")];
        assert_eq!(shown(vec![], &told, "WHOAMI", false).unwrap(), "user,balance\r\nanna,5.00\r\n");
        assert_eq!(shown(vec![], &[("token", "t")], "NOOP", false), None);
    }

    #[test]
    fn what_no_club_stores_is_an_escape_and_on_a_terminal_all_that_could_command_it() {
        let row = || vec![facts(&[("id", "a\u{1b}[2J\u{202e}")]), facts(&[("id", "b\u{200b}c")])];
        let piped = shown(row(), &[], "NOOP", false).unwrap();
        assert_eq!(piped, "id\r\na\\u{1b}[2J\\u{202e}\r\nb\u{200b}c\r\n");
        assert!(shown(row(), &[], "NOOP", true).unwrap().ends_with("b\\u{200b}c\r\n"));
    }
}
