//! stub
#![allow(missing_docs, clippy::all, dead_code, unused)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Confidence(f64);
impl Confidence {
    pub const USUAL: Self = Self(0.95);
    pub fn new(s: f64) -> Option<Self> {
        (s > 0.5 && s < 1.0).then_some(Self(s))
    }
    pub fn share(self) -> f64 {
        self.0
    }
}
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    pub count: usize,
    pub mean: f64,
    pub half_width: Option<f64>,
}
impl Estimate {
    pub fn low(&self) -> Option<f64> {
        Some(self.mean - self.half_width?)
    }
    pub fn high(&self) -> Option<f64> {
        Some(self.mean + self.half_width?)
    }
    pub fn excludes_zero(&self) -> bool {
        self.low().is_some_and(|l| l > 0.0) || self.high().is_some_and(|h| h < 0.0)
    }
}
pub fn mean(v: &[f64], c: Confidence) -> Option<Estimate> {
    if v.is_empty() {
        return None;
    }
    let n = v.len() as f64;
    let m = v.iter().sum::<f64>() / n;
    let s = (v.iter().map(|x| (x - m) * (x - m)).sum::<f64>() / (n - 1.0)).sqrt();
    Some(Estimate {
        count: v.len(),
        mean: m,
        half_width: (v.len() > 1).then(|| 2.0 * s / n.sqrt()),
    })
}
pub fn paired(a: &[f64], b: &[f64], c: Confidence) -> Option<Estimate> {
    if a.len() != b.len() {
        return None;
    }
    let d: Vec<f64> = a.iter().zip(b).map(|(a, b)| b - a).collect();
    mean(&d, c)
}
pub fn share(h: u64, n: u64, c: Confidence) -> Option<(f64, f64)> {
    None
}
pub fn mser_5(v: &[f64]) -> Option<usize> {
    None
}
pub struct Sequential {
    floor: usize,
    most: usize,
}
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum HalfWidth {
    Absolute(f64),
    Relative(f64),
}
impl Sequential {
    pub fn new(floor: usize, most: usize, h: HalfWidth, c: Confidence) -> Self {
        Self { floor, most }
    }
    pub fn size_at(&self, l: usize) -> usize {
        (self.floor + l * self.floor / 2).min(self.most)
    }
    pub fn confidence_at(&self, look: usize) -> Confidence {
        Confidence::USUAL
    }
    pub fn is_enough(&self, l: usize, s: &[&[f64]]) -> bool {
        false
    }
}
