//! Colours for numbers: which colour a value has, and the bar that tells a reader.

use plotters::style::RGBColor;

use super::axis::extent;
use super::canvas::{self, Area, BODY, Font, GREY, LEADING, PLAIN, text_width, units};
use super::number::number;
use super::png;

/// Ten colours of viridis, evenly spaced: lighter and lighter, and in that order for colour-blind readers too.
const SEQUENTIAL: [[u8; 3]; 10] = [
    [68, 1, 84],
    [72, 40, 120],
    [62, 74, 137],
    [49, 104, 142],
    [38, 130, 142],
    [31, 158, 137],
    [53, 183, 121],
    [109, 205, 89],
    [180, 222, 44],
    [253, 231, 37],
];
/// Blue below zero, red above, nearly white at it (ColorBrewer's RdBu, which colour-blind readers can tell apart).
const DIVERGING: [[u8; 3]; 7] =
    [[33, 102, 172], [103, 169, 207], [209, 229, 240], [247, 247, 247], [253, 219, 199], [239, 138, 98], [178, 24, 43]];
/// Steps of a colour map: more could not be told apart, and noise compresses better with fewer.
const STEPS: u8 = 200;
/// The colour of a value that is no number, after those of the map; then that of an infinite one, and white.
pub(super) const NAN: u8 = STEPS;
pub(super) const INFINITE: u8 = STEPS + 1;
pub(super) const BLANK: u8 = STEPS + 2;
/// As many times larger than the smallest value is the largest where colours follow the logarithm.
const DECADES: f64 = 1000.0;

const BAR: f64 = 14.0;
const GAP: f64 = 14.0;
const WIDEST_NAME: f64 = 110.0;

/// How values become colours.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scale {
    pub(super) low: f64,
    pub(super) high: f64,
    pub(super) kind: Kind,
    /// Whether there are values below `low`, which have its colour.
    pub(super) lower: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    /// From the lowest to the highest.
    Sequential,
    /// As far below zero as above it.
    Diverging,
    /// By the logarithm, of positive values.
    Log,
}

impl Scale {
    /// The scale that shows these finite values best; at least one. Values of both signs diverge from zero; positive
    /// ones that span more than three decades go by the logarithm if they `may`.
    pub(super) fn new(values: &[f64], may_log: bool) -> Self {
        let (low, high) = extent(values);
        if low < 0.0 && high > 0.0 {
            let far = high.max(-low);
            return Self { low: -far, high: far, kind: Kind::Diverging, lower: false };
        }
        let smallest = values.iter().copied().filter(|value| *value > 0.0).fold(f64::INFINITY, f64::min);
        if may_log && low >= 0.0 && high > DECADES * smallest {
            // From where the lowest percent ends: a single tiny value would take most of the colours.
            let mut sorted = values.to_vec();
            sorted.sort_by(f64::total_cmp);
            let percent = sorted[sorted.len() / 100].max(smallest).max(high * 1e-12);
            let percent = percent.min(high / DECADES);
            return Self { low: percent, high, kind: Kind::Log, lower: low < percent };
        }
        Self { low, high, kind: Kind::Sequential, lower: false }
    }

    /// Whether all values are the same, but for rounding.
    pub(super) fn flat(&self) -> bool {
        self.high - self.low <= 1e-9 * self.low.abs().max(self.high.abs())
    }

    /// Where a finite value lies between the ends, from 0 to 1.
    pub(super) fn share(&self, value: f64) -> f64 {
        if self.flat() {
            return 0.5;
        }
        let share = match self.kind {
            Kind::Log => (value.max(self.low) / self.low).ln() / (self.high / self.low).ln(),
            _ => (value - self.low) / (self.high - self.low),
        };
        share.clamp(0.0, 1.0)
    }

    /// The place of a value's colour in the [`palette`](Scale::palette).
    pub(super) fn step(&self, value: f64) -> u8 {
        match value {
            value if value.is_nan() => NAN,
            value if is_finite(value) => (self.share(value) * f64::from(STEPS - 1)).round() as u8,
            _ => INFINITE,
        }
    }

