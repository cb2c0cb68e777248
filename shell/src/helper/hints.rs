//! What may still be typed, dim behind the cursor.

use protocol::table::Arg;
use rustyline::hint::Hint;

use super::starts;
use super::typed::{Place, Typed};
use crate::help::own_or_spec;

/// The arguments that are left, dim behind the cursor.
pub struct Left(pub String);

impl Hint for Left {
    fn display(&self) -> &str {
        &self.0
    }

    fn completion(&self) -> Option<&str> {
        None
    }
}

/// What may still be typed, from the table.
pub fn left(line: &str) -> Option<String> {
    let typed = Typed::read(line);
    if !typed.word.is_empty() || typed.quoted {
        return None;
    }
    let (spec, own) = own_or_spec(typed.before.first()?)?;
    let at = match typed.place(spec, own) {
        Place::Word(arg) => spec.args.iter().position(|a| std::ptr::eq(a, arg))?,
        Place::Options => spec.args.len(),
        Place::Path | Place::Count | Place::Value(..) => return None,
    };
    let args = spec.args.get(at..).unwrap_or_default().iter().map(|arg| {
        let (open, close) = if arg.required { ('<', '>') } else { ('[', ']') };
        format!("{open}{}{close}", arg.key())
    });
    let given = |key: &str| typed.before.iter().any(|w| starts(w, &format!("{key}=")));
    let options = spec.options.iter().map(Arg::key).filter(|key| !given(key));
    let options = options.map(|key| format!("[{key}=]"));
    let flags = own.map_or(&[][..], |own| own.flags).iter();
    let flags = flags.filter(|flag| !typed.before.iter().any(|word| word == flag.name));
    let flags = flags.map(|flag| match flag.word {
        Some(word) => format!("[{} {word}]", flag.name),
        None => format!("[{}]", flag.name),
    });
    let all: Vec<String> = args.chain(options).chain(flags).collect();
    (!all.is_empty()).then(|| all.join(" "))
}
