//! What may still be typed, dim behind the cursor: the rest of the last line that began so, or the
//! arguments that are left.

use protocol::table::Arg;
use rustyline::Context;
use rustyline::hint::Hint;
use rustyline::history::SearchDirection;

use super::typed::{Place, Typed};
use crate::help::own_or_spec;
use crate::history::may_store;
use crate::lookup::starts;
use crate::show::plain::{cut, is_harmful};

/// What is shown behind the cursor, and what the arrow to the right takes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ahead {
    shown: String,
    taken: Option<String>,
}

impl Hint for Ahead {
    fn display(&self) -> &str {
        &self.shown
    }

    fn completion(&self) -> Option<&str> {
        self.taken.as_deref()
    }
}

/// What stands behind `line`, which is typed up to its end, in the columns that its row has left.
pub fn ahead(line: &str, room: usize, context: &Context<'_>) -> Option<Ahead> {
    let taken = again(line, context);
    let shown = taken.clone().or_else(|| left(line))?;
    Some(Ahead { shown: cut(&shown, room).into_owned(), taken })
}

/// The rest of the last line that began so. The history holds no secrets.
fn again(line: &str, context: &Context<'_>) -> Option<String> {
    if line.trim().is_empty() {
        return None;
    }
    let history = context.history();
    // One that is looked at already is not shown again.
    let mut from = context.history_index().min(history.len()).checked_sub(1)?;
    loop {
        let found = history.starts_with(line, from, SearchDirection::Reverse).ok().flatten()?;
        let rest = found.entry.get(line.len()..)?;
        // What was no command was a slip, or a word that was looked up.
        if !rest.is_empty() && !rest.chars().any(is_harmful) && may_store(&found.entry) {
            return Some(rest.to_owned());
        }
        from = found.idx.checked_sub(1)?;
    }
}

/// The arguments that are left, from the table.
pub fn left(line: &str) -> Option<String> {
    let typed = Typed::read(line);
    if !typed.word.text.is_empty() || typed.word.quoted {
        return None;
    }
    let (spec, own) = own_or_spec(&typed.before.first()?.text)?;
    let at = match typed.place(spec, own) {
        Place::Word(arg) => spec.args.iter().position(|a| std::ptr::eq(a, arg))?,
        Place::Options => spec.args.len(),
        Place::Path | Place::Count | Place::Flag | Place::Value(..) => return None,
    };
    let args = spec.args.get(at..).unwrap_or_default().iter().map(|arg| {
        let (open, close) = if arg.required { ('<', '>') } else { ('[', ']') };
        format!("{open}{}{close}", arg.key())
    });
    let given = |key: &str| typed.before.iter().any(|word| starts(&word.text, &format!("{key}=")));
    let options = spec.options.iter().map(Arg::key).filter(|key| !given(key));
    let options = options.map(|key| format!("[{key}=]"));
    let flags = own.map_or(&[][..], |own| own.flags).iter();
    let flags = flags.filter(|flag| !typed.before.iter().any(|word| word.text == flag.name));
    let flags = flags.map(|flag| match flag.word {
        Some(word) => format!("[{} {word}]", flag.name),
        None => format!("[{}]", flag.name),
    });
    let all: Vec<String> = args.chain(options).chain(flags).collect();
    (!all.is_empty()).then(|| all.join(" "))
}

#[cfg(test)]
mod tests {
    use rustyline::history::{History as _, MemHistory};

    use super::*;

    #[test]
    fn hints_name_what_is_left() {
        assert_eq!(left("get ").unwrap(), "<id> [-o PATH] [-j N] [--force] [-y] [&]");
        assert_eq!(left("get 7 -j 3 ").unwrap(), "<id> [-o PATH] [--force] [-y] [&]");
        assert_eq!(left("ls ").unwrap(), "[which] [sort=] [after=] [limit=]");
        assert_eq!(left("ls all limit=3 ").unwrap(), "[sort=] [after=]");
        assert_eq!(left("whoami "), None);
        assert_eq!(left("ge"), None);
    }

    #[test]
    fn the_last_line_that_began_so_is_shown_again() {
        let mut history = MemHistory::new();
        for line in
            ["get 7 -o a", "ls paid", "get 12", "my password", "search 绿茶", "get 7\nx", "get 7\u{202e}y"]
        {
            history.add(line).unwrap();
        }
        let context = Context::new(&history);
        let shown = |line, room| ahead(line, room, &context).map(|ahead| (ahead.shown, ahead.taken));
        assert_eq!(shown("get 1", 9), Some(("2".into(), Some("2".into()))));
        assert_eq!(shown("search 绿", 9), Some(("茶".into(), Some("茶".into()))));
        assert_eq!(shown("sea", 5), Some(("rch …".into(), Some("rch 绿茶".into()))));
        assert_eq!(shown("ls paid ", 40), Some(("[sort=] [after=] [limit=]".into(), None)));
        assert_eq!(shown("", 9), None);
        assert_eq!(shown("my", 9), None);
        // Nothing that would move the cursor, and no second line.
        assert_eq!(again("get 7", &context), Some(" -o a".into()));
    }
}
