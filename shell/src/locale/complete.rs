//! Whether every language has everything: what is missing and what nobody uses any more is named, with the place
//! where it belongs.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use clap::CommandFactory as _;
use protocol::code::Code;
use protocol::command::TABLE;
use protocol::table::{Arg, Spec};

use super::{Text, Tongue, zh};
use crate::{cli, friendly};

/// What a table of Chinese has too little and too much.
#[track_caller]
fn complete(table: &[(&str, &str)], wanted: impl IntoIterator<Item = String>, file: &str, name: &str) {
    let wanted: BTreeSet<String> = wanted.into_iter().collect();
    let there: BTreeSet<String> = table.iter().map(|(key, _)| (*key).to_owned()).collect();
    assert_eq!(there.len(), table.len(), "{name} in shell/src/locale/zh/{file} has something twice");
    let missing: Vec<String> =
        wanted.difference(&there).map(|key| format!("    ({key:?}, \"…\"),")).collect();
    let unused: Vec<String> = there.difference(&wanted).map(|key| format!("    {key:?}")).collect();
    assert!(
        missing.is_empty() && unused.is_empty(),
        "shell/src/locale/zh/{file}\nadd to {name}, with its Chinese:\n{}\nremove from {name}, nobody asks for it:\n{}",
        missing.join("\n"),
        unused.join("\n")
    );
    assert!(table.iter().all(|(_, text)| !text.trim().is_empty()), "an empty text in {name} of {file}");
}

fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    fn walk(folder: &Path, out: &mut Vec<(PathBuf, String)>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => walk(&path, out),
                false => out.push((path.clone(), fs::read_to_string(&path).unwrap())),
            }
        }
    }
    let mut out = Vec::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut out);
    // Where the texts themselves are.
    out.retain(|(path, _)| {
        let path = path.to_string_lossy();
        !path.contains("/locale/") || path.ends_with("/locale/mod.rs")
    });
    out
}

/// The string literals that follow `call` before the statement ends.
fn literals(text: &str, call: &str) -> Vec<String> {
    let without_tests = text.split("#[cfg(test)]").next().unwrap_or_default();
    let mut out = Vec::new();
    for after in without_tests.split(call).skip(1) {
        let statement = after.split([';', '}']).next().unwrap_or_default();
        if let Some(literal) = statement.trim_start().strip_prefix('"') {
            out.extend(literal.split_once('"').map(|(literal, _)| literal.to_owned()));
        } else if let Some((before, rest)) = statement.split_once(", \"")
            && !before.contains(')')
        {
            out.extend(rest.split_once('"').map(|(literal, _)| literal.to_owned()));
        }
    }
    out
}

#[test]
fn every_text_is_used() {
    let sources = sources("src");
    let used = |name: &str| {
        sources.iter().any(|(_, text)| {
            text.match_indices(&format!("Text::{name}")).any(|(at, found)| {
                !text[at + found.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '_')
            })
        })
    };
    let unused: Vec<String> = Text::ALL.iter().map(|text| format!("{text:?}")).filter(|n| !used(n)).collect();
    assert!(unused.is_empty(), "nobody says these: remove them from shell/src/locale: {unused:?}");
}

#[test]
fn every_verb_is_explained() {
    let own = friendly::OWN.iter().map(|own| own.spec.verb.to_owned());
    complete(zh::verbs::OWN, own, "verbs.rs", "OWN");
    complete(zh::verbs::TABLE, TABLE.iter().map(|spec| spec.verb.to_owned()), "verbs.rs", "TABLE");
    for own in friendly::OWN {
        let lines = Tongue::Zh.doc(&own.spec).lines().count();
        let english = Tongue::En.doc(&own.spec).lines().count();
        assert_eq!(lines > 1, english > 1, "{}: a summary, and more below it", own.spec.verb);
    }
}

#[test]
fn everything_that_may_be_expected_is_named() {
    let specs = friendly::OWN.iter().map(|own| &own.spec).chain(TABLE);
    let shape = |arg: &Arg| arg.shape.what.to_owned();
    let shapes = specs.flat_map(|spec: &Spec| spec.args.iter().chain(spec.options).map(shape));
    let flags = friendly::OWN.iter().flat_map(|own| own.flags);
    let flags = flags.filter_map(|flag| flag.word).map(str::to_owned);
    let grammar =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../protocol/src/grammar.rs"));
    let grammar = grammar.unwrap();
    let mut all: Vec<String> = shapes.chain(flags).collect();
    let others = ["../protocol/src", "src"].map(sources).concat();
    for (_, text) in &others {
        all.extend(literals(text, "SyntaxError::at("));
        all.extend(literals(text, "SyntaxError::option("));
    }
    let mistakes = grammar.split("let expected = match").nth(1).unwrap().split("};").next().unwrap();
    for arm in mistakes.lines().filter_map(|line| line.split_once("=> \"")) {
        all.push(arm.1.trim_end_matches("\",").replace("\\\"", "\"").replace("\\\\", "\\"));
    }
    all.push("no option here".to_owned());
    assert!(all.len() > 60, "{all:?}");
    complete(zh::words::EXPECTED, all, "words.rs", "EXPECTED");
}

