//! Numbers that are drawn: totals in a table, what happened by day as columns, titles as bars.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use protocol::grammar::find;

use super::plain::{bytes, cut, harmless, pad, width};
use super::style::Style;
use crate::link::Facts;
use crate::locale::{Text, Tongue};

/// How high the columns of a series are, in lines.
const HEIGHT: u64 = 6;

/// Narrowest that anything is drawn.
const NARROWEST: usize = 24;

/// Widest that a day, or a bar, becomes: beyond it the eye loses the line.
const WIDEST_DAY: usize = 4;
const WIDEST_BAR: usize = 50;

/// Eighths of a column, from one to all.
const EIGHTHS: [&str; 8] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/// Most days that are drawn, whatever a server says: a hundred years.
const MOST_DAYS: u64 = 36_525;

/// What it is drawn on.
#[derive(Clone, Copy, Debug)]
pub struct Canvas {
    /// Columns of the terminal.
    pub width: usize,
    /// Blocks and colours; else only what every terminal and file takes.
    pub style: Style,
}

/// What a number counts, which says how people read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    Count,
    Bytes,
    Money,
}

impl Unit {
    fn of(name: &str, word: &str) -> Self {
        match name {
            "bytes" | "sent" => Unit::Bytes,
            _ if word.contains('.') => Unit::Money,
            _ => Unit::Count,
        }
    }

    fn show(self, value: u64) -> String {
        match self {
            Unit::Count => value.to_string(),
            Unit::Bytes => bytes(value),
            Unit::Money => format!("{}.{:02}", value / 100, value % 100),
        }
    }
}

/// The lines for all that `STATS` answers. The days end with `today`, or with the last that has a
/// number, and begin `days` before.
pub fn numbers(rows: &[Facts], days: u64, today: NaiveDate, canvas: Canvas, tongue: Tongue) -> Vec<String> {
    let canvas = Canvas { width: canvas.width.max(NARROWEST), ..canvas };
    let mut lines = totals(rows, tongue);
    let all = rows.iter().filter_map(day).max();
    let last = all.map_or(today, |day| day.max(today));
    let days = days.clamp(1, MOST_DAYS);
    let first = last.checked_sub_days(Days::new(days - 1)).unwrap_or(last);
    for name in series_names(rows) {
        let series = Series::read(rows, name, first, last);
        lines.push(String::new());
        lines.extend(series.draw(canvas, tongue));
    }
    lines.extend(most_fetched(rows, canvas, tongue));
    lines
}

fn cell<'a>(row: &'a Facts, key: &str) -> &'a str {
    find(row, key).unwrap_or_default()
}

fn day(row: &Facts) -> Option<NaiveDate> {
    cell(row, "day").parse().ok()
}

/// The number, of money in hundredths. What is none counts as nothing.
fn value(row: &Facts) -> u64 {
    cell(row, "value").replace('.', "").parse().unwrap_or(0)
}

fn is_total(row: &Facts) -> bool {
    find(row, "day").is_none() && find(row, "id").is_none()
}

fn totals(rows: &[Facts], tongue: Tongue) -> Vec<String> {
    let figures: Vec<(String, String)> = rows
        .iter()
        .filter(|row| is_total(row))
        .map(|row| {
            let (name, word) = (cell(row, "name"), cell(row, "value"));
            let shown = match Unit::of(name, word) {
                Unit::Bytes => Unit::Bytes.show(value(row)),
                _ => harmless(word).into_owned(),
            };
            (harmless(tongue.figure(name)).into_owned(), shown)
        })
        .collect();
    let names = figures.iter().map(|(name, _)| width(name)).max().unwrap_or(0);
    let values = figures.iter().map(|(_, value)| width(value)).max().unwrap_or(0);
    let line = |(name, value): &(String, String)| {
        let mut line = String::new();
        pad(&mut line, name, names + 2, false);
        pad(&mut line, value, values, true);
        line
    };
    figures.iter().map(line).collect()
}

/// The names of what is told by day, in the order in which they turn up.
fn series_names(rows: &[Facts]) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for row in rows.iter().filter(|row| day(row).is_some()) {
        let name = cell(row, "name");
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// What was counted, day by day; a day that is not named had none.
struct Series<'a> {
    name: &'a str,
    unit: Unit,
    first: NaiveDate,
    last: NaiveDate,
    values: Vec<u64>,
}

