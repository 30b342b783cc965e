//! The sheet a figure is drawn on: the theme, text and its estimated width, and the tidy SVG at the end.

use plotters::backend::SVGBackend;
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, IntoDrawingArea};
use plotters::element::{Drawable, PathElement, PointCollection, Rectangle, Text};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontStyle, IntoFont, RGBColor, TextStyle, WHITE};

use super::figure::{Drawing, Figure};
use super::html::one_line;

/// Okabe and Ito's colours, which stay apart for colour-blind readers; yellow comes last, it is faint on white.
pub(super) const PALETTE: [RGBColor; 8] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(86, 180, 233),
    RGBColor(230, 159, 0),
    RGBColor(0, 0, 0),
    RGBColor(240, 228, 66),
];
pub(super) const INK: RGBColor = RGBColor(26, 26, 26);
pub(super) const GREY: RGBColor = RGBColor(89, 89, 89);
pub(super) const AXIS: RGBColor = RGBColor(140, 140, 140);
pub(super) const GRID: RGBColor = RGBColor(230, 230, 230);

/// Lines between those of the grid.
pub(super) const FAINT: RGBColor = RGBColor(244, 244, 244);

/// A figure is this wide, in pixels at 100 %, unless it is a part of another one.
pub(super) const WIDTH: f64 = 640.0;
/// Free space along each side, in pixels.
pub(super) const MARGIN: f64 = 16.0;
pub(super) const TITLE: f64 = 16.0;
pub(super) const BODY: f64 = 12.0;
/// From one line of text to the next, in text sizes.
pub(super) const LEADING: f64 = 1.3;

// Arial, Helvetica and Liberation Sans have the same widths, which `text_width` knows; the rest is for Korean.
const FONTS: &str = "Arial, Helvetica, Liberation Sans, Noto Sans KR, Noto Sans CJK KR, Apple SD Gothic Neo, \
                     Malgun Gothic, sans-serif";

pub(super) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Pixels in the backend's units. Its coordinates are whole, so the sheet has two of them to a pixel: at one, a
/// curve would show stairs.
pub(super) fn units(pixels: f64) -> i32 {
    (2.0 * pixels).round() as i32
}

/// Draws on a white sheet of this size; `under` are elements that plotters cannot write, right on the paper.
pub(super) fn sheet((width, height): (f64, f64), alt: &str, under: &str, draw: impl FnOnce(&Area<'_>)) -> Drawing {
    let mut svg = String::new();
    let size = (units(width) as u32, units(height) as u32);
    {
        let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        area.fill(&WHITE).expect("a String takes every write");
        draw(&area);
        area.present().expect("a String takes every write");
    }
    let (width, height) = (size.0.div_ceil(2), size.1.div_ceil(2));
    let head = format!(
        "<svg xmlns='http://www.w3.org/2000/svg' width='{width}' height='{height}' viewBox='0 0 {} {}' \
         font-family='{FONTS}' stroke-linejoin='round' stroke-linecap='round'>\n",
        size.0, size.1
    );
    let elements = tidy(&svg);
    let (paper, elements) = elements.split_at(elements.find('\n').map_or(0, |end| end + 1));
    // Texts come from the caller, and XML has no way to write most control characters.
    let svg = (head + paper + under + elements + "</svg>\n").lines().map(|line| one_line(line) + "\n").collect();
    Drawing { svg, alt: one_line(alt), width, height }
}

/// The elements between `<svg>` and `</svg>`: one per line, without the attributes that say the default, and in
/// single quotes, which need no escape in an `src="…"`.
fn tidy(svg: &str) -> String {
    let mut out = String::with_capacity(svg.len());
    let mut text = false;
    for line in svg.lines().skip(1).filter(|line| *line != "</svg>") {
        let opens_text = line.starts_with("<text");
        if line.starts_with('<') {
            let mut line = line.replace('"', "'").replace(" '", "'");
            for default in [" opacity='1'", " stroke='none'", " font-family='sans-serif'", " stroke-width='1'"] {
                line = line.replace(default, "");
            }
            out.push_str(&line);
        } else {
            out.push_str(line);
        }
        text = opens_text || (text && line != "</text>");
        if !text {
            out.push('\n');
        }
    }
    out
}

/// How a piece of text looks.
#[derive(Clone, Copy)]
pub(super) struct Font {
    pub(super) size: f64,
    pub(super) colour: RGBColor,
    pub(super) bold: bool,
    pub(super) anchor: HPos,
}

/// Text in the theme's body size, from its left end.
pub(super) const PLAIN: Font = Font { size: BODY, colour: INK, bold: false, anchor: HPos::Left };

impl Font {
    pub(super) fn style(self) -> TextStyle<'static> {
        // plotters divides a size by 1.24 on the way to the document.
        let font = ("sans-serif", 2.0 * self.size * 1.24).into_font();
        let font = if self.bold { font.style(FontStyle::Bold) } else { font };
        let colour = self.colour.to_backend_color();
        TextStyle { font, color: colour, pos: Pos::new(self.anchor, VPos::Center) }
    }
}

/// Writes lines of text below each other; the first one is centred on `y`.
pub(super) fn write(area: &Area<'_>, lines: &[String], (x, y): (f64, f64), font: Font) {
    for (i, line) in lines.iter().enumerate() {
        let at = (units(x), units(y + i as f64 * font.size * LEADING));
        put(area, &Text::new(line.clone(), at, font.style()));
    }
}

