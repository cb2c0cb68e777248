//! What a refusal means to people: a sentence, what can be done, and the words of the protocol behind it.

use protocol::grammar::StatusLine;

use super::plain::{harmless, value};
use crate::locale::{Text, Tongue};

/// What the shell says to a refusal: its text, the facts that fill it, and whether it stands for what the server
/// says, or behind it.
struct Advice(Text, &'static [&'static str], bool);

/// By the word of the refusal. Facts that a text tells are not told again.
fn advice(status: &StatusLine) -> Option<Advice> {
    let behind = |text, facts| Some(Advice(text, facts, false));
    let instead = |text, facts| Some(Advice(text, facts, true));
    match status.word.as_str() {
        "THROTTLED" => behind(Text::TryAgainIn, &["retry"]),
        "WAIT" => behind(Text::TryAgainIn, &["seconds"]),
        "LOGIN_REQUIRED" => instead(Text::LogInFirst, &[]),
        "NOT_ALLOWED" => behind(Text::HelpTellsWhat, &[]),
        "BAD_CREDENTIALS" => behind(Text::CodeOfAnAdmin, &[]),
        "LOCKED" => behind(Text::AskAnAdmin, &[]),
        "NEED_PAY" => instead(Text::BuyFirst, &["price"]),
        "NEED_FUNDS" => instead(Text::NotEnough, &["price", "balance"]),
        "PRICE_CHANGED" => instead(Text::PriceIsNow, &["price"]),
        "NOT_FOR_SALE" => instead(Text::NotSold, &[]),
        "SOLD_OUT" => instead(Text::SeatsLeft, &["left"]),
        "QUOTA" => behind(Text::MakeRoom, &["used", "max"]),
        "LIMIT" if status.get("max").is_some() => behind(Text::AtMost, &["max"]),
        "BUSY" | "DATABASE_DOWN" | "TOO_MANY" | "DRAINING" => behind(Text::TryAgainSoon, &[]),
        "OUTCOME_UNKNOWN" => behind(Text::LookFirst, &[]),
        "DISK_FULL" => behind(Text::TellOperator, &[]),
        "INTERNAL" if status.get("trace").is_some() => instead(Text::TellTrace, &["trace"]),
        "MUTED" if status.get("until").is_none_or(|until| until == "-") => instead(Text::Muted, &["until"]),
        "MUTED" => instead(Text::MutedUntil, &["until"]),
        "TLS_REQUIRED" if status.get("port").is_some() => instead(Text::ThroughTls, &["port"]),
        "NAME_TAKEN" => behind(Text::AnotherName, &[]),
        _ => None,
    }
}

/// The facts that the advice behind a refusal tells.
#[cfg(test)]
pub fn facts(word: &str) -> &'static [&'static str] {
    let facts = [("max", "-"), ("port", "-"), ("trace", "-")].map(|(k, v)| (k.to_owned(), v.to_owned()));
    let status = StatusLine { word: word.to_owned(), facts: facts.to_vec(), ..StatusLine::default() };
    advice(&status).map_or(&[], |advice| advice.1)
}

/// A refusal for people, the words of the protocol in brackets at its end. Facts that the advice tells are not
/// told again.
pub fn line(status: &StatusLine, tongue: Tongue) -> String {
    let advice = advice(status);
    let mut sentences = Vec::new();
    if !advice.as_ref().is_some_and(|advice| advice.2) {
        sentences.extend(said(status, advice.is_some(), tongue));
    }
    let mut told: &[&str] = &[];
    if let Some(Advice(text, facts, _)) = advice {
        told = facts;
        let with: Vec<String> = facts.iter().map(|key| fact(status, key, tongue)).collect();
        sentences.push(tongue.fill(text, &with.iter().map(String::as_str).collect::<Vec<_>>()));
    }
    let mut words = format!("({} {}", status.code, status.word);
    for (key, value) in status.facts.iter().filter(|(key, _)| key != "token" && !told.contains(&key.as_str()))
    {
        words.push_str(&format!(" {key}={value}"));
    }
    words.push(')');
    let between = if tongue == Tongue::Zh { "" } else { " " };
    format!("{} {}", sentences.join(between), harmless(&words)).trim_start().to_owned()
}

/// What the server says, as a sentence. Where there is advice, what it advises itself is left out: that is in
/// the words of the protocol.
fn said(status: &StatusLine, advised: bool, tongue: Tongue) -> Option<String> {
    let translated = tongue.refusal(status);
    let text = translated.as_deref().unwrap_or(&status.text);
    let what = [": ", "，请"].iter().filter(|_| advised).find_map(|mark| text.split_once(mark));
    let mut text = what.map_or(text, |(what, _)| what).chars();
    let sentence: String = text.next()?.to_uppercase().chain(text).collect();
    let end = match tongue {
        _ if sentence.ends_with(['.', '!', '?', '。', '！', '？']) => "",
        Tongue::En => ".",
        Tongue::Zh => "。",
    };
    Some(format!("{}{end}", harmless(&sentence)))
}

fn fact(status: &StatusLine, key: &str, tongue: Tongue) -> String {
    let word = status.get(key).unwrap_or("-");
    match (key, word.parse::<u64>()) {
        ("retry" | "seconds", Ok(seconds)) => span(seconds, tongue),
        _ => value(key, word).into_owned(),
    }
}

/// A time for people, rounded up.
fn span(seconds: u64, tongue: Tongue) -> String {
    let (text, count) = match seconds {
        0..=120 => (Text::Seconds, seconds),
        121..=7200 => (Text::Minutes, seconds.div_ceil(60)),
        _ => (Text::Hours, seconds.div_ceil(3600)),
    };
    tongue.fill(text, &[&count.to_string()])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(said: &str, tongue: Tongue) -> String {
        let Ok(protocol::grammar::Said::Status(mut status)) = protocol::grammar::said(said) else {
            panic!("{said}");
        };
        status.text = status.text.trim().to_owned();
        line(&status, tongue)
    }

    #[test]
    fn a_refusal_is_a_sentence_with_what_to_do_and_its_word() {
        for (refusal, text) in [
            (
                "429 THROTTLED retry=90 : too many failures: wait 90 s",
                "Too many failures. Try again in 90 seconds. (429 THROTTLED)",
            ),
            ("429 THROTTLED retry=601 : too fast", "Too fast. Try again in 11 minutes. (429 THROTTLED)"),
            (
                "552 NEED_FUNDS price=10.00 balance=2.00 : not enough money",
                "It costs 10.00, and you have 2.00: topup AMOUNT or redeem CODE brings money. (552 NEED_FUNDS)",
            ),
            ("550 NOT_FOUND : no such title", "No such title. (550 NOT_FOUND)"),
            ("553 ODD : what\u{1b}[2J", "What\\u{1b}[2J. (553 ODD)"),
            ("553 ODD a=1", "(553 ODD a=1)"),
            ("550 MUTED until=- : no word", "An admin has taken the word from you. (550 MUTED)"),
            (
                "500 INTERNAL trace=a1 : a fault; the log has more under `trace`",
                "The server has failed; its operator finds more in the log under a1. (500 INTERNAL)",
            ),
            ("552 LIMIT max=1000 : more than 1000 seats", "More than 1000 seats. At most 1000. (552 LIMIT)"),
        ] {
            assert_eq!(shown(refusal, Tongue::En), text);
        }
        assert_eq!(
            shown("429 THROTTLED retry=90 : too fast", Tongue::Zh),
            "失败次数过多或太频繁。请在 90 秒后重试。 (429 THROTTLED)"
        );
    }
}
