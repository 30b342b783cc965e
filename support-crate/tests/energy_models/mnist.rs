use dl_interview::data::{mnist, rng};
use dl_interview::models::{Rbm, RbmTraining};
use ndarray::Axis;
use rand::seq::SliceRandom;

#[test]
fn digits_have_a_lower_free_energy_than_their_shuffled_pixels() {
    let (data, mut rng) = (mnist().unwrap(), rng(1));
    let mut rbm = Rbm::new(784, 128, &mut rng);
    let errors = rbm.train(&data.train.first(5000).inputs, &RbmTraining { epochs: 2, ..Default::default() }, &mut rng);
    assert!(errors[0] < 0.08 && errors[1] < 0.05, "{errors:?}");

    let digits = data.test.first(500).inputs;
    let mut shuffled = digits.clone();
    for mut image in shuffled.axis_iter_mut(Axis(0)) {
        image.as_slice_mut().unwrap().shuffle(&mut rng);
    }
    let (low, high) = (rbm.free_energy(&digits).mean().unwrap(), rbm.free_energy(&shuffled).mean().unwrap());
    println!("errors {errors:?}, free energy {low} and {high}");
    assert!(low + 100.0 < high, "{low} {high}");
}
