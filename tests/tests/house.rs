//! The house holds: each floor uses only what it may, and records equal the real schema.
#![allow(clippy::unwrap_used, reason = "a failed expectation here is the message")]

use std::fs;
use std::path::{Path, PathBuf};

/// A floor, and what no line of code on it may name. Cargo holds the edges between crates; these are
/// the ones that it cannot see.
const FLOORS: &[(&str, &[&str])] = &[
    ("protocol/src", &["sql::", "vault::", "tokio::", "std::fs", "std::net"]),
    ("vault/src", &["protocol::", "sql::", "std::net", "tokio::net"]),
    ("sql/src", &["vault::", "protocol::command", "protocol::reply", "std::net"]),
    (
        "daemon/src/service",
        &[
            "protocol::command",
            "protocol::reply",
            "protocol::grammar",
            "crate::session",
            "crate::door",
            "tokio::net",
        ],
    ),
    ("daemon/src/session", &["sql::", "crate::door", "tokio::net", "rusqlite", "mysql_async"]),
    ("daemon/src/door", &["crate::service", "sql::", "vault::Vault", "vault::Claim"]),
    ("shell/src", &["daemon::", "sql::", "vault::"]),
];

/// Only these files name a driver.
const DRIVERS: &[&str] = &["rusqlite", "mysql_async"];

#[test]
fn each_floor_uses_only_what_it_may() {
    let mut wrong = vec![];
    for (floor, banned) in FLOORS {
        for file in sources(&root().join(floor)) {
            for (number, line) in code(&file) {
                for word in banned.iter().filter(|word| names(&line, word)) {
                    wrong.push(format!("{}:{number} names {word}", file.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_security_promises_has_its_tests() {
    let text = fs::read_to_string(root().join("SECURITY.md")).unwrap();
    let quoted: Vec<&str> = text.split('`').skip(1).step_by(2).filter(|word| word.contains("::")).collect();
    assert!(quoted.len() > 30, "{quoted:?}");
    let gone = |name: &&&str| {
        let (file, test) = name.rsplit_once("::").unwrap();
        let path = root().join("tests/tests").join(file.replace("::", "/")).with_extension("rs");
        !fs::read_to_string(path).is_ok_and(|code| code.contains(&format!("fn {test}(")))
    };
    let gone: Vec<&&str> = quoted.iter().filter(gone).collect();
    assert!(gone.is_empty(), "SECURITY.md names tests that are not there: {gone:?}");
}

#[test]
fn only_the_waist_names_a_driver() {
    let mut wrong = vec![];
    for crate_ in ["protocol", "vault", "sql", "daemon", "shell"] {
        for file in sources(&root().join(crate_).join("src")) {
            let waist = file.to_string_lossy().contains("sql/src/db/");
            if !waist
                && code(&file)
                    .iter()
                    .any(|(_, line)| DRIVERS.iter().any(|d| line.contains(&format!("{d}::"))))
            {
                wrong.push(file);
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn grammar_is_the_only_file_that_knows_nom() {
    let knows = |file: &PathBuf| code(file).iter().any(|(_, line)| names(line, "nom::"));
    let all: Vec<PathBuf> = sources(&root().join("protocol/src")).into_iter().filter(knows).collect();
    assert_eq!(all, [root().join("protocol/src/grammar.rs")]);
}

/// Whether a line names a path, as a whole word.
fn names(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':')
    })
}

/// The lines of a file that are code, with their numbers.
fn code(file: &Path) -> Vec<(usize, String)> {
    let text = fs::read_to_string(file).unwrap();
    let lines = text.lines().enumerate().map(|(n, line)| (n + 1, line.to_owned()));
    lines.filter(|(_, line)| !line.trim_start().starts_with("//")).collect()
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut all = vec![];
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(sources(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            all.push(path);
        }
    }
    assert!(!all.is_empty(), "{} holds no code", folder.display());
    all
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}
