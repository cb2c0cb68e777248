//! The documents that come from the tables: those of `protocol.md` between its markers.

use std::fmt::Write as _;

use crate::code::Code;
use crate::command::TABLE;
use crate::table::{Gate, Spec};

/// The table of commands, as Markdown.
pub fn commands() -> String {
    let mut out = String::new();
    for gate in [Gate::Guest, Gate::User, Gate::Admin] {
        let who = match gate {
            Gate::Guest => "Anybody",
            Gate::User => "Who is logged in",
            Gate::Admin => "Admins",
        };
        let _ = writeln!(out, "### {who}\n");
        TABLE.iter().filter(|spec| spec.gate == gate).for_each(|spec| command(&mut out, spec));
    }
    out
}

fn command(out: &mut String, spec: &Spec) {
    let lines: Vec<&str> = spec.doc.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
    let _ = writeln!(out, "**`{}`**  ", spec.usage());
    let _ = writeln!(out, "{}  ", lines.join(" "));
    let _ = writeln!(out, "Answer: `{}`  ", spec.answer);
    let _ = writeln!(out, "Example: `{}`\n", spec.example);
}

/// The table of statuses, as Markdown.
pub fn codes() -> String {
    let mut out = String::from("| status | meaning |\n|---|---|\n");
    for code in Code::ALL {
        let _ = writeln!(out, "| `{} {}` | {} |", code.number(), code.word(), code.meaning().trim());
    }
    out
}

/// `text` with what stands between `<!-- name -->` and `<!-- /name -->` replaced by `body`.
pub fn fill(text: &str, name: &str, body: &str) -> Option<String> {
    let (open, close) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let start = text.find(&open)? + open.len();
    let end = start + text.get(start..)?.find(&close)?;
    Some(format!("{}{}{}", text.get(..start)?, body, text.get(end..)?))
}
