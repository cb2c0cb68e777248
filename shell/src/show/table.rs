//! Rows as a table whose columns stand under each other, cut to the width of the terminal.

use protocol::grammar::find;

use super::plain;
use super::style::Style;
use crate::group;
use crate::link::Facts;
use crate::locale::Tongue;

/// Blanks between columns.
const GAP: usize = 2;

/// No column of text becomes narrower than this, as long as there is any room.
const NARROWEST: usize = 8;

/// A title is readable in so many columns.
const READABLE: usize = 24;

/// From so many columns on there is room for all names of a verb.
const ROOMY: usize = 60;

/// What gives way to a readable title, the first first.
const LESSER: [&str; 3] = ["at", "member-price", "author"];

struct Column<'a> {
    key: &'a str,
    head: &'a str,
    cells: Vec<String>,
    width: usize,
    number: bool,
    /// A number, a time or something to be copied: never cut.
    firm: bool,
}

impl Column<'_> {
    fn cell(&self, row: usize) -> &str {
        self.cells.get(row).map_or("", String::as_str)
    }
}

/// Where a table is shown.
#[derive(Clone, Copy, Debug, Default)]
pub struct Room {
    /// So many columns; without it nothing is cut.
    pub columns: Option<usize>,
    /// The cursor can be sent to a column: where terminals differ about a width, the next cell still begins
    /// where it should.
    pub jumps: bool,
}

/// The lines of a table, the heading first. One that cannot be as narrow as the room is becomes a card a row:
/// numbers, times and codes are never cut.
pub fn table(rows: &[Facts], room: Room, tongue: Tongue) -> Vec<String> {
    let mut columns: Vec<Column<'_>> = keys(rows).into_iter().map(|key| column(key, rows, tongue)).collect();
    if let Some(room) = room.columns {
        give_way(&mut columns, room);
        if !narrow(&mut columns, room) {
            return records(&columns, rows.len(), room);
        }
    }
    let heads = columns.iter().map(|c| c.head).collect::<Vec<_>>();
    let mut lines = vec![line(&columns, &heads, room)];
    for at in 0..rows.len() {
        let cells: Vec<&str> = columns.iter().map(|c| c.cell(at)).collect();
        lines.push(line(&columns, &cells, room));
    }
    lines
}

/// Rows under each other, a fact a line.
fn records(columns: &[Column<'_>], rows: usize, room: usize) -> Vec<String> {
    let widest = columns.iter().map(|c| plain::width(c.head)).max().unwrap_or(0) + GAP;
    let mut lines = Vec::new();
    for at in 0..rows {
        if at > 0 {
            lines.push(String::new());
        }
        for column in columns.iter().filter(|column| !column.cell(at).is_empty()) {
            beside(&mut lines, column.head, widest, column.cell(at), Some(room).filter(|_| !column.firm));
        }
    }
    lines
}

/// Words and what they mean: the first fact of a row, and the last, wrapped beside it. Where a group begins
/// stands its heading.
pub fn list(rows: &[Facts], room: Option<usize>, style: Style, tongue: Tongue) -> Vec<String> {
    // In a narrow window the first of several names has to do.
    let narrow = room.is_some_and(|room| room < ROOMY);
    let name = |row: &'_ Facts| {
        let all = row.first().map_or("", |(_, word)| word.as_str());
        if narrow { all.split(", ").next().unwrap_or(all).to_owned() } else { all.to_owned() }
    };
    let names: Vec<String> = rows.iter().map(name).collect();
    let widest = names.iter().map(|name| plain::width(name)).max().unwrap_or(0) + GAP;
    let mut lines = Vec::new();
    let mut group = None;
    for (row, name) in rows.iter().zip(&names) {
        let here = find(row, "group");
        if let Some(heading) = here.filter(|_| here != group).and_then(group::heading) {
            lines.extend((!lines.is_empty()).then(String::new));
            lines.push(style.bold(tongue.text(heading)));
        }
        group = here;
        if let Some((_, text)) = row.last() {
            beside(&mut lines, &plain::harmless(name), widest, &plain::harmless(text), room);
        }
    }
    lines
}

/// Appends `text` beside a heading, wrapped to the room there is.
fn beside(lines: &mut Vec<String>, head: &str, indent: usize, text: &str, room: Option<usize>) {
    let text = match room {
        Some(room) => plain::wrap(text, room.saturating_sub(indent).max(NARROWEST)),
        None => vec![text.to_owned()],
    };
    for (at, part) in text.iter().enumerate() {
        let mut line = String::new();
        plain::pad(&mut line, if at == 0 { head } else { "" }, indent, false);
        line.push_str(part);
        lines.push(line);
    }
}