impl<'a> Series<'a> {
    fn read(rows: &'a [Facts], name: &'a str, first: NaiveDate, last: NaiveDate) -> Self {
        let mut by_day: BTreeMap<NaiveDate, u64> = BTreeMap::new();
        let mut unit = Unit::Count;
        for row in rows.iter().filter(|row| cell(row, "name") == name) {
            if let Some(day) = day(row) {
                let sum = by_day.entry(day).or_default();
                *sum = sum.saturating_add(value(row));
                unit = Unit::of(name, cell(row, "value"));
            }
        }
        let values = first.iter_days().take_while(|day| *day <= last);
        let values = values.map(|day| by_day.get(&day).copied().unwrap_or(0)).collect();
        Self { name, unit, first, last, values }
    }

    fn draw(&self, canvas: Canvas, tongue: Tongue) -> Vec<String> {
        let all = self.values.iter().fold(0_u64, |sum, value| sum.saturating_add(*value));
        let most = self.values.iter().copied().max().unwrap_or(0);
        let name = harmless(tongue.figure_by_day(self.name)).into_owned();
        let told = tongue.fill(Text::ByDay, &[&name, &self.unit.show(all), &self.unit.show(most)]);
        let mut lines: Vec<String> = vec![canvas.style.bold(&cut(&told, canvas.width))];
        lines.extend(self.columns(canvas));
        lines
    }

    fn columns(&self, canvas: Canvas) -> Vec<String> {
        // Every day a column if there is room; else as few days as possible share one.
        let room = |axis: usize| canvas.width.saturating_sub(axis + 2).max(1);
        let guess = width(&self.unit.show(self.values.iter().copied().max().unwrap_or(0)));
        let share = self.values.len().div_ceil(room(guess)).max(1);
        let sums = self.values.chunks(share).map(|days| days.iter().fold(0_u64, |s, v| s.saturating_add(*v)));
        let sums: Vec<u64> = sums.collect();
        let most = sums.iter().copied().max().unwrap_or(0);
        let label = self.unit.show(most);
        let axis = width(&label).max(guess);
        let step = (room(axis) / sums.len().max(1)).clamp(1, WIDEST_DAY);
        let stroke = if canvas.style.rich { "│" } else { "|" };
        let mut lines = Vec::new();
        for line in (0..HEIGHT).rev() {
            let mark = match line {
                0 => "0",
                top if top + 1 == HEIGHT => label.as_str(),
                _ => "",
            };
            let mut drawn = String::new();
            for sum in &sums {
                drawn.push_str(&block(*sum, most, line, canvas.style.rich).repeat(step.max(2) - 1));
                if step > 1 {
                    drawn.push(' ');
                }
            }
            let mut out = String::new();
            pad(&mut out, mark, axis, true);
            let drawn = drawn.trim_end();
            out.push_str(&format!(" {stroke}{}", canvas.style.colour(&cut(drawn, room(axis)))));
            lines.push(out);
        }
        lines.push(self.days(axis + 2, (sums.len() * step).min(room(axis))));
        lines
    }

    /// The first and the last day under the columns, as far as there is room.
    fn days(&self, indent: usize, drawn: usize) -> String {
        let (first, last) = (self.first.to_string(), self.last.to_string());
        let blanks = drawn.saturating_sub(first.len() + last.len());
        let label = match blanks {
            _ if first == last => last,
            0..=1 => format!("{} … {}", self.first.format("%m-%d"), self.last.format("%m-%d")),
            _ => format!("{first}{}{last}", " ".repeat(blanks)),
        };
        let label = if label.contains('…') { label.replace('…', "-") } else { label };
        format!("{}{label}", " ".repeat(indent))
    }
}

/// One cell of a column: how much of `line`, counted from below, the value fills. What is not zero is
/// seen.
fn block(value: u64, most: u64, line: u64, rich: bool) -> &'static str {
    let (value, most, line) = (u128::from(value), u128::from(most.max(1)), u128::from(line));
    let eighths = (value * u128::from(HEIGHT) * 8).div_ceil(most).saturating_sub(line * 8).min(8);
    match eighths {
        0 => " ",
        part if rich => EIGHTHS.get(part as usize - 1).copied().unwrap_or("█"),
        1..4 if line == 0 => ".",
        1..4 => " ",
        _ => "#",
    }
}

