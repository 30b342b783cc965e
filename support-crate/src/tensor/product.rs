//! The one place where tensors are multiplied as matrices.

use ndarray::{ArrayView2, ArrayViewMut2};

use super::Real;

/// out ← keep · out + a · b, where `keep` is 0 or 1.
///
/// A product of 10⁸ multiplications and more is shared among the threads; for a smaller one, waking a second thread takes
/// longer than it saves.
// Not ndarray's: for the shapes of a small net its products take 1.3 to 8 times as long, because they do not use AVX-512
// and always copy both matrices first.
#[allow(unsafe_code)]
pub(crate) fn multiply(a: &ArrayView2<Real>, b: &ArrayView2<Real>, keep: bool, out: &mut ArrayViewMut2<Real>) {
    let ((n, k), (l, m)) = (a.dim(), b.dim());
    assert!(k == l && out.dim() == (n, m), "multiply: {:?} · {:?} is not {:?}", a.dim(), b.dim(), out.dim());
    if k == 0 {
        if !keep {
            out.fill(0.0);
        }
        return;
    }
    let threads = if n * k * m < 100_000_000 { gemm::Parallelism::None } else { gemm::Parallelism::Rayon(0) };
    let (a_strides, b_strides, out_strides) = (a.strides(), b.strides(), out.strides().to_vec());
    // SAFETY: the views guarantee that index (i, j) lies at the pointer + i · stride 0 + j · stride 1 for all i, j inside
    // their dimensions, which were just checked to fit together, and that nothing else is writing to, or reading from,
    // what `out` borrows mutably.
    unsafe {
        gemm::gemm(
            n,
            m,
            k,
            out.as_mut_ptr(),
            out_strides[1],
            out_strides[0],
            keep,
            a.as_ptr(),
            a_strides[1],
            a_strides[0],
            b.as_ptr(),
            b_strides[1],
            b_strides[0],
            1.0,
            1.0,
            false,
            false,
            false,
            threads,
        );
    }
}