/// One thing, a fact a line; what is longer than `room` is wrapped.
pub fn card(facts: &Facts, room: Option<usize>, tongue: Tongue) -> Vec<String> {
    let shown = |key: &str| !matches!(key, "token");
    let facts: Vec<_> = facts.iter().filter(|(key, _)| shown(key)).collect();
    let widest = facts.iter().map(|(key, _)| plain::width(tongue.column(key))).max();
    let mut lines = Vec::new();
    for (key, word) in facts {
        let indent = widest.unwrap_or(0) + GAP;
        // What is to be copied stays in one piece.
        let room = room.filter(|_| !matches!(key.as_str(), "code" | "path" | "md5"));
        beside(&mut lines, tongue.column(key), indent, &plain::value(key, word), room);
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
    // Of a download the size is told beside what has arrived.
    if keys.contains(&"done") {
        keys.retain(|key| *key != "size");
    }
    keys
}

fn column<'a>(key: &'a str, rows: &[Facts], tongue: Tongue) -> Column<'a> {
    let head = tongue.column(key);
    let cells: Vec<String> = rows
        .iter()
        .map(|row| {
            let word = find(row, key).unwrap_or_default();
            match key {
                "amount" if find(row, "why").is_some() => signed(word),
                "bytes" if find(row, "done") == Some("no") => arrived(word, find(row, "size")),
                // One line a row: the lines of a text are joined.
                "text" | "note" => {
                    plain::harmless(&word.split_whitespace().collect::<Vec<_>>().join(" ")).into_owned()
                }
                _ => plain::value(key, word).into_owned(),
            }
        })
        .collect();
    let widest = cells.iter().map(|cell| plain::width(cell)).max();
    let number = matches!(key, "size" | "bytes") || cells.iter().all(|cell| is_number(cell));
    Column {
        key,
        head,
        width: widest.unwrap_or(0).max(plain::width(head)),
        number,
        firm: number || plain::is_time(key) || matches!(key, "code" | "md5" | "kind" | "role"),
        cells,
    }
}

/// What came in has a sign as well as what went out.
fn signed(amount: &str) -> String {
    let sign = if amount.starts_with('-') { "" } else { "+" };
    format!("{sign}{}", plain::harmless(amount))
}

/// `1.0 MiB / 3.2 MiB`: a download that is not done.
fn arrived(bytes: &str, size: Option<&str>) -> String {
    let bytes = plain::value("bytes", bytes);
    match size {
        Some(size) => format!("{bytes} / {}", plain::value("size", size)),
        None => bytes.into_owned(),
    }
}

fn is_number(cell: &str) -> bool {
    cell.is_empty() || cell.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+'))
}

/// Leaves out lesser columns until there is room for the titles.
fn give_way(columns: &mut Vec<Column<'_>>, room: usize) {
    for key in LESSER {
        let Some(title) = columns.iter().find(|c| c.key == "title") else {
            return;
        };
        // A text beside a title is cut before anything is left out.
        let wants = |c: &Column<'_>| if c.key == "text" { c.width.min(READABLE) } else { c.width };
        let others: usize = columns.iter().map(|c| wants(c) + GAP).sum::<usize>() - GAP - title.width;
        if others + title.width.min(READABLE) <= room {
            return;
        }
        columns.retain(|c| c.key != key);
    }
}

