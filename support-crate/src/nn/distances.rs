//! Losses on how far apart embeddings lie.

use ndarray::{Array1, ArrayD, Axis, Zip};

use crate::tensor::{Real, Tensor};

/// The contrastive loss of pairs of embeddings a, b (n × d each): d² for a pair of the same class, max(0, margin − d)² for
/// another, with d = ‖a − b‖; averaged over the pairs.
///
/// Source: Hadsell, Chopra & LeCun 2006, "Dimensionality Reduction by Learning an Invariant Mapping", CVPR, where there is
/// a factor 1/2 in front.
///
/// # Panics
///
/// When `a` and `b` are not of one shape n × d, there is no pair, `same` is not n long, or the margin is not above 0.
///
/// ```
/// use dl_interview::nn::contrastive;
/// use dl_interview::tensor::Tensor;
/// use ndarray::array;
///
/// let (a, b) = (Tensor::new(array![[0.0, 0.0], [0.0, 0.0]]), Tensor::new(array![[0.6, 0.8], [0.3, 0.4]]));
/// let loss = contrastive(&a, &b, &[true, false], 1.0).item(); // 1² and (1 − ½)²
/// assert!((loss - 0.625).abs() < 1e-6);
/// ```
#[track_caller]
pub fn contrastive(a: &Tensor, b: &Tensor, same: &[bool], margin: Real) -> Tensor {
    let n = pairs("contrastive", &[a, b], margin);
    assert!(same.len() == n, "contrastive: {n} pairs, but `same` has {} entries; give one per pair", same.len());
    let same: Array1<Real> = same.iter().map(|&same| if same { 1.0 } else { 0.0 }).collect();
    let d = distance(a, b);
    let short = (margin - &d).relu();
    (Tensor::new(same.clone()) * &d * &d + Tensor::new(1.0 - same) * &short * &short).mean()
}

/// The triplet loss of embeddings n × d each: max(0, ‖anchor − positive‖² − ‖anchor − negative‖² + margin), averaged.
///
/// Source: Schroff, Kalenichenko & Philbin 2015, "FaceNet: A Unified Embedding for Face Recognition and Clustering", CVPR.
/// PyTorch's `triplet_margin_loss` takes the distances without the square.
///
/// # Panics
///
/// When the three are not of one shape n × d, there is no triplet, or the margin is not above 0.
///
/// ```
/// use dl_interview::nn::triplet;
/// use dl_interview::tensor::Tensor;
/// use ndarray::array;
///
/// let at = |x| Tensor::new(array![[x, 0.0]]);
/// assert_eq!(triplet(&at(0.0), &at(1.0), &at(1.0), 0.5).item(), 0.5);
/// assert_eq!(triplet(&at(0.0), &at(1.0), &at(2.0), 0.5).item(), 0.0);
/// ```
#[track_caller]
pub fn triplet(anchor: &Tensor, positive: &Tensor, negative: &Tensor, margin: Real) -> Tensor {
    pairs("triplet", &[anchor, positive, negative], margin);
    let squared = |other: &Tensor| {
        let difference = anchor - other;
        (&difference * &difference).sum_axes(&[1])
    };
    (squared(positive) - squared(negative) + margin).relu().mean()
}

/// How many rows; all have the same shape.
#[track_caller]
fn pairs(what: &str, embeddings: &[&Tensor], margin: Real) -> usize {
    let shapes: Vec<Vec<usize>> = embeddings.iter().map(|x| x.shape()).collect();
    assert!(
        shapes[0].len() == 2 && shapes.iter().all(|shape| *shape == shapes[0]) && shapes[0][0] > 0,
        "{what}: embeddings of shapes {shapes:?}; they must be of one shape n × d, with at least one row"
    );
    assert!(margin > 0.0, "{what}: a margin of {margin} is met by embedding everything at one point; give one above 0");
    shapes[0][0]
}

/// ‖a − b‖ of each row, with slope 0 where it is 0: there √ would give ∞, and ∞ · 0 is NaN.
fn distance(a: &Tensor, b: &Tensor) -> Tensor {
    let difference = (a.shared().to_owned() - &b.shared()).into_shared();
    let length = difference.map_axis(Axis(1), |row| row.dot(&row).sqrt()).into_shared();
    let kept = length.clone();
    let bytes = difference.len() * size_of::<Real>();
    Tensor::from_op("distance", length, [a, b], move |grad, [a, b]| {
        let mut share: ArrayD<Real> = difference.to_owned();
        Zip::from(share.rows_mut()).and(&kept).and(&grad).for_each(|mut row, &length, &grad| {
            row *= if length == 0.0 { 0.0 } else { grad / length };
        });
        b.accumulate(|| -&share);
        a.accumulate(|| share);
    })
    .keeping(bytes)
}
