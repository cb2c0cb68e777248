//! Did you mean? For options, flags and fixed words; verbs have theirs where they are read.

use protocol::grammar::{self, SyntaxError};
use protocol::near::nearest;
use protocol::table::{Arg, Offer};

use crate::help::own_or_spec;

/// What may have been meant where a line goes wrong, if something there is near what was typed.
pub fn meant(line: &str, error: &SyntaxError) -> Option<String> {
    let words = grammar::words(line.as_bytes()).ok()?;
    let (spec, own) = own_or_spec(&words.plain.first()?.text)?;
    if let Some(key) = &error.option {
        return match spec.option(key) {
            Some(option) => {
                let given = words.options.iter().find(|pair| pair.key.eq_ignore_ascii_case(key))?;
                near(&given.word.text, fixed(option).iter().copied())
            }
            None => near(key, spec.options.iter().map(|option| option.name)),
        };
    }
    let at = words.plain.iter().position(|word| word.column == error.column)?;
    let word = &words.plain.get(at)?.text;
    if word.starts_with('-') {
        // Flags of one letter are all near each other.
        let flags = own.map_or(&[][..], |own| own.flags).iter().map(|flag| flag.name);
        return near(word, flags.filter(|flag| flag.starts_with("--")));
    }
    // What stands at its place, or for the shell's own verbs anywhere: flags may stand before it.
    let place = at.checked_sub(1).and_then(|at| spec.args.get(at));
    let args = place.map_or(spec.args, std::slice::from_ref);
    near(word, args.iter().flat_map(|arg| fixed(arg).iter().copied()))
}

fn near(word: &str, known: impl Iterator<Item = &'static str>) -> Option<String> {
    let near = nearest(word, known).filter(|near| !near.eq_ignore_ascii_case(word))?;
    Some(near.replace('_', "-"))
}

fn fixed(arg: &Arg) -> &'static [&'static str] {
    match arg.shape.offer {
        Offer::Words(words) => words,
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::Fault;

    fn of(line: &str) -> Option<String> {
        match crate::input::read(line, Default::default()) {
            Err(Fault::Syntax { line, error }) => meant(&line, &error),
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn options_flags_and_fixed_words_are_guessed_when_they_are_near() {
        assert_eq!(of("ls PIAD").as_deref(), Some("PAID"));
        assert_eq!(of("ls sort=nmae").as_deref(), Some("name"));
        assert_eq!(of("ls limt=3").as_deref(), Some("limit"));
        assert_eq!(of("put x knid=PAID").as_deref(), Some("kind"));
        assert_eq!(of("put x memberprice=5").as_deref(), Some("member-price"));
        assert_eq!(of("get 7 --forec").as_deref(), Some("--force"));
        for line in ["ls sideways", "ls limit=3 limit=4", "ls limit=x", "info x", "get 7 -q", "info \"7"] {
            assert_eq!(of(line), None, "{line}");
        }
    }
}