/// Takes from the widest column of text until the table fits; whether it does.
fn narrow(columns: &mut [Column<'_>], room: usize) -> bool {
    let gaps = GAP * columns.len().saturating_sub(1);
    let mut total = gaps + columns.iter().map(|c| c.width).sum::<usize>();
    while total > room {
        let widest = columns.iter_mut().filter(|c| !c.firm && c.width > NARROWEST).max_by_key(|c| c.width);
        match widest {
            Some(column) => column.width -= 1,
            None => return false,
        }
        total -= 1;
    }
    true
}

fn line(columns: &[Column<'_>], cells: &[&str], room: Room) -> String {
    let mut out = String::new();
    let mut begins = 0;
    for (at, (column, cell)) in columns.iter().zip(cells).enumerate() {
        if at > 0 {
            out.extend(std::iter::repeat_n(' ', GAP));
        }
        let cell = plain::cut(cell, column.width);
        plain::pad(&mut out, &cell, column.width, column.number);
        begins += column.width + GAP;
        if room.jumps && at + 1 < columns.len() && plain::is_disputed(&cell) {
            out.push_str(&format!("\x1b[{}G", begins + 1 - GAP));
        }
    }
    out.truncate(out.trim_end().len());
    out
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
        let lines = table(&rows, Room::default(), Tongue::En);
        assert_eq!(
            lines,
            ["id     size  title      by", " 7  1.5 KiB  绿茶       anna", "12      5 B  Tea\\u{1b}  bo",]
        );
    }

    #[test]
    fn a_table_is_cut_to_the_terminal() {
        let long = "很".repeat(60);
        let rows = rows(&[&[("id", "7"), ("title", &long), ("author", "anna")]]);
        for room in [15, 20, 40, 79, 80] {
            for line in table(&rows, of(room), Tongue::En) {
                assert!(plain::width(&line) <= room, "{room}: {line}");
            }
        }
        assert!(table(&rows, of(40), Tongue::En)[1].contains('…'));
        // Too narrow for anything: what there is is there all the same.
        assert!(!table(&rows, of(1), Tongue::En).is_empty());
    }

    fn of(columns: usize) -> Room {
        Room { columns: Some(columns), jumps: false }
    }

    #[test]
    fn numbers_times_and_codes_are_never_cut() {
        let rows = rows(&[
            &[
                ("user", "anna-with-a-long-name"),
                ("role", "user"),
                ("balance", "1234567.00"),
                ("member-until", "2026-11-21T03:33:07Z"),
                ("seen", "2026-11-21T03:33:07Z"),
            ],
            &[("user", "bo"), ("role", "admin"), ("balance", "0.00"), ("member-until", "-")],
        ]);
        let time = plain::value("seen", "2026-11-21T03:33:07Z").into_owned();
        assert_eq!(
            table(&rows, of(40), Tongue::En),
            [
                "user          anna-with-a-long-name",
                "role          user",
                "balance       1234567.00",
                &format!("member-until  {time}"),
                &format!("seen          {time}"),
                "",
                "user          bo",
                "role          admin",
                "balance       0.00",
                "member-until  -",
            ]
        );
        for line in &table(&rows, of(76), Tongue::En)[1..] {
            assert!(line.contains("1234567.00") || line.contains(" 0.00"), "{line}");
        }
        let codes = vec![vec![("code".to_owned(), "7QK2ZP-XW40CN-9M3TGA-5RB8VD".to_owned())]];
        assert_eq!(table(&codes, of(20), Tongue::En), ["code  7QK2ZP-XW40CN-9M3TGA-5RB8VD"]);
    }

    #[test]
    fn where_terminals_differ_the_next_cell_begins_where_it_should() {
        let rows = rows(&[
            &[("name", "👩\u{200d}🚀"), ("seats", "3"), ("by", "👩\u{200d}🚀")],
            &[("name", "绿茶茶"), ("seats", "12"), ("by", "x")],
        ]);
        let room = Room { columns: None, jumps: true };
        assert_eq!(
            table(&rows, room, Tongue::En),
            ["name    seats  by", "👩\u{200d}🚀  \u{1b}[7G      3  👩\u{200d}🚀", "绿茶茶     12  x"]
        );
        assert!(!table(&rows, Room::default(), Tongue::En).concat().contains('\u{1b}'));
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
        let heads = |room| table(&rows, of(room), Tongue::En).remove(0);
        assert!(heads(80).contains("at "));
        assert_eq!(heads(54), "id  member-price  author  title");
        assert_eq!(heads(30), "id  title");
    }

    #[test]
    fn a_card_hides_the_token() {
        let facts = rows(&[&[("user", "anna"), ("token", "secret")]]).remove(0);
        assert_eq!(card(&facts, None, Tongue::En), ["user  anna"]);
    }

    #[test]
    fn a_card_and_a_list_are_wrapped_at_words() {
        let facts = rows(&[&[("usage", "get <id>"), ("text", "Downloads a title into a file.")]]).remove(0);
        assert_eq!(
            card(&facts, Some(24), Tongue::En),
            ["usage  get <id>", "text   Downloads a title", "       into a file."]
        );
        let style = Style { rich: false, colours: false };
        assert_eq!(
            list(&[facts], Some(28), style, Tongue::En),
            ["get <id>  Downloads a title", "          into a file."]
        );
    }

    #[test]
    fn a_statement_has_signs_and_a_download_says_how_far_it_came() {
        let lines = table(
            &rows(&[
                &[("amount", "-10.00"), ("balance", "10.00"), ("why", "buy"), ("id", "3")],
                &[("amount", "20.00"), ("balance", "20.00"), ("why", "topup"), ("note", "a\nb")],
            ]),
            Room::default(),
            Tongue::En,
        );
        assert_eq!(lines[1], "-10.00    10.00  buy     3");
        assert_eq!(lines[2], "+20.00    20.00  topup      a b");
        let lines = table(
            &rows(&[
                &[("title", "a"), ("bytes", "1024"), ("size", "2048"), ("done", "no")],
                &[("title", "b"), ("bytes", "2048"), ("size", "2048"), ("done", "yes")],
            ]),
            Room::default(),
            Tongue::En,
        );
        assert_eq!(lines[1], "a      1.0 KiB / 2.0 KiB  no");
        assert_eq!(lines[2], "b                2.0 KiB  yes");
    }

    #[test]
    fn a_row_may_lack_what_another_has() {
        let rows = rows(&[&[("id", "1")], &[("id", "2"), ("owned", "yes")]]);
        assert_eq!(table(&rows, Room::default(), Tongue::En), ["id  owned", " 1", " 2  yes"]);
    }
}