fn most_fetched(rows: &[Facts], canvas: Canvas, tongue: Tongue) -> Vec<String> {
    let titles: Vec<&Facts> = rows.iter().filter(|row| cell(row, "name") == "fetched").collect();
    let most = titles.iter().map(|row| value(row)).max().unwrap_or(0);
    if most == 0 {
        return Vec::new();
    }
    let widest = |key: &str| titles.iter().map(|row| width(&harmless(cell(row, key)))).max().unwrap_or(0);
    let (ids, counts) = (widest("id"), widest("value"));
    let names = widest("title").min(canvas.width * 2 / 5);
    let bar = canvas.width.saturating_sub(ids + counts + names + 6).clamp(1, WIDEST_BAR) as u64;
    let mark = if canvas.style.rich { "█" } else { "#" };
    let mut lines = vec![String::new(), canvas.style.bold(tongue.text(Text::MostFetched))];
    for row in titles {
        let mut line = String::new();
        pad(&mut line, &harmless(cell(row, "id")), ids, true);
        line.push_str("  ");
        pad(&mut line, &cut(&harmless(cell(row, "title")), names), names, false);
        line.push_str("  ");
        pad(&mut line, &value(row).to_string(), counts, true);
        let long = (u128::from(value(row)) * u128::from(bar)).div_ceil(u128::from(most)) as usize;
        line.push_str(&format!("  {}", canvas.style.colour(&mark.repeat(long))));
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Style = Style { rich: false, colours: false };
    const RICH: Style = Style { rich: true, colours: false };

    fn row(pairs: &[(&str, &str)]) -> Facts {
        pairs.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect()
    }

    fn rows() -> Vec<Facts> {
        vec![
            row(&[("name", "accounts"), ("value", "3")]),
            row(&[("name", "bytes"), ("value", "1536")]),
            row(&[("name", "revenue"), ("value", "35.00")]),
            row(&[("name", "downloads"), ("value", "1"), ("day", "2026-11-19")]),
            row(&[("name", "downloads"), ("value", "12"), ("day", "2026-11-21")]),
            row(&[("name", "revenue"), ("value", "35.00"), ("day", "2026-11-21")]),
            row(&[("name", "fetched"), ("value", "12"), ("id", "7"), ("title", "绿\x1b[2J茶")]),
            row(&[("name", "fetched"), ("value", "1"), ("id", "12"), ("title", "Tea")]),
        ]
    }

    fn draw(days: u64, width: usize, style: Style) -> Vec<String> {
        let today = "2026-11-21".parse().unwrap();
        numbers(&rows(), days, today, Canvas { width, style }, Tongue::En)
    }

    #[test]
    fn totals_are_aligned_and_for_people() {
        let lines = draw(3, 60, PLAIN);
        assert_eq!(&lines[..3], ["accounts        3", "stored    1.5 KiB", "revenue     35.00"]);
    }

    #[test]
    fn a_day_is_a_column_and_a_day_without_a_number_is_empty() {
        let lines = draw(3, 60, PLAIN);
        let at = lines.iter().position(|line| line.starts_with("downloads")).unwrap();
        assert_eq!(lines[at], "downloads by day (UTC): 13 in all, at most 12");
        assert_eq!(
            &lines[at + 1..at + 8],
            [
                "12 |        ###",
                "   |        ###",
                "   |        ###",
                "   |        ###",
                "   |        ###",
                " 0 |###     ###",
                "    11-19 - 11-21"
            ]
        );
        assert!(lines.iter().any(|line| line.contains("revenue by day (UTC): 35.00 in all")));
    }

    #[test]
    fn everything_fits_whatever_the_width_and_the_days() {
        for style in [PLAIN, RICH] {
            for room in [24, 40, 79, 80, 200] {
                for days in [1, 2, 30, 365, 3660] {
                    for line in draw(days, room, style) {
                        assert!(width(&line) <= room, "{room} {days}: {line}");
                    }
                }
            }
        }
    }

    #[test]
    fn without_a_terminal_what_is_drawn_is_ascii_and_titles_are_harmless() {
        let text = draw(30, 80, PLAIN).join("\n");
        assert!(text.contains("绿\\u{1b}[2J茶"), "{text}");
        assert!(text.replace(['绿', '茶'], "").is_ascii(), "{text}");
        assert!(draw(30, 80, RICH).join("").contains('█'));
    }

    #[test]
    fn the_most_fetched_has_the_longest_bar() {
        let lines = draw(3, 60, PLAIN);
        let bar =
            |id: &str| lines.iter().find(|l| l.trim_start().starts_with(id)).unwrap().matches('#').count();
        assert!(bar("7 ") > 4 * bar("12  Tea") && bar("12  Tea") > 0, "{lines:?}");
    }

    #[test]
    fn a_small_number_beside_a_large_one_is_seen() {
        assert_eq!(block(1, 1_000_000, 0, false), ".");
        assert_eq!(block(1, u64::MAX, 0, true), "▁");
        assert_eq!(block(u64::MAX, u64::MAX, HEIGHT - 1, true), "█");
        assert_eq!(block(0, 0, 0, true), " ");
    }
}