#[test]
fn what_the_client_says_itself_is_translated() {
    let sources = sources("src");
    let quoted: BTreeSet<String> = sources
        .iter()
        .flat_map(|(_, text)| {
            let calls = ["Fault::Garbled(", "Fault::lost(", "Fault::Usage("];
            calls.map(|call| literals(text, call)).concat()
        })
        .filter(|literal| !literal.contains('{'))
        .collect();
    let by_hand = zh::words::SAID.iter().map(|(key, _)| (*key).to_owned());
    let by_hand = by_hand.filter(|key| sources.iter().any(|(_, text)| text.contains(&format!("\"{key}\""))));
    complete(zh::words::SAID, quoted.into_iter().chain(by_hand), "words.rs", "SAID");
    let by_parsers = zh::flags::WHY.iter().map(|(key, _)| (*key).to_owned());
    let by_parsers =
        by_parsers.filter(|key| sources.iter().any(|(_, text)| text.contains(&format!("\"{key}\""))));
    complete(zh::flags::WHY, by_parsers, "flags.rs", "WHY");
}

#[test]
fn every_refusal_is_translated_with_its_facts() {
    let refusals = Code::ALL.iter().filter(|code| code.number() >= 300);
    complete(
        zh::refusals::REFUSALS,
        refusals.clone().map(|c| c.word().to_owned()),
        "refusals.rs",
        "REFUSALS",
    );
    for code in refusals {
        let (_, text) = zh::refusals::REFUSALS.iter().find(|(word, _)| *word == code.word()).unwrap();
        let told = crate::show::refusal::facts(code.word());
        for fact in code.meaning().split('`').skip(1).step_by(2) {
            assert!(
                text.contains(&format!("{{{fact}}}")) || told.contains(&fact),
                "{}: no {{{fact}}} in {text:?}",
                code.word()
            );
        }
    }
}

#[test]
fn every_flag_is_explained() {
    let mut command = cli::Cli::command();
    command.build();
    let flags = command.get_arguments().map(|arg| arg.get_id().to_string());
    complete(zh::flags::FLAGS, flags, "flags.rs", "FLAGS");
    let mut chinese = cli::command(Tongue::Zh);
    chinese.clone().debug_assert();
    let help = chinese.render_long_help().to_string();
    assert!(help.contains("选项：") && help.contains("REEL_HOST") && help.contains("session、"), "{help}");
    for english in ["Usage", "Options", "Print", "possible", "[env"] {
        assert!(!help.contains(english), "{english} in {help}");
    }
    for code in crate::fault::Exit::ALL {
        assert!(help.contains(&format!("\n  {}  ", *code as u8)), "{code:?}");
    }
}

#[test]
fn every_heading_of_a_table_is_translated() {
    let keys = TABLE.iter().flat_map(|spec| spec.answer.split(['|', ',']));
    // What belongs to a status is not shown as a table, and of what another row has only the name is given.
    let keys = keys.filter(|part| !part.trim_start().starts_with(|c: char| c.is_ascii_digit()));
    let keys = keys.flat_map(str::split_whitespace).filter_map(|word| word.split_once('='));
    let keys: BTreeSet<&str> = keys.map(|(key, _)| key.trim_start_matches('[')).collect();
    assert!(keys.len() > 40, "{keys:?}");
    let missing: Vec<&&str> = keys.iter().filter(|key| zh::column(key).is_none()).collect();
    assert!(missing.is_empty(), "add to column() in shell/src/locale/zh.rs: {missing:?}");

    let chinese = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/locale/zh.rs")).unwrap();
    let arms = chinese.split("pub fn column").nth(1).unwrap().split("\n}").next().unwrap();
    let arms = arms.lines().filter_map(|line| line.trim().strip_prefix('"')?.split_once("\" =>"));
    let (sources, answers) = (sources("src"), TABLE.iter().map(|spec| spec.answer).collect::<String>());
    let shown = |key: &str| {
        let by_the_shell = sources.iter().any(|(_, text)| text.contains(&format!("\"{key}\"")));
        by_the_shell || answers.contains(&format!("{key}="))
    };
    let unused: Vec<&str> = arms.map(|(key, _)| key).filter(|key| !shown(key)).collect();
    assert!(unused.is_empty(), "remove from column() in shell/src/locale/zh.rs: {unused:?}");
}

#[test]
fn mistakes_on_the_command_line_are_told_in_chinese() {
    for (words, expected) in [
        (&["--hots", "x"][..], "--host"),
        (&["--lang", "fr"], "en、zh"),
        (&["club"], "@名称"),
        (&["--host"], "需要一个值"),
        (&["--tls", "--plain"], "不能并用"),
        (&["--json", "--json"], "只能写一次"),
        (&["--json=x"], "不需要值"),
        (&["--tls-pin", "12"], "64 个十六进制数字"),
    ] {
        let command = cli::command(Tongue::Zh);
        let error = command.try_get_matches_from([&["reel"], words].concat()).unwrap_err();
        let said = Tongue::Zh.mistake(&error).unwrap_or_else(|| panic!("{words:?}: {error}"));
        assert!(said.contains(expected) && !said.contains("error"), "{words:?}: {said}");
    }
}
