//! Rows as a table whose columns stand under each other, cut to the width of the terminal.

use super::plain;
use crate::link::Facts;
use crate::locale::Tongue;

/// Blanks between columns.
const GAP: usize = 2;

/// No column of text becomes narrower than this, as long as there is any room.
const NARROWEST: usize = 8;

/// A title is readable in so many columns.
const READABLE: usize = 24;

/// What gives way to a readable title, the first first.
const LESSER: [&str; 3] = ["at", "member-price", "author"];

struct Column<'a> {
    key: &'a str,
    head: &'a str,
    cells: Vec<String>,
    width: usize,
    number: bool,
}

/// The lines of a table, the heading first. Without `room` nothing is cut.
pub fn table(rows: &[Facts], room: Option<usize>, tongue: Tongue) -> Vec<String> {
    let mut columns: Vec<Column<'_>> = keys(rows).into_iter().map(|key| column(key, rows, tongue)).collect();
    if let Some(room) = room {
        give_way(&mut columns, room);
        narrow(&mut columns, room);
    }
    let heads = columns.iter().map(|c| c.head).collect::<Vec<_>>();
    let mut lines = vec![line(&columns, &heads, room)];
    for at in 0..rows.len() {
        let cells: Vec<&str> = columns.iter().map(|c| c.cells.get(at).map_or("", String::as_str)).collect();
        lines.push(line(&columns, &cells, room));
    }
    lines
}

/// One thing, a fact a line.
pub fn card(facts: &Facts, tongue: Tongue) -> Vec<String> {
    let shown = |key: &str| !matches!(key, "token");
    let facts: Vec<_> = facts.iter().filter(|(key, _)| shown(key)).collect();
    let widest = facts.iter().map(|(key, _)| plain::width(tongue.column(key))).max();
    let mut lines = Vec::new();
    for (key, word) in facts {
        let mut line = String::new();
        plain::pad(&mut line, tongue.column(key), widest.unwrap_or(0) + GAP, false);
        line.push_str(&plain::value(key, word));
        lines.push(line);
    }
    lines
}

/// The columns in the order in which they first turn up. A digest beside a title is for machines,
/// and so is a usage beside its verb.
fn keys(rows: &[Facts]) -> Vec<&str> {
    let mut keys: Vec<&str> = Vec::new();
    for (key, _) in rows.iter().flatten() {
        if !keys.contains(&key.as_str()) {
            keys.push(key);
        }
    }
    if keys.contains(&"title") {
        keys.retain(|key| *key != "md5");
    }
    if keys.contains(&"verb") {
        keys.retain(|key| *key != "usage");
    }
    keys
}

fn column<'a>(key: &'a str, rows: &[Facts], tongue: Tongue) -> Column<'a> {
    let head = tongue.column(key);
    let cells: Vec<String> = rows
        .iter()
        .map(|row| {
            let word = protocol::grammar::find(row, key).unwrap_or_default();
            match key {
                // A table has one line for it, however many were written.
                "text" => {
                    plain::harmless(&word.split_whitespace().collect::<Vec<_>>().join(" ")).into_owned()
                }
                _ => plain::value(key, word).into_owned(),
            }
        })
        .collect();
    let widest = cells.iter().map(|cell| plain::width(cell)).max();
    Column {
        key,
        head,
        width: widest.unwrap_or(0).max(plain::width(head)),
        number: matches!(key, "size" | "bytes") || cells.iter().all(|cell| is_number(cell)),
        cells,
    }
}

fn is_number(cell: &str) -> bool {
    cell.is_empty() || cell.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-'))
}

/// Leaves out lesser columns until there is room for the titles.
fn give_way(columns: &mut Vec<Column<'_>>, room: usize) {
    for key in LESSER {
        let Some(title) = columns.iter().find(|c| c.key == "title") else {
            return;
        };
        let others: usize = columns.iter().map(|c| c.width + GAP).sum::<usize>() - GAP - title.width;
        if others + title.width.min(READABLE) <= room {
            return;
        }
        columns.retain(|c| c.key != key);
    }
}

/// Takes from the widest column of text until the table fits.
fn narrow(columns: &mut [Column<'_>], room: usize) {
    let gaps = GAP * columns.len().saturating_sub(1);
    let mut total = gaps + columns.iter().map(|c| c.width).sum::<usize>();
    while total > room {
        let widest = columns
            .iter_mut()
            .filter(|c| !c.number && c.key != "at" && c.width > NARROWEST)
            .max_by_key(|c| c.width);
        match widest {
            Some(column) => column.width -= 1,
            None => return,
        }
        total -= 1;
    }
}

fn line(columns: &[Column<'_>], cells: &[&str], room: Option<usize>) -> String {
    let mut out = String::new();
    for (at, (column, cell)) in columns.iter().zip(cells).enumerate() {
        if at > 0 {
            out.extend(std::iter::repeat_n(' ', GAP));
        }
        plain::pad(&mut out, &plain::cut(cell, column.width), column.width, column.number);
    }
    let out = out.trim_end();
    match room {
        Some(room) => plain::cut(out, room).into_owned(),
        None => out.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(lines: &[&[(&str, &str)]]) -> Vec<Facts> {
        lines.iter().map(|row| row.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect()).collect()
    }

    #[test]
    fn columns_stand_under_each_other_also_in_chinese() {
        let rows = rows(&[
            &[("id", "7"), ("size", "1536"), ("md5", "0"), ("title", "绿茶"), ("by", "anna")],
            &[("id", "12"), ("size", "5"), ("md5", "0"), ("title", "Tea\x1b"), ("by", "bo")],
        ]);
        let lines = table(&rows, None, Tongue::En);
        assert_eq!(
            lines,
            ["id     size  title      by", " 7  1.5 KiB  绿茶       anna", "12      5 B  Tea\\u{1b}  bo",]
        );
    }

    #[test]
    fn a_table_is_cut_to_the_terminal() {
        let long = "很".repeat(60);
        let rows = rows(&[&[("id", "7"), ("title", &long), ("author", "anna")]]);
        for room in [1, 10, 20, 40, 79, 80] {
            for line in table(&rows, Some(room), Tongue::En) {
                assert!(plain::width(&line) <= room, "{room}: {line}");
            }
        }
        assert!(table(&rows, Some(40), Tongue::En)[1].contains('…'));
    }

    #[test]
    fn lesser_columns_give_way_to_a_readable_title() {
        let rows = rows(&[&[
            ("id", "7"),
            ("member-price", "5.00"),
            ("author", "anna"),
            ("at", "2026-11-21T03:33:07Z"),
            ("title", "The long story of green tea"),
        ]]);
        let heads = |room| table(&rows, Some(room), Tongue::En).remove(0);
        assert!(heads(80).contains("at "));
        assert_eq!(heads(54), "id  member-price  author  title");
        assert_eq!(heads(30), "id  title");
    }

    #[test]
    fn a_card_hides_the_token() {
        let facts = rows(&[&[("user", "anna"), ("token", "secret")]]).remove(0);
        assert_eq!(card(&facts, Tongue::En), ["user  anna"]);
    }

    #[test]
    fn a_row_may_lack_what_another_has() {
        let rows = rows(&[&[("id", "1")], &[("id", "2"), ("owned", "yes")]]);
        assert_eq!(table(&rows, None, Tongue::En), ["id  owned", " 1", " 2  yes"]);
    }
}
