//! What came of it: a table to read, Markdown, JSON and a picture.

mod picture;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::Result;
use crate::row::{Better, Figure, Row};
use crate::stat::{Summary, ratios, summary};

/// The measurements of one row.
pub struct Found {
    /// The row's name and title.
    pub name: &'static str,
    title: &'static str,
    figures: &'static [Figure],
    competitors: &'static [&'static str],
    /// By figure, by competitor, by round; what could not be measured is no number.
    values: Vec<Vec<Vec<f64>>>,
    /// Who was left out, and why.
    pub left_out: Vec<(&'static str, String)>,
    /// Whether one of them should have been able to.
    pub failed: bool,
}

/// A competitor's part of a figure.
struct Part<'a> {
    who: &'a str,
    values: &'a [f64],
    shown: Summary,
    /// How the first competitor compares: above 1 it is the better one, whichever way that is.
    ratio: Option<Summary>,
}

impl Found {
    /// Nothing yet.
    pub fn new(row: &dyn Row) -> Found {
        let (figures, competitors) = (row.figures(), row.competitors());
        let values = vec![vec![Vec::new(); competitors.len()]; figures.len()];
        Found {
            name: row.name(),
            title: row.title(),
            figures,
            competitors,
            values,
            left_out: Vec::new(),
            failed: false,
        }
    }

    /// What one competitor did in a round.
    pub fn add(&mut self, who: &str, measured: &[Option<f64>]) {
        let place = self.competitors.iter().position(|competitor| *competitor == who);
        for (figure, value) in self.values.iter_mut().zip(measured) {
            if let (Some(place), Some(value)) = (place, value)
                && let Some(of) = figure.get_mut(place)
            {
                of.push(*value);
            }
        }
    }

    fn parts<'a>(&'a self, figure: &Figure, values: &'a [Vec<f64>]) -> Vec<Part<'a>> {
        let ours = values.first().map_or(&[][..], Vec::as_slice);
        let part = |(who, theirs): (&&'a str, &'a Vec<f64>)| {
            let shown = summary(theirs)?;
            let ratios = match figure.better {
                Better::More => ratios(ours, theirs),
                Better::Less => ratios(theirs, ours),
            };
            let first = self.competitors.first() == Some(who);
            Some(Part { who, values: theirs, shown, ratio: summary(&ratios).filter(|_| !first) })
        };
        self.competitors.iter().zip(values).filter_map(part).collect()
    }

    fn each(&self) -> impl Iterator<Item = (&Figure, Vec<Part<'_>>)> {
        self.figures.iter().zip(&self.values).map(|(figure, values)| (figure, self.parts(figure, values)))
    }

    /// The table, to be read in a terminal.
    pub fn text(&self) -> String {
        let mut text = format!("\n{}\n", self.title);
        for (figure, parts) in self.each() {
            let way = if figure.better == Better::Less { ", less is better" } else { "" };
            let target =
                if figure.target.is_empty() { String::new() } else { format!("; aim: {}", figure.target) };
            text += &format!("  {}, {}{way}{target}\n", figure.title, figure.unit);
            for part in parts {
                let ratio = part.ratio.map_or(String::new(), |ratio| {
                    format!("{:6.2}x ({:.2} to {:.2})", ratio.median, ratio.min, ratio.max)
                });
                text += &format!("    {:24} {:>34}  {ratio}\n", part.who, cell(part.shown));
            }
        }
        for (who, why) in &self.left_out {
            text += &format!("    {who:24} left out: {why}\n");
        }
        text
    }

    fn markdown(&self) -> String {
        let mut text = String::new();
        for (figure, parts) in self.each() {
            for part in parts {
                let ratio = part
                    .ratio
                    .map_or("".into(), |r| format!("{:.2} ({:.2} to {:.2})", r.median, r.min, r.max));
                let Part { who, shown, .. } = part;
                let Figure { title, unit, target, .. } = figure;
                text += &format!(
                    "| {}: {title}, {unit} | {who} | {} | {ratio} | {target} |\n",
                    self.title,
                    cell(shown)
                );
            }
        }
        text
    }

    fn json(&self) -> Value {
        let figures = self.each().map(|(figure, parts)| {
            let parts = parts.iter().map(|part| {
                let Summary { median, min, max } = part.shown;
                let ratio = part.ratio.map(|r| json!({"median": r.median, "min": r.min, "max": r.max}));
                json!({"who": part.who, "values": part.values, "median": median, "min": min, "max": max,
                    "ratio": ratio})
            });
            json!({"figure": figure.title, "unit": figure.unit, "target": figure.target,
                "less_is_better": figure.better == Better::Less, "measured": parts.collect::<Vec<_>>()})
        });
        let left_out = self.left_out.iter().map(|(who, why)| json!({"who": who, "why": why}));
        json!({"row": self.name, "title": self.title, "figures": figures.collect::<Vec<_>>(),
            "left_out": left_out.collect::<Vec<_>>()})
    }
}

/// Writes JSON, Markdown and the picture of the ratios; where they are.
///
/// # Errors
/// If they cannot be written.
pub fn write(folder: &Path, rounds: usize, found: &[Found]) -> Result<PathBuf> {
    fs::create_dir_all(folder)?;
    let at = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let base = folder.join(at.to_string());
    let rows: Vec<Value> = found.iter().map(Found::json).collect();
    let all = json!({"at": at, "rounds": rounds, "machine": machine(), "rows": rows});
    fs::write(base.with_extension("json"), serde_json::to_string_pretty(&all)?)?;
    let head = "| work | who | median (min to max) | the first of the figure to it, above 1 is better | aim |\n|---|---|---|---|---|\n";
    let markdown: String = found.iter().map(Found::markdown).collect();
    fs::write(base.with_extension("md"), format!("{head}{markdown}"))?;
    fs::write(base.with_extension("svg"), picture::draw(found))?;
    Ok(base)
}

fn machine() -> Value {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or_default();
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    json!({"cpu": model.trim_start_matches(['\t', ' ', ':']), "cores": cores, "kernel": kernel.trim()})
}

fn cell(shown: Summary) -> String {
    format!("{} ({} to {})", digits(shown.median), digits(shown.min), digits(shown.max))
}

/// As many digits as say something; thousands apart.
fn digits(value: f64) -> String {
    if value.abs() < 10.0 {
        return format!("{value:.3}");
    }
    if value.abs() < 100.0 {
        return format!("{value:.1}");
    }
    let plain = format!("{value:.0}");
    let mut text = String::new();
    for (place, digit) in plain.chars().enumerate() {
        if place > 0 && (plain.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_that_say_something() {
        let shown = [0.1234, 12.345, 123.4, 1234.0, 1_234_567.0].map(digits);
        assert_eq!(shown, ["0.123", "12.3", "123", "1,234", "1,234,567"]);
    }
}
