//! Answers for machines: one JSON document a command.

use serde_json::{Map, Value, json};

use crate::fault::Fault;
use crate::link::{Facts, Reply};
use crate::show::plain::is_harmful;

/// Keys of the document itself. A fact of the same name is found under `facts`.
const OWN: [&str; 6] = ["ok", "code", "word", "text", "rows", "facts"];

/// The document of a reply. Facts stand beside `code` and `word`; those that bear a name of the
/// document itself, such as the `code` of an invitation, stand in `facts`. A token is for the shell
/// itself and left out.
pub fn reply(reply: &Reply) -> Value {
    let status = &reply.status;
    let facts = object(&status.facts);
    let mut out = Map::new();
    out.insert("ok".into(), json!(status.code < 300));
    out.insert("code".into(), json!(status.code));
    out.insert("word".into(), json!(status.word));
    let (mut taken, free): (Vec<_>, Vec<_>) =
        facts.into_iter().partition(|(key, _)| OWN.contains(&key.as_str()));
    out.extend(free);
    // How many rows there are is told by the rows.
    taken.retain(|(key, _)| key != "rows");
    if !taken.is_empty() {
        out.insert("facts".into(), Value::Object(taken.into_iter().collect()));
    }
    if !status.text.is_empty() {
        out.insert("text".into(), json!(status.text));
    }
    if !reply.rows.is_empty() || status.word == "END" {
        let rows = reply.rows.iter().map(|row| Value::Object(object(row)));
        out.insert("rows".into(), rows.collect());
    }
    Value::Object(out)
}

/// A document as one line that is harmless on a terminal, too: what could command it is written as an escape.
pub fn line(document: &Value) -> String {
    let text = document.to_string();
    // Outside its strings a document holds nothing of the kind, so that escapes stand in strings only.
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_harmful(c) {
            let mut units = [0; 2];
            out.extend(c.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
        } else {
            out.push(c);
        }
    }
    out
}

/// The document of a failure.
pub fn fault(fault: &Fault) -> Value {
    match fault {
        Fault::Refused(refusal) | Fault::Shown(refusal) => reply(refusal),
        Fault::Local(code) => json!({"ok": false, "word": fault.word(), "exit": code}),
        Fault::Syntax { error, .. } => {
            json!({"ok": false, "word": fault.word(), "column": error.column, "text": fault.to_string()})
        }
        Fault::Several(several) => {
            let rows: Vec<Value> = several.rows.iter().map(|row| Value::Object(object(row))).collect();
            json!({"ok": false, "word": fault.word(), "text": fault.to_string(), "rows": rows})
        }
        _ => json!({"ok": false, "word": fault.word(), "text": fault.to_string()}),
    }
}

/// Facts as an object, without a token.
pub fn object(facts: &Facts) -> Map<String, Value> {
    let shown = facts.iter().filter(|(key, _)| key != "token");
    shown.map(|(key, word)| (key.clone(), value(key, word))).collect()
}

/// What is always a whole number is a number, what is `yes` or `no` a truth, a time that is `-`
/// nothing. Amounts stay words: they are exact. So does everything that somebody wrote.
fn value(key: &str, word: &str) -> Value {
    match key {
        "id" | "size" | "offset" | "length" | "rows" | "seconds" | "bytes" | "session" | "booking"
        | "event" | "notice" | "seats" | "left" | "message" | "members" | "missed" | "retry" | "column"
        | "part" | "value" | "days" | "periods" | "weight" | "shown" | "saved" | "sessions" | "history"
        | "statement" | "purchases" | "uploads" | "job" | "percent" | "rate" | "eta" | "exit" => {
            word.parse::<i64>().map_or_else(|_| json!(word), |n| json!(n))
        }
        "owned" | "granted" | "done" | "locked" | "deleted" | "on" if word == "yes" || word == "no" => {
            json!(word == "yes")
        }
        "at" | "since" | "seen" | "starts" | "member-until" if word == "-" => Value::Null,
        _ => json!(word),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::grammar::StatusLine;

    fn facts(pairs: &[(&str, &str)]) -> Facts {
        pairs.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect()
    }

    #[test]
    fn a_line_is_harmless_and_says_the_same() {
        let document = json!({"title": "a\u{202e}b\u{9b}c\n\u{e0041}绿茶😀", "id": 7});
        let line = line(&document);
        assert_eq!(line, r#"{"id":7,"title":"a\u202eb\u009bc\n\udb40\udc41绿茶😀"}"#);
        assert_eq!(serde_json::from_str::<Value>(&line).unwrap(), document);
    }

    #[test]
    fn a_reply_is_one_document() {
        let document = reply(&Reply {
            status: StatusLine {
                code: 210,
                word: "END".into(),
                facts: facts(&[("rows", "1"), ("next", "7")]),
                text: String::new(),
            },
            rows: vec![facts(&[("id", "7"), ("price", "10.00"), ("title", "12"), ("owned", "yes")])],
            events: vec![],
        });
        assert_eq!(
            document,
            json!({"ok": true, "code": 210, "word": "END", "next": "7",
                   "rows": [{"id": 7, "price": "10.00", "title": "12", "owned": true}]})
        );
    }

    #[test]
    fn a_fact_never_hides_the_code_and_a_token_is_not_shown() {
        let document = reply(&Reply {
            status: StatusLine {
                code: 250,
                word: "OK".into(),
                facts: facts(&[("code", "abc"), ("token", "t"), ("member-until", "-")]),
                text: "done".into(),
            },
            ..Reply::default()
        });
        assert_eq!(
            document,
            json!({"ok": true, "code": 250, "word": "OK", "text": "done", "member-until": null,
                   "facts": {"code": "abc"}})
        );
    }
}
