//! What words mean, as people read it: the headword, its dictionary, the lines of the text.

use protocol::grammar::find;
use unicode_segmentation::UnicodeSegmentation as _;

use super::plain;
use super::style::Style;
use crate::link::Facts;

/// Blanks before the text.
const INDENT: usize = 2;

/// No text is wrapped into less than this.
const NARROWEST: usize = 16;

/// The lines of all entries. With `room` long lines are wrapped.
pub fn lines(rows: &[Facts], room: Option<usize>, style: Style) -> Vec<String> {
    let mut lines = Vec::new();
    for (at, entry) in entries(rows).into_iter().enumerate() {
        if at > 0 {
            lines.push(String::new());
        }
        lines.push(head(&entry, style));
        body(&entry, room, &mut lines);
    }
    lines
}

struct Entry<'a> {
    word: &'a str,
    dictionary: &'a str,
    text: String,
}

/// Entries, put together from their pieces.
fn entries(rows: &[Facts]) -> Vec<Entry<'_>> {
    let mut all: Vec<Entry<'_>> = Vec::new();
    for row in rows {
        let fact = |key| find(row, key).unwrap_or_default();
        let goes_on = !matches!(fact("part"), "" | "1");
        match all.last_mut() {
            Some(last) if goes_on => last.text.push_str(fact("text")),
            _ => all.push(Entry {
                word: fact("word"),
                dictionary: fact("dict"),
                text: fact("text").to_owned(),
            }),
        }
    }
    all
}

fn head(entry: &Entry<'_>, style: Style) -> String {
    let word = style.bold(&plain::harmless(entry.word));
    match entry.dictionary {
        "" => word,
        dictionary => format!("{word}  [{}]", plain::harmless(dictionary)),
    }
}

fn body(entry: &Entry<'_>, room: Option<usize>, lines: &mut Vec<String>) {
    let text = entry.text.replace("\r\n", "\n").replace('\t', "    ");
    for (at, line) in text.trim_matches('\n').lines().enumerate() {
        // Many dictionaries begin with the headword once more.
        if at == 0 && line.trim() == entry.word && text.trim().contains('\n') {
            continue;
        }
        let line = plain::harmless(line.trim_end());
        let line = format!("{}{line}", " ".repeat(INDENT));
        match room {
            Some(room) => wrap(&line, room.max(NARROWEST), lines),
            None => lines.push(line),
        }
    }
}

/// A line in lines of at most `room` columns, cut at a blank where there is one; what follows is indented alike.
fn wrap(line: &str, room: usize, lines: &mut Vec<String>) {
    let indent = line.chars().take_while(|c| *c == ' ').count().min(room / 2);
    let mut rest = line.to_owned();
    while plain::width(&rest) > room {
        let cut = cut(&rest, room, indent);
        let (head, tail) = rest.split_at(cut);
        lines.push(head.trim_end().to_owned());
        rest = format!("{}{}", " ".repeat(indent), tail.trim_start());
    }
    lines.push(rest);
}

/// Where a line is cut: behind the last blank that fits and is none of the indent, else where the room ends.
fn cut(line: &str, room: usize, indent: usize) -> usize {
    let (mut used, mut end, mut blank) = (0, 0, None);
    for (at, one) in line.grapheme_indices(true) {
        if one == " " && at > indent {
            blank = Some(at);
        }
        used += plain::width(one);
        if used > room {
            break;
        }
        end = at + one.len();
    }
    blank.filter(|at| *at <= end).unwrap_or(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Style = Style { rich: false, colours: false };

    fn row(word: &str, text: &str, part: &str) -> Facts {
        let facts = [("word", word), ("text", text), ("dict", "wn"), ("part", part)];
        facts.into_iter().filter(|(_, v)| !v.is_empty()).map(|(k, v)| (k.into(), v.into())).collect()
    }

    #[test]
    fn an_entry_stands_under_its_headword() {
        let rows = [row("tea", "tea\n  n 1: a drink\n\tof leaves\n", ""), row("Tea", "a shrub", "")];
        assert_eq!(
            lines(&rows, None, PLAIN),
            ["tea  [wn]", "    n 1: a drink", "      of leaves", "", "Tea  [wn]", "  a shrub"]
        );
    }

    #[test]
    fn pieces_are_put_together() {
        let rows = [row("set", "one ", "1"), row("set", "two", "2"), row("set", "other", "1")];
        assert_eq!(lines(&rows, None, PLAIN), ["set  [wn]", "  one two", "", "set  [wn]", "  other"]);
    }

    #[test]
    fn nothing_in_it_commands_a_terminal() {
        let said = lines(&[row("a\x1b[2J", "b\x1b]0;x\u{7}\u{202e}\rc", "")], None, PLAIN).join("\n");
        assert!(said.chars().all(|c| c == '\n' || !c.is_control()) && !said.contains('\u{202e}'), "{said:?}");
    }

    #[test]
    fn long_lines_are_wrapped_to_the_room() {
        for text in ["a drink of leaves that were dried at once", &"很".repeat(60), &"x".repeat(99), "   a b"]
        {
            let rows = [row("tea", text, "")];
            for room in [16, 20, 40] {
                let said = lines(&rows, Some(room), PLAIN);
                assert!(said[1..].iter().all(|line| plain::width(line) <= room), "{said:?}");
                let letters = |text: &str| text.chars().filter(|c| *c != ' ').collect::<String>();
                assert_eq!(letters(&said[1..].concat()), letters(text));
            }
        }
        let said = lines(&[row("tea", "  a drink of leaves that were dried", "")], Some(20), PLAIN);
        assert_eq!(said[1..], ["    a drink of", "    leaves that were", "    dried"]);
    }
}
