//! `help`: what the table and the shell's own verbs say about themselves.

use protocol::grammar::StatusLine;
use protocol::table::{Gate, Spec};

use crate::fault::Fault;
use crate::friendly::{self, Own};
use crate::group;
use crate::input;
use crate::link::{Facts, Reply};
use crate::locale::{Text, Tongue};
use crate::show::{Answer, Layout, Screen};

/// Explains one verb, or names those that may be given.
///
/// # Errors
/// There is no such verb.
pub fn help(screen: &Screen, gate: Gate, verb: &str) -> Result<Answer, Fault> {
    if verb.is_empty() {
        if !screen.is_for_machines() {
            screen.say(Text::HelpHint, &[]);
        }
        return Ok(answer(all(gate, screen.tongue), Layout::List));
    }
    let own = friendly::find(verb);
    let spec = friendly::table(verb);
    let (usage, spec): (String, &Spec) = match (own, spec) {
        (Some(own), _) => (own.usage(), &own.spec),
        (None, Some(spec)) => (spec.usage(), spec),
        (None, None) => return Err(Fault::Usage(input::unknown(verb, screen.tongue))),
    };
    Ok(answer(vec![card(verb, &usage, spec, screen.tongue)], Layout::Card))
}

fn all(gate: Gate, tongue: Tongue) -> Vec<Facts> {
    let mut all: Vec<_> = every(gate).collect();
    all.sort_by_key(|(_, spec, own)| {
        let (place, _, at) = group::of(spec, *own);
        (place, at)
    });
    all.iter().map(|(usage, spec, own)| row(usage, spec, *own, tongue)).collect()
}

/// Every verb that somebody of this role may give, with its usage and whether it is the shell's own: those first,
/// none twice.
pub fn every(gate: Gate) -> impl Iterator<Item = (String, &'static Spec, bool)> {
    let own = friendly::OWN.iter().map(|own| (own.usage(), &own.spec, true));
    let table = protocol::command::TABLE.iter().filter(|spec| friendly::find(spec.verb).is_none());
    own.chain(table.map(|spec| (spec.usage(), spec, false))).filter(move |(_, spec, _)| spec.gate <= gate)
}

fn row(usage: &str, spec: &Spec, own: bool, tongue: Tongue) -> Facts {
    let (_, group, _) = group::of(spec, own);
    let doc = tongue.doc(spec);
    let text = doc.lines().next().unwrap_or_default();
    facts(&[("verb", &names(spec, own)), ("group", group.0), ("usage", &lower(usage)), ("text", text)])
}

/// All names of a verb, as people type them: the short ones first, which are learnt first.
pub fn names(spec: &Spec, own: bool) -> String {
    let mut names: Vec<&str> = friendly::aliases(spec.verb).collect();
    names.sort_by_key(|name| name.len());
    let short = if own { 0 } else { names.iter().filter(|name| name.len() < spec.verb.len()).count() };
    names.insert(short, spec.verb);
    names.join(", ").to_lowercase()
}

/// All about a verb, under the name by which it was asked for.
fn card(asked: &str, usage: &str, spec: &Spec, tongue: Tongue) -> Facts {
    let others = friendly::aliases(spec.verb).chain([spec.verb]);
    let others: Vec<_> =
        others.filter(|name| !name.eq_ignore_ascii_case(asked)).map(str::to_lowercase).collect();
    let named = |line: &str| match line.split_once(' ') {
        Some((_, rest)) => format!("{} {rest}", asked.to_lowercase()),
        None => asked.to_lowercase(),
    };
    let mut facts =
        facts(&[("usage", &named(usage)), ("text", &tongue.doc(spec).replace('\n', tongue.space()))]);
    let words = arguments(spec, tongue);
    if !words.is_empty() {
        facts.push(("arguments".into(), words));
    }
    if !others.is_empty() {
        facts.push(("also".into(), others.join(", ")));
    }
    if !spec.answer.is_empty() {
        facts.push(("answer".into(), spec.answer.into()));
    }
    facts.push(("example".into(), named(spec.example)));
    facts
}

/// What stands for what in the usage.
fn arguments(spec: &Spec, tongue: Tongue) -> String {
    let words = spec.args.iter().map(|arg| (arg.key().into_owned(), arg));
    let options = spec.options.iter().map(|arg| (format!("{}=", arg.key()), arg));
    let each = words.chain(options).map(|(key, arg)| format!("{key} {}", tongue.expected(arg.shape.what)));
    each.collect::<Vec<_>>().join(tongue.semicolon())
}

/// The verb in lower case, as people type it.
pub fn lower(usage: &str) -> String {
    match usage.split_once(' ') {
        Some((verb, rest)) => format!("{} {rest}", verb.to_lowercase()),
        None => usage.to_lowercase(),
    }
}

fn facts(pairs: &[(&str, &str)]) -> Facts {
    pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
}

fn answer(rows: Vec<Facts>, layout: Layout) -> Answer {
    let status = StatusLine {
        code: 210,
        word: "END".into(),
        facts: facts(&[("rows", &rows.len().to_string())]),
        text: String::new(),
    };
    Answer { reply: Reply { status, rows, events: Vec::new() }, layout, more: None }
}

/// The usage of a verb, for hints.
pub fn own_or_spec(verb: &str) -> Option<(&'static Spec, Option<&'static Own>)> {
    match friendly::find(verb) {
        Some(own) => Some((&own.spec, Some(own))),
        None => Some((friendly::table(verb)?, None)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::grammar::find;

    #[test]
    fn another_name_is_explained_under_that_name() {
        let screen = Screen::new(true);
        let card = help(&screen, Gate::User, "ls").unwrap().reply.rows.remove(0);
        assert!(find(&card, "usage").unwrap().starts_with("ls [ALL|"), "{card:?}");
        assert_eq!(find(&card, "also"), Some("list"));
        assert!(find(&card, "example").unwrap().starts_with("ls "), "{card:?}");
        let card = help(&screen, Gate::User, "whoami").unwrap().reply.rows.remove(0);
        assert_eq!((find(&card, "usage"), find(&card, "also")), (Some("whoami"), Some("balance")));
        let card = help(&screen, Gate::Guest, "man").unwrap().reply.rows.remove(0);
        assert_eq!((find(&card, "example"), find(&card, "also")), (Some("man get"), Some("?, help")));
    }

    #[test]
    fn what_belongs_together_stands_together() {
        let groups = |gate| {
            let mut groups: Vec<String> =
                all(gate, Tongue::En).iter().map(|row| find(row, "group").unwrap().to_owned()).collect();
            groups.dedup();
            groups
        };
        assert_eq!(groups(Gate::Guest), ["account", "shell", "protocol"]);
        let members = ["library", "money", "notices", "lounge", "words", "tickets", "account"];
        assert_eq!(groups(Gate::User), [&members[..], &["shell", "protocol"]].concat());
        assert_eq!(groups(Gate::Admin), [&members[..], &["admins", "shell", "protocol"]].concat());
        let rows = all(Gate::Admin, Tongue::En);
        assert!(find(&rows[0], "verb").is_some_and(|verb| verb == "ls, list"), "{rows:?}");
        let verbs = rows.iter().filter(|row| find(row, "verb") == Some("stats"));
        assert_eq!(verbs.count(), 1);
    }
}
