//! A picture of the ratios, in SVG: a bar from 1 to the median, a whisker from min to max, on a scale of powers.

use super::Found;
use crate::stat::Summary;

const LINE: f64 = 18.0;
const LEFT: f64 = 440.0;
const WIDTH: f64 = 480.0;

/// What the scale reaches to both sides of 1.
const MOST: f64 = 64.0;

/// Draws it.
pub fn draw(found: &[Found]) -> String {
    let mut y = 48.0;
    let mut body = String::new();
    for row in found {
        for (figure, parts) in row.each() {
            let parts: Vec<_> = parts.iter().filter_map(|part| Some((part.who, part.ratio?))).collect();
            if parts.is_empty() {
                continue;
            }
            let title = escaped(&format!("{}: {}", row.title, figure.title));
            body += &format!("<text x=\"8\" y=\"{y}\" font-weight=\"bold\">{title}</text>\n");
            y += LINE;
            for (who, ratio) in parts {
                body += &bar(y, who, ratio);
                y += LINE;
            }
            y += LINE / 2.0;
        }
    }
    let (width, grid) = (LEFT + WIDTH + 90.0, grid(y));
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{y}\" font-family=\"sans-serif\" \
         font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n\
         <text x=\"8\" y=\"16\">Reel to each peer: right of 1 Reel is the better one. Bars are medians, whiskers \
         min and max.</text>\n{grid}{body}</svg>\n"
    )
}

fn grid(height: f64) -> String {
    let line = |ratio: f64| {
        let (x, colour) = (place(ratio), if ratio == 1.0 { "#333" } else { "#ddd" });
        let label = if ratio < 1.0 { format!("1/{}", 1.0 / ratio) } else { format!("{ratio}") };
        format!(
            "<line x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"36\" y2=\"{height:.1}\" stroke=\"{colour}\"/>\
             <text x=\"{x:.1}\" y=\"32\" text-anchor=\"middle\" fill=\"#666\">{label}</text>\n"
        )
    };
    (-3..=3).map(|power| line(4_f64.powi(power))).collect()
}

fn bar(y: f64, who: &str, ratio: Summary) -> String {
    let (one, median) = (place(1.0), place(ratio.median));
    let (from, width) = (one.min(median), (one - median).abs());
    let colour = if ratio.median >= 1.0 { "#4a8f5b" } else { "#c0603f" };
    let (low, high, middle) = (place(ratio.min), place(ratio.max), y - 4.0);
    format!(
        "<text x=\"{:.1}\" y=\"{y}\" text-anchor=\"end\">{}</text>\
         <rect x=\"{from:.1}\" y=\"{:.1}\" width=\"{width:.1}\" height=\"10\" fill=\"{colour}\"/>\
         <line x1=\"{low:.1}\" x2=\"{high:.1}\" y1=\"{middle:.1}\" y2=\"{middle:.1}\" stroke=\"#111\"/>\
         <line x1=\"{low:.1}\" x2=\"{low:.1}\" y1=\"{:.1}\" y2=\"{y:.1}\" stroke=\"#111\"/>\
         <line x1=\"{high:.1}\" x2=\"{high:.1}\" y1=\"{:.1}\" y2=\"{y:.1}\" stroke=\"#111\"/>\
         <text x=\"{:.1}\" y=\"{y}\">{:.2}</text>\n",
        LEFT - 8.0,
        escaped(who),
        y - 9.0,
        y - 8.0,
        y - 8.0,
        LEFT + WIDTH + 12.0,
        ratio.median,
    )
}

fn place(ratio: f64) -> f64 {
    let share = (ratio.clamp(1.0 / MOST, MOST).ln() / MOST.ln() + 1.0) / 2.0;
    LEFT + share * WIDTH
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_in_the_middle() {
        assert_eq!(place(1.0), LEFT + WIDTH / 2.0);
        assert_eq!(place(1e9), LEFT + WIDTH);
        assert_eq!(place(1e-9), LEFT);
    }
}