    /// The colours of the scale, those of what is no number, and white. `pale` mixes them with white, from 0 to 1.
    pub(super) fn palette(&self, pale: f64) -> Vec<[u8; 3]> {
        let map: &[[u8; 3]] = if self.kind == Kind::Diverging { &DIVERGING } else { &SEQUENTIAL };
        let steps = (0..STEPS).map(|i| between(map, f64::from(i) / f64::from(STEPS - 1)));
        let steps = steps.map(|colour| mixed(colour, [255; 3], pale));
        steps.chain([[200; 3], [110; 3], [255; 3]]).collect()
    }

    /// Values to write at the bar, each with its place from 0 to 1.
    fn marks(&self) -> Vec<(f64, f64)> {
        if self.flat() {
            return vec![(0.5, self.low)];
        }
        let inner: Vec<f64> = match self.kind {
            Kind::Sequential => Vec::new(),
            Kind::Diverging => vec![0.0],
            Kind::Log => self.decades(),
        };
        let inner = inner.into_iter().map(|value| (self.share(value), value));
        let inner = inner.filter(|(share, _)| (0.12..=0.88).contains(share));
        [(0.0, self.low), (1.0, self.high)].into_iter().chain(inner).collect()
    }

    /// The lower end in words.
    pub(super) fn lowest(&self) -> String {
        format!("{}{}", if self.lower { "≤ " } else { "" }, number(self.low))
    }

    /// At most five powers of ten between the ends.
    fn decades(&self) -> Vec<f64> {
        let (first, last) = (self.low.log10().ceil() as i32, self.high.log10().floor() as i32);
        let step = ((last - first) / 5 + 1).max(1) as usize;
        (first..=last).step_by(step).map(|power| 10f64.powi(power)).collect()
    }
}

/// Whether a value can be drawn: beyond 1e290 the difference of two may overflow.
pub(super) fn is_finite(value: f64) -> bool {
    value.abs() <= 1e290
}

fn between(map: &[[u8; 3]], share: f64) -> [u8; 3] {
    let at = share * (map.len() - 1) as f64;
    let i = (at as usize).min(map.len() - 2);
    mixed(map[i], map[i + 1], at - i as f64)
}

/// The first colour with a share of the second.
pub(super) fn mixed(a: [u8; 3], b: [u8; 3], share: f64) -> [u8; 3] {
    std::array::from_fn(|i| (f64::from(a[i]) * (1.0 - share) + f64::from(b[i]) * share).round() as u8)
}

/// Whether white is easier to read on a colour than ink: by its luminance, as WCAG defines it.
pub(super) fn is_dark(colour: [u8; 3]) -> bool {
    let [r, g, b] = colour.map(|part| (f64::from(part) / 255.0).powf(2.2));
    0.2126 * r + 0.7152 * g + 0.0722 * b < 0.2
}

/// A colour of the theme in the three numbers of a bitmap.
pub(super) fn rgb(colour: RGBColor) -> [u8; 3] {
    [colour.0, colour.1, colour.2]
}

/// A bar of all colours, to the right of a plot, with the name of what they measure above and values beside it.
pub(super) struct Bar {
    scale: Scale,
    name: Vec<String>,
    labels: Vec<(f64, String)>,
}

impl Bar {
    pub(super) fn new(scale: Scale, name: &str) -> Self {
        let name = if scale.kind == Kind::Log { format!("{name} (logarithmic)") } else { name.to_owned() };
        let label = |(share, value)| (share, if share == 0.0 { scale.lowest() } else { number(value) });
        let labels = scale.marks().into_iter().map(label).collect();
        Self { scale, name: canvas::wrap(&name, BODY, WIDEST_NAME, 4), labels }
    }

    /// The width that the bar needs, in pixels.
    pub(super) fn width(&self) -> f64 {
        let labels = self.labels.iter().map(|(_, label)| BAR + 6.0 + text_width(label, BODY));
        let names = self.name.iter().map(|line| text_width(line, BODY));
        GAP + labels.chain(names).fold(0.0, f64::max)
    }

    fn top(&self, top: f64) -> f64 {
        top + self.name.len() as f64 * BODY * LEADING + 6.0
    }

