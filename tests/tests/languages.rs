//! The shell in Chinese: what people read is Chinese, what machines read stays as it is.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed expectation here is the message")]

use serde_json::Value;
use tests::{Club, Engine, admin, reel, stor, user};

fn is_chinese(text: &str) -> bool {
    text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c))
}

#[test]
fn help_answers_and_refusals_are_chinese() {
    let (club, dir) = (Club::start(Engine::Sqlite), tempfile::tempdir().unwrap());
    user(&club, "anna");
    let id = stor(&mut admin(&club), "Green tea", "PAID", b"tea", "price=7.00");
    let run = |more: &[(&str, &str)], arguments: &[&str]| {
        let out = reel(&club, dir.path(), "anna", more, &[&["--user", "anna"], arguments].concat());
        (String::from_utf8(out.stdout).unwrap(), String::from_utf8(out.stderr).unwrap())
    };
    let zh = |command: &str| run(&[], &["--lang", "zh", "-c", command]);
    let (verbs, _) = zh("help");
    assert!(
        verbs.lines().count() > 40 && verbs.lines().filter(|line| !line.is_empty()).all(is_chinese),
        "{verbs}"
    );
    // Between them stand the headings of groups.
    let each = verbs.lines().filter(|line| line.starts_with(|c: char| c.is_ascii()));
    let each = each.filter_map(|line| line.split([',', ' ']).next());
    let each: Vec<String> = each.map(|verb| format!("help {verb}")).collect();
    let all: Vec<&str> = each.iter().flat_map(|line| ["-c", line]).collect();
    let (cards, _) = run(&[], &[&["--lang", "zh"], &all[..]].concat());
    let explained: Vec<&str> = cards.lines().filter_map(|line| line.strip_prefix("说明")).collect();
    assert!(explained.len() == each.len() && explained.iter().all(|text| is_chinese(text)), "{cards}");
    for (command, expected) in [
        (format!("get {id}"), "价格为 7.00"),
        (format!("retr {id} offset=1 length=1 x=1"), "以下选项之一"),
        (
            format!("buy {id} price=7.00"),
            "价格 7.00，余额 0.00：用 topup 金额 或 redeem 代码 充值。 (552 NEED_FUNDS",
        ),
        ("info x".to_owned(), "此处应为：影片编号"),
        ("info 99".to_owned(), "没有找到。 (550 NOT_FOUND)"),
        ("serach tea".to_owned(), "您是想输入 search 吗？"),
        ("put /nothing/there".to_owned(), "没有这个文件或目录"),
        ("ls after=x".to_owned(), "这个值不可用"),
        ("watch notices".to_owned(), "完成。"),
    ] {
        let (_, said) = zh(&command);
        assert!(said.contains(expected), "{command}: {said}");
    }
    let (table, _) = zh("ls");
    assert!(table.contains("编号") && table.contains("Green tea"), "{table}");
    // Flags beat the environment, and that of the locale comes last.
    assert!(is_chinese(&run(&[("LC_ALL", "zh_CN.UTF-8")], &["-c", "whoami"]).0));
    assert!(is_chinese(&run(&[("REEL_LANG", "zh")], &["-c", "whoami"]).0));
    assert!(!is_chinese(&run(&[("REEL_LANG", "en"), ("LC_ALL", "zh_CN.UTF-8")], &["-c", "whoami"]).0));
    assert!(!is_chinese(&run(&[("REEL_LANG", "zh")], &["--lang", "en", "-c", "whoami"]).0));
    let (document, _) = run(&[], &["--lang", "zh", "--json", "-c", "whoami"]);
    let document: Value = serde_json::from_str(&document).unwrap();
    assert_eq!(document["user"], "anna");
}
