//! The table of settings in `operating.md` is that of the code: a stale one fails here.
//! `REEL_WRITE_DOCS=1 cargo test -p daemon --test settings` writes it anew.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed expectation here is the message")]

use std::collections::HashMap;
use std::path::Path;

use daemon::config::{AT_START, Config};
use protocol::doc::fill;

/// A field of a struct: its name, its type, what its comment says.
type Field = (String, String, String);

#[test]
fn operating_md_is_current() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut structs = HashMap::new();
    for file in ["src/config/mod.rs", "src/config/limits.rs"] {
        read(&std::fs::read_to_string(root.join(file)).unwrap(), &mut structs);
    }
    let defaults = toml::Table::try_from(Config::default()).unwrap();
    let mut table = String::from("| key | default | what it says, and why |\n|---|---|---|\n");
    write(&structs, "Config", &defaults, "", &mut table);
    for key in AT_START {
        assert!(table.contains(&format!("| `{key}` * |")), "{key} is no key");
    }
    let file = root.parent().unwrap().join("systemd/operating.md");
    let text = std::fs::read_to_string(&file).unwrap();
    let fresh = fill(&text, "settings", &table).expect("operating.md has no <!-- settings -->");
    if std::env::var_os("REEL_WRITE_DOCS").is_some() {
        std::fs::write(&file, &fresh).unwrap();
    }
    assert!(fresh == std::fs::read_to_string(&file).unwrap(), "operating.md is stale: run `just doc`");
}

/// Takes the structs of a source file with their fields.
fn read(text: &str, structs: &mut HashMap<String, Vec<Field>>) {
    let (mut name, mut comment) = (None, vec![]);
    for line in text.lines().map(str::trim) {
        if let Some(rest) = line.strip_prefix("pub struct ") {
            name = rest.strip_suffix(" {").map(str::to_owned);
        } else if line == "}" {
            name = None;
        } else if let Some(words) = line.strip_prefix("/// ") {
            comment.push(words.to_owned());
            continue;
        } else if let (Some(name), Some(field)) = (&name, line.strip_prefix("pub ")) {
            let (key, kind) = field.trim_end_matches(',').split_once(": ").unwrap();
            let field = (key.to_owned(), kind.to_owned(), comment.join(" "));
            structs.entry(name.clone()).or_default().push(field);
        }
        comment.clear();
    }
}

/// Writes the keys of a struct, in the order of its fields.
fn write(
    structs: &HashMap<String, Vec<Field>>, name: &str, defaults: &toml::Table, path: &str, out: &mut String,
) {
    for (key, kind, comment) in &structs[name] {
        let whole = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        match &defaults[key] {
            toml::Value::Table(inner) if structs.contains_key(kind) => {
                out.push_str(&format!("| **`[{whole}]`** | | **{comment}** |\n"));
                write(structs, kind, inner, &whole, out);
            }
            value => {
                assert!(!comment.is_empty(), "{whole} says nothing");
                let mark = if AT_START.contains(&whole.as_str()) { " *" } else { "" };
                let default = match value {
                    toml::Value::Table(_) => String::new(),
                    value => format!("`{value}`"),
                };
                out.push_str(&format!("| `{whole}`{mark} | {default} | {comment} |\n"));
            }
        }
    }
}
