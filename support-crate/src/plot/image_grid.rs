//! Small images side by side.

use plotters::style::text_anchor::HPos;

use ndarray::{Array2, s};

use super::canvas::{self, BODY, Font, GREY, LEADING, MARGIN, PLAIN, WIDTH, units};
use super::figure::Figure;
use super::png;
use crate::tensor::Real;

/// A figure stays below 150 KB …
const BYTES: usize = 145_000;
/// … and this is what an image takes, a caption of three short lines, and, in tenths, a pixel without any regularity.
const IMAGE: usize = 330;
const CAPTION: usize = 400;
const TENTHS_PER_PIXEL: usize = 14;
const GAP: f64 = 12.0;
const LARGEST: f64 = 140.0;
/// A cell narrower than this has no room for a caption, in pixels.
const NARROWEST: f64 = 28.0;

/// Grey images in rows of `columns`, each with its caption below.
///
/// `images` holds one square image per row (n × side²), row by row from the top, 0 for paper and 1 for ink; values
/// outside are drawn as 0 or 1, NaN as 0. `captions` holds one text per image, or none at all. As many images are
/// drawn as 145 KB hold: about a hundred of 28 × 28.
///
/// # Panics
///
/// If a row of `images` has no square number of values, if there are captions but not one per image, or if
/// `columns` is 0.
///
/// ```
/// use dl_interview::plot::image_grid;
/// use ndarray::array;
///
/// let images = array![[1.0, 0.0, 0.0, 1.0], [0.0, 1.0, 1.0, 0.0]];
/// let figure = image_grid("Two ways to fill 2 × 2", &images, &["falling".into(), "rising".into()], 2);
/// assert_eq!(figure.svg().matches("<image").count(), 2);
/// ```
pub fn image_grid(title: &str, images: &Array2<Real>, captions: &[String], columns: usize) -> Figure {
    let (count, pixels) = images.dim();
    let side = pixels.isqrt();
    assert!(
        side * side == pixels,
        "image_grid: an image of {pixels} pixels is not square; give one image of side × side values per row, \
         such as 784 for 28 × 28"
    );
    assert!(
        captions.is_empty() || captions.len() == count,
        "image_grid: {count} images and {} captions, but each image needs one (or none has any: `&[]`)",
        captions.len()
    );
    assert!(columns > 0, "image_grid: `columns` is 0, but each row holds at least one image");
    if count == 0 || pixels == 0 {
        return canvas::words(title, "Nothing to draw: no images were given.");
    }
    let each = IMAGE + pixels * TENTHS_PER_PIXEL / 10 + if captions.is_empty() { 0 } else { CAPTION };
    let drawn = count.min(BYTES / each);
    if drawn == 0 {
        let reason =
            format!("Nothing drawn: an image of {side} × {side} is too large for a figure; shrink it to 300 × 300.");
        return canvas::words(title, &reason);
    }
    let notes = notes(images, drawn);
    let (title, captions) = (title.to_owned(), captions[..captions.len().min(drawn)].to_vec());
    let images = images.slice(s![..drawn, ..]).to_owned();
    Figure::new(WIDTH, move |width| {
        let space = width - 2.0 * MARGIN;
        let columns = columns.min(((space + GAP) / (NARROWEST + GAP)) as usize);
        let cell = ((space + GAP) / columns as f64 - GAP).min(LARGEST);
        // A whole number of screen pixels to each of the image's keeps them all the same size.
        let edge = if cell >= side as f64 { (cell / side as f64).floor() * side as f64 } else { cell };

        let line = (BODY - 1.0) * LEADING;
        let captions: Vec<Vec<String>> =
            captions.iter().map(|caption| canvas::wrap(caption, BODY - 1.0, cell + 0.5 * GAP, 3)).collect();
        let caption_lines = captions.iter().map(Vec::len).max().unwrap_or(0) as f64;
        let step = edge + GAP + if caption_lines > 0.0 { 4.0 + caption_lines * line } else { 0.0 };
        let title_text = canvas::title_lines(&title, width);
        let note = canvas::wrap(&notes, BODY, space, 3);
        let top = canvas::title_height(&title_text) + 10.0;
        let bottom = top + drawn.div_ceil(columns) as f64 * step;
        let height = bottom + if notes.is_empty() { 4.0 } else { 12.0 + note.len() as f64 * BODY * LEADING };

        let corner = |i: usize| (MARGIN + (i % columns) as f64 * (cell + GAP), top + (i / columns) as f64 * step);
        let centred = |i: usize| corner(i).0 + 0.5 * (cell - edge);
        let mut elements = String::new();
        for (i, image) in images.rows().into_iter().enumerate() {
            let ink: Vec<u8> = image.iter().map(|value| 255 - (255.0 * value.clamp(0.0, 1.0)).round() as u8).collect();
            elements += &format!(
                "<image x='{}' y='{}' width='{edge}' height='{edge}' style='image-rendering:pixelated' href='{}'/>\n",
                units(centred(i)),
                units(corner(i).1),
                png::grey_uri(&ink, side),
                edge = units(edge)
            );
        }
        canvas::sheet((width, height), &alt(&title, side, (count, drawn), &captions, &notes), &elements, |area| {
            canvas::write_title(area, &title_text);
            for (i, caption) in captions.iter().enumerate() {
                let at = (centred(i) + 0.5 * edge, corner(i).1 + edge + 4.0 + 0.5 * line);
                canvas::write(area, caption, at, Font { anchor: HPos::Center, size: BODY - 1.0, ..PLAIN });
            }
            if !notes.is_empty() {
                canvas::write(area, &note, (MARGIN, bottom + 8.0), Font { colour: GREY, ..PLAIN });
            }
        })
    })
}

fn notes(images: &Array2<Real>, drawn: usize) -> String {
    let mut notes = Vec::new();
    let strange = images.iter().filter(|value| !(-1e-6..=1.0 + 1e-6).contains(*value)).count();
    if strange > 0 {
        notes.push(format!("{strange} of {} pixels are not between 0 and 1.", images.len()));
    }
    if drawn < images.nrows() {
        notes.push(format!("The first {drawn} of {} images are drawn.", images.nrows()));
    }
    notes.join(" ")
}

fn alt(title: &str, side: usize, (count, drawn): (usize, usize), captions: &[Vec<String>], notes: &str) -> String {
    let captions: Vec<String> = captions.iter().map(|lines| lines.join(" ")).collect();
    let mut alt = format!("Images: {}{count} of {side} × {side} pixels", canvas::lead(title));
    if !captions.is_empty() {
        alt.push_str(&format!(", with the captions: {}", captions.join("; ")));
    }
    alt.push('.');
    if !notes.is_empty() || drawn < count {
        alt.push_str(&format!(" {notes}"));
    }
    alt
}
