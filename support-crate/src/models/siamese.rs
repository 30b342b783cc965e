//! Siamese networks: a distance is learned instead of classes.

use ndarray::{Array1, Array2};
use rand::RngExt;
use rand::seq::SliceRandom;

use super::NearestNeighbors;
use crate::data::Examples;
use crate::nn::Net;
use crate::optim::Optimizer;
use crate::tensor::{Real, Tensor};

#[derive(Clone, Debug, PartialEq)]
pub struct SiameseTraining {
    pub steps: usize,
    pub pairs: usize,
    pub rate: Real,
    pub margin: Real,
}

impl Default for SiameseTraining {
    fn default() -> SiameseTraining {
        SiameseTraining { steps: 1000, pairs: 128, rate: 1e-3, margin: 1.0 }
    }
}

#[track_caller]
pub fn train_siamese(
    net: &Net,
    examples: &Examples,
    training: &SiameseTraining,
    rng: &mut impl rand::Rng,
) -> Vec<Real> {
    let members = members(&examples.labels);
    let (parameters, mut optimizer) = (net.parameters(), Optimizer::adam(training.rate));
    let half = training.pairs / 2;
    net.train();
    (0..training.steps)
        .map(|_| {
            let pairs: Vec<(usize, usize)> = (0..training.pairs).map(|i| pair(&members, i < half, rng)).collect();
            let side = |f: fn(&(usize, usize)) -> usize| {
                let indices: Vec<usize> = pairs.iter().map(f).collect();
                net.forward(&Tensor::new(examples.select(&indices).inputs))
            };
            let same = Array1::from_shape_fn(training.pairs, |i| i < half);
            let loss = contrastive_loss(&side(|pair| pair.0), &side(|pair| pair.1), &same, training.margin);
            optimizer.zero_grad(&parameters);
            loss.backward();
            optimizer.step(&parameters);
            loss.item()
        })
        .collect()
}

pub fn contrastive_loss(a: &Tensor, b: &Tensor, same: &Array1<bool>, margin: Real) -> Tensor {
    let difference = a - b;
    let squared = (&difference * &difference).sum_axes(&[1]).reshape(&[same.len()]);
    let same = Tensor::new(same.mapv(|same| if same { 1.0 } else { 0.0 }));
    let gap = (margin - (&squared + 1e-12).sqrt()).relu();
    (&same * squared + (1.0 - &same) * (&gap * &gap)).mean() * 0.5
}

fn members(labels: &Array1<usize>) -> Vec<Vec<usize>> {
    let classes = labels.iter().max().map_or(0, |label| label + 1);
    let mut members = vec![Vec::new(); classes];
    labels.iter().enumerate().for_each(|(i, &label)| members[label].push(i));
    members.retain(|class| class.len() > 1);
    members
}

fn pair(members: &[Vec<usize>], same: bool, rng: &mut impl rand::Rng) -> (usize, usize) {
    let two = |n: usize, rng: &mut _| {
        let first = rand::RngExt::random_range(rng, 0..n);
        (first, (first + rand::RngExt::random_range(rng, 1..n)) % n)
    };
    if same {
        let class = &members[rng.random_range(0..members.len())];
        let (i, j) = two(class.len(), rng);
        (class[i], class[j])
    } else {
        let (a, b) = two(members.len(), rng);
        let mut one = |class: &[usize]| class[rng.random_range(0..class.len())];
        (one(&members[a]), one(&members[b]))
    }
}

pub fn one_shot_accuracy(examples: &Examples, ways: usize, episodes: usize, rng: &mut impl rand::Rng) -> Real {
    let members = members(&examples.labels);
    let mut right = 0;
    let mut order: Vec<usize> = (0..members.len()).collect();
    for _ in 0..episodes {
        let (chosen, _) = order.partial_shuffle(rng, ways);
        let support: Vec<usize> =
            chosen.iter().map(|&class| members[class][rng.random_range(0..members[class].len())]).collect();
        let query = loop {
            let class = &members[chosen[0]];
            let query = class[rng.random_range(0..class.len())];
            if query != support[0] {
                break query;
            }
        };
        let class = NearestNeighbors::new(&examples.select(&support), 1).classify(&examples.select(&[query]).inputs);
        right += usize::from(class[0] == examples.labels[query]);
    }
    right as Real / episodes as Real
}