    /// The colours, as an element.
    pub(super) fn element(&self, left: f64, (top, bottom): (f64, f64)) -> String {
        let steps: Vec<u8> = if self.scale.flat() { vec![STEPS / 2] } else { (0..STEPS).rev().collect() };
        let uri = png::palette_uri(&steps, 1, &self.scale.palette(0.0));
        image((left + GAP, self.top(top)), (left + GAP + BAR, bottom), &uri, true)
    }

    /// Writes the name and the values.
    pub(super) fn write(&self, area: &Area<'_>, left: f64, (top, bottom): (f64, f64)) {
        canvas::write(area, &self.name, (left + GAP, top + 0.5 * BODY), Font { colour: GREY, ..PLAIN });
        let first = self.top(top);
        for (share, label) in &self.labels {
            let y = (bottom + share * (first - bottom)).clamp(first + 5.0, bottom - 5.0);
            canvas::write(area, std::slice::from_ref(label), (left + GAP + BAR + 6.0, y), PLAIN);
        }
    }
}

/// A bitmap between two corners, in pixels, as an element.
pub(super) fn image(from: (f64, f64), to: (f64, f64), uri: &str, smooth: bool) -> String {
    let ((x, y), (right, bottom)) = ((units(from.0), units(from.1)), (units(to.0), units(to.1)));
    let style = if smooth { "" } else { " style='image-rendering:pixelated'" };
    format!(
        "<image x='{x}' y='{y}' width='{}' height='{}' preserveAspectRatio='none'{style} href='{uri}'/>\n",
        right - x,
        bottom - y
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_follows_from_the_values() {
        assert_eq!(Scale::new(&[2.0, 5.0], true), Scale { low: 2.0, high: 5.0, kind: Kind::Sequential, lower: false });
        assert_eq!(Scale::new(&[-1.0, 4.0], true), Scale { low: -4.0, high: 4.0, kind: Kind::Diverging, lower: false });
        assert_eq!((Scale::new(&[-4.0, 1.0], true).low, Scale::new(&[-4.0, 1.0], true).high), (-4.0, 4.0));
        assert_eq!(Scale::new(&[0.0, 0.1, 200.0], true).kind, Kind::Log);
        assert_eq!(Scale::new(&[0.0, 0.1, 200.0], false).kind, Kind::Sequential);
        assert_eq!(Scale::new(&[0.0, 0.5, 200.0], true).kind, Kind::Sequential);
    }

    #[test]
    fn zero_has_the_middle_of_a_diverging_scale_and_each_decade_the_same_room() {
        let around = Scale::new(&[-1.0, 4.0], false);
        assert_eq!((around.share(0.0), around.share(4.0), around.share(-1.0)), (0.5, 1.0, 0.375));
        let log = Scale { low: 0.01, high: 100.0, kind: Kind::Log, lower: false };
        for (value, share) in [(0.0, 0.0), (0.1, 0.25), (1.0, 0.5), (100.0, 1.0)] {
            assert!((log.share(value) - share).abs() < 1e-12, "{value}");
        }
    }

    #[test]
    fn what_is_no_number_has_a_colour_of_its_own() {
        let scale = Scale::new(&[0.0, 1.0], false);
        let steps = [0.0, 1.0, f64::NAN, f64::INFINITY, -1e300].map(|value| scale.step(value));
        assert_eq!(steps, [0, STEPS - 1, NAN, INFINITE, INFINITE]);
        let palette = scale.palette(0.0);
        assert_eq!((palette[0], palette[usize::from(STEPS) - 1]), (SEQUENTIAL[0], SEQUENTIAL[9]));
        assert_eq!(palette.len(), usize::from(BLANK) + 1);
    }

    #[test]
    fn each_step_is_lighter_than_the_one_before() {
        let light = |c: &[u8; 3]| 0.2126 * f64::from(c[0]) + 0.7152 * f64::from(c[1]) + 0.0722 * f64::from(c[2]);
        let palette = Scale { low: 0.0, high: 1.0, kind: Kind::Sequential, lower: false }.palette(0.0);
        let steps: Vec<f64> = palette[..usize::from(STEPS)].iter().map(light).collect();
        assert!(steps.windows(2).all(|pair| pair[1] >= pair[0] - 1.0) && steps[199] > steps[0] + 180.0);
    }
}
