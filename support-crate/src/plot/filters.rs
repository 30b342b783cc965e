//! Stacks of small images with values of any range: filters, feature maps, differences.

use ndarray::ArrayD;
use plotters::style::text_anchor::HPos;

use super::canvas::{self, BODY, Font, GREY, LEADING, MARGIN, PLAIN, WIDTH};
use super::colour::{BLANK, Bar, Scale, image, is_finite};
use super::figure::Figure;
use super::png;
use crate::tensor::Real;

/// All pixels of a figure, at full width.
const PIXELS: usize = 70_000;
/// An image is between so many pixels of the sheet wide.
const NARROWEST: f64 = 14.0;
const LARGEST: f64 = 90.0;
/// All rows together, if their images need not become too small for that; and the bar of colours.
const TALLEST: f64 = 560.0;
const TALLEST_BAR: f64 = 220.0;
const ROW_NAMES: f64 = 26.0;

/// Filters or feature maps as small images, all with the same colours: blue below zero, red above it.
///
/// `values` is n × c × h × w: the weights of a convolution as its layer has them
/// (`layer.weight().unwrap().value()`: output × input × height × width), or the outputs of one (example × channel × …).
/// Each of the n has a row, with its c images from left to right; if n or c is 1, the images fill rows of their own. They
/// are numbered from 0. One scale for all of them lets their strengths be compared. NaN is light grey, infinity dark
/// grey.
///
/// # Panics
///
/// If `values` has not four dimensions.
///
/// ```
/// use dl_interview::data::rng;
/// use dl_interview::nn::Layer;
/// use dl_interview::plot::filters;
///
/// let layer = Layer::conv2d(1, 8, 5, &mut rng(42));
/// let figure = filters("What does an untrained filter look like?", &layer.weight().unwrap().value());
/// assert!(figure.alt().contains("8 images of 5 × 5"));
/// ```
#[track_caller]
pub fn filters(title: &str, values: &ArrayD<Real>) -> Figure {
    let &[n, c, high, wide] = values.shape() else {
        panic!(
            "filters: values of shape {:?} are not n × c × height × width; give them four dimensions, such as \
             `matrix.into_shape_with_order((n, 1, 28, 28)).unwrap().into_dyn()` for rows of 784",
            values.shape()
        )
    };
    let finite: Vec<f64> = values.iter().map(|value| *value as f64).filter(|value| is_finite(*value)).collect();
    if finite.is_empty() {
        let reason = match values.len() {
            0 => format!("Nothing to draw: {n} × {c} images of {high} × {wide} have no pixels."),
            all => format!("Nothing to draw: none of the {all} values is finite."),
        };
        return canvas::words(title, &reason);
    }
    if high * wide > PIXELS {
        let reason = format!(
            "Nothing drawn: an image of {high} × {wide} is too large here; draw it with heat_map, which makes many \
             pixels one."
        );
        return canvas::words(title, &reason);
    }
    let (scale, strange) = (Scale::new(&finite, false), values.len() - finite.len());
    let (title, values) = (title.to_owned(), values.as_standard_layout().to_owned());
    Figure::new(WIDTH, move |width| {
        let bar = Bar::new(scale, "value");
        let single = n == 1 || c == 1;
        let left = MARGIN + if single { 0.0 } else { ROW_NAMES };
        let room = width - MARGIN - left - bar.width();
        // Between two images lies a gap of whole pixels of theirs: all are one bitmap.
        let gap = (wide.min(high) / 6).max(1);
        let fit = |count: usize, space: f64, each: f64| count.min((space / each) as usize).max(1);
        let smallest = NARROWEST.max(0.5 * wide as f64);
        let columns = fit(if single { n * c } else { c }, room, smallest * (1.0 + gap as f64 / wide as f64));
        let columns = if single && n * c <= 16 {
            columns.min((n * c).div_ceil(((n * c) as f64 / 8.0).ceil() as usize))
        } else {
            columns
        };
        let rows = if single { (n * c).div_ceil(columns) } else { n };
        let pixel = (room / (columns * (wide + gap)) as f64).min(LARGEST / wide.max(high) as f64);
        let pixel = pixel.min((TALLEST / (rows * (high + gap)) as f64).max(NARROWEST / wide as f64));
        let pixel = if pixel > 2.0 { (2.0 * pixel).floor() / 2.0 } else { pixel };
        let budget = (PIXELS as f64 * (width / WIDTH).min(1.0).powi(2)) as usize;
        let rows = rows
            .min(((1.5 * TALLEST / pixel) as usize / (high + gap)).max(1))
            .min((budget / (columns * (wide + gap) * (high + gap))).max(1));
        let drawn = if single { (n * c).min(rows * columns) } else { rows * columns };

        let (bitmap_wide, bitmap_high) = (columns * (wide + gap) - gap, rows * (high + gap) - gap);
        let mut pixels = vec![BLANK; bitmap_wide * bitmap_high];
        let numbers = values.as_slice().expect("in standard layout");
        for k in 0..drawn {
            let (row, column) = (k / columns, k % columns);
            let first = if single { k } else { row * c + column } * high * wide;
            for y in 0..high {
                for x in 0..wide {
                    let at = (row * (high + gap) + y) * bitmap_wide + column * (wide + gap) + x;
                    pixels[at] = scale.step(numbers[first + y * wide + x] as f64);
                }
            }
        }
        let mut notes = vec!["One scale for all images.".to_owned()];
        if drawn < n * c {
            let of = if single { format!("{}", n * c) } else { format!("{n} × {c}") };
            let kept = if single { format!("{drawn}") } else { format!("{rows} × {columns}") };
            notes.push(format!("The first {kept} of {of} images are drawn."));
        }
        if scale.flat() {
            notes.push("Flat: all values are the same.".into());
        }
        if strange > 0 {
            notes.push(format!("{strange} of {} values are not finite: NaN light grey, ∞ dark grey.", values.len()));
        }
        let line = BODY * LEADING;
        let note: Vec<String> =
            notes.iter().flat_map(|note| canvas::wrap(note, BODY, width - 2.0 * MARGIN, 3)).collect();
        let title_text = canvas::title_lines(&title, width);
        let what = match (n, c) {
            (_, 1) | (1, _) => Vec::new(),
            _ => canvas::wrap(
                "Row: first index (output, example). Column: second index (input, channel).",
                BODY,
                room,
                2,
            ),
        };
        let top = canvas::title_height(&title_text) + 12.0 + what.len() as f64 * line;
        let (right, bottom) = (left + bitmap_wide as f64 * pixel, top + bitmap_high as f64 * pixel);
        let bar_bottom = (bottom - top).clamp(90.0, TALLEST_BAR) + top;
        let end = bottom.max(bar_bottom);
        let height = end + 16.0 + note.len() as f64 * line;
        let (low, highest) = super::axis::extent(&finite);
        let alt = format!(
            "Images: {}{n} × {c}, {} images of {high} × {wide}, values from {} to {}. {}",
            canvas::lead(&title),
            n * c,
            super::number::number(low),
            super::number::number(highest),
            notes.join(" ")
        );
        let uri = png::palette_uri(&pixels, bitmap_wide, &scale.palette(0.0));
        let elements = image((left, top), (right, bottom), &uri, false) + &bar.element(right, (top, bar_bottom));
        canvas::sheet((width, height), &alt, &elements, |area| {
            let under_title = canvas::write_title(area, &title_text);
            let grey = Font { colour: GREY, ..PLAIN };
            canvas::write(area, &what, (MARGIN, under_title + 6.0), grey);
            let step = (high + gap) as f64 * pixel;
            if !single && step >= BODY {
                for row in 0..rows {
                    let at = (left - 6.0, top + row as f64 * step + 0.5 * high as f64 * pixel);
                    canvas::write(area, &[row.to_string()], at, Font { anchor: HPos::Right, ..grey });
                }
            }
            bar.write(area, right, (top, bar_bottom));
            canvas::write(area, &note, (MARGIN, end + 14.0), grey);
        })
    })
}
