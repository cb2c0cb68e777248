//! The screen of a terminal as an SVG picture.

use std::fmt::Write as _;

use vt100::{Cell, Color, Screen};

/// Width and height of a cell, and what is left free around the text, in pixels.
const CELL: (f32, f32) = (8.4, 18.0);
const EDGE: f32 = 14.0;

/// The colours of the numbers 0 to 15, as most dark terminals have them.
const PALETTE: [&str; 16] = [
    "#3b4252", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#d8dee9", "#7f8794",
    "#ef8891", "#b1d695", "#f0d399", "#85c2f5", "#d79ce6", "#7fcbd4", "#ffffff",
];

/// Draws the rows down to the last one that is not blank.
pub fn svg(screen: &Screen) -> String {
    let (rows, columns) = screen.size();
    let used = screen.rows(0, columns).collect::<Vec<_>>();
    let rows = used.iter().rposition(|row| !row.trim().is_empty()).map_or(rows, |last| last as u16 + 1);
    let (width, height) = (f32::from(columns) * CELL.0 + 2.0 * EDGE, f32::from(rows) * CELL.1 + 2.0 * EDGE);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
         height=\"{height}\" font-family=\"'DejaVu Sans Mono', 'Noto Sans Mono CJK SC', Menlo, Consolas, monospace\" \
         font-size=\"14\">\n<rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"#20242c\"/>\n"
    );
    for row in 0..rows {
        let y = EDGE + f32::from(row) * CELL.1 + 13.0;
        let _ = writeln!(
            out,
            "<text y=\"{y}\" fill=\"#d8dee9\" xml:space=\"preserve\">{}</text>",
            line(screen, row)
        );
    }
    out.push_str("</svg>\n");
    out
}

/// A row, cut where the looks change: and at each wide character, of which fonts have their own idea.
fn line(screen: &Screen, row: u16) -> String {
    let (_, columns) = screen.size();
    let mut out = String::new();
    let mut last: Option<(String, bool)> = None;
    let blank = |column| screen.cell(row, column).is_none_or(|cell| cell.contents().trim().is_empty());
    let end = (0..columns).rev().find(|column| !blank(*column)).map_or(0, |column| column + 1);
    for column in 0..end {
        let Some(cell) = screen.cell(row, column).filter(|cell| !cell.is_wide_continuation()) else {
            continue;
        };
        let looks = (looks(cell), cell.is_wide());
        if last.as_ref() != Some(&looks) || cell.is_wide() {
            if last.is_some() {
                out.push_str("</tspan>");
            }
            let _ = write!(out, "<tspan x=\"{}\"{}>", EDGE + f32::from(column) * CELL.0, looks.0);
            last = Some(looks);
        }
        let text = if cell.has_contents() { cell.contents() } else { " " };
        out.push_str(&text.replace('&', "&amp;").replace('<', "&lt;"));
    }
    if last.is_some() {
        out.push_str("</tspan>");
    }
    out
}

fn looks(cell: &Cell) -> String {
    let mut out = match cell.fgcolor() {
        Color::Default => String::new(),
        Color::Idx(number) => {
            PALETTE.get(usize::from(number)).map(|fill| format!(" fill=\"{fill}\"")).unwrap_or_default()
        }
        Color::Rgb(r, g, b) => format!(" fill=\"#{r:02x}{g:02x}{b:02x}\""),
    };
    if cell.dim() {
        out.push_str(" fill-opacity=\"0.55\"");
    }
    if cell.bold() {
        out.push_str(" font-weight=\"bold\"");
    }
    if cell.underline() {
        out.push_str(" text-decoration=\"underline\"");
    }
    out
}