/// Fills a rectangle given by two opposite corners.
pub(super) fn fill(area: &Area<'_>, from: (f64, f64), to: (f64, f64), colour: RGBColor) {
    let corners = [(units(from.0), units(from.1)), (units(to.0), units(to.1))];
    put(area, &Rectangle::new(corners, colour.filled()));
}

/// A dashed line, horizontal or vertical, for what the data are compared with.
pub(super) fn dashed(area: &Area<'_>, from: (f64, f64), to: (f64, f64)) {
    const DASH: f64 = 7.0;
    const GAP: f64 = 5.0;
    let length = (to.0 - from.0).abs() + (to.1 - from.1).abs();
    let at = |along: f64| {
        let share = (along / length).min(1.0);
        (units(from.0 + share * (to.0 - from.0)), units(from.1 + share * (to.1 - from.1)))
    };
    for i in 0..(length / (DASH + GAP)).ceil() as usize {
        let start = i as f64 * (DASH + GAP);
        put(area, &PathElement::new(vec![at(start), at(start + DASH)], GREY.stroke_width(units(1.5) as u32)));
    }
}

/// Draws one element of plotters, at the sheet's units.
pub(super) fn put<'a, 'b, E>(area: &Area<'b>, element: &'a E)
where
    &'a E: PointCollection<'a, (i32, i32)>,
    E: Drawable<SVGBackend<'b>>,
{
    area.draw(element).expect("a String takes every write");
}

/// Writes the title at the top and answers with the height where the figure goes on.
pub(super) fn write_title(area: &Area<'_>, title: &[String]) -> f64 {
    let font = Font { size: TITLE, bold: true, ..PLAIN };
    write(area, title, (MARGIN, MARGIN + 0.5 * TITLE), font);
    title_height(title)
}

/// The title in lines that fit.
pub(super) fn title_lines(title: &str, width: f64) -> Vec<String> {
    wrap(title, TITLE * 1.08, width - 2.0 * MARGIN, 3)
}

pub(super) fn title_height(title: &[String]) -> f64 {
    MARGIN + title.len() as f64 * TITLE * LEADING
}

/// A figure that says why there is nothing to see.
pub(super) fn words(title: &str, reason: &str) -> Figure {
    let (title, reason) = (title.to_owned(), reason.to_owned());
    Figure::new(WIDTH, move |width| {
        let title_text = title_lines(&title, width);
        let top = title_height(&title_text);
        let lines = wrap(&reason, BODY, width - 2.0 * MARGIN, 6);
        let height = top + 24.0 + lines.len() as f64 * BODY * LEADING;
        sheet((width, height), &format!("{}{reason}", lead(&title)), "", |area| {
            write_title(area, &title_text);
            write(area, &lines, (MARGIN, top + 16.0), Font { colour: GREY, ..PLAIN });
        })
    })
}

/// A title as the start of a text alternative: it ends like a sentence.
pub(super) fn lead(title: &str) -> String {
    match title.trim_end() {
        "" => String::new(),
        title if title.ends_with(['?', '.', '!', '…']) => format!("{title} "),
        title => format!("{title}. "),
    }
}

/// The estimated width of a text, in pixels: without a font there is no exact one.
pub(super) fn text_width(text: &str, size: f64) -> f64 {
    let em = |c: char| match c {
        'i' | 'j' | 'l' | 'I' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' | ' ' | '/' => 0.28,
        'f' | 't' | 'r' | '(' | ')' | '[' | ']' | '-' | '"' => 0.34,
        'm' | 'M' | 'W' | '%' | '@' | 'w' => 0.88,
        'A'..='Z' | '&' | '+' | '=' | '<' | '>' | '~' => 0.7,
        ' '..='~' => 0.56,
        c if is_wide(c) => 1.0,
        '\u{300}'..='\u{36f}' => 0.0,
        '→' | '←' | '∞' | '—' | '…' => 1.0,
        _ => 0.65,
    };
    size * text.chars().map(em).sum::<f64>()
}

/// Whether a character takes two columns where Latin letters take one: Korean, Chinese, Japanese, emoji.
pub(crate) fn is_wide(c: char) -> bool {
    matches!(c, '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}' | '\u{ff00}'..='\u{ff60}' | '\u{1f300}'..='\u{1faff}' | '\u{20000}'..='\u{3fffd}')
}

/// The text in lines no wider than `width` pixels, broken between words where it can be, and cut with an
/// ellipsis after `at_most` lines.
pub(super) fn wrap(text: &str, size: f64, width: f64, at_most: usize) -> Vec<String> {
    let fits = |line: &str| text_width(line, size) <= width;
    let mut lines = vec![String::new()];
    for word in one_line(text).split_whitespace() {
        let line = lines.last_mut().expect("there is always a line");
        let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
        if fits(&longer) {
            *line = longer;
            continue;
        }
        if !line.is_empty() {
            lines.push(String::new());
        }
        for c in word.chars() {
            let line = lines.last_mut().expect("there is always a line");
            line.push(c);
            if !fits(line) && line.chars().count() > 1 {
                line.pop();
                lines.push(c.into());
            }
        }
        if lines.len() > at_most {
            break;
        }
    }
    if lines.len() > at_most {
        lines.truncate(at_most);
        if let Some(last) = lines.last_mut() {
            while !fits(&format!("{last}…")) && last.pop().is_some() {}
            last.push('…');
        }
    }
    lines
}
