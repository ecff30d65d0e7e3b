//! How a scenario names series of numbers in a file, and how much of them counts.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};

use crate::quantity::shown;
use crate::scenario::leaf::Complaint;
use crate::scenario::problem::Code;
use crate::units::Share;

/// One name, or several in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Names(pub(super) Vec<String>);

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NamesVisitor)
    }
}

struct NamesVisitor;

impl<'de> Visitor<'de> for NamesVisitor {
    type Value = Names;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name such as \"IncomingRecords\", or a list of names")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Names, E> {
        Ok(Names(vec![text.to_owned()]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut names: A) -> Result<Names, A::Error> {
        let mut list = Vec::new();
        while let Some(name) = names.next_element::<String>()? {
            list.push(name);
        }
        if list.is_empty() {
            let help = "write at least one name";
            return Err(A::Error::custom(Complaint::new(Code::BadList, "is empty", help)));
        }
        Ok(Names(list))
    }
}

/// The part of refused records that is added to those stored: 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct ThrottledPart(pub(super) f64);

impl<'de> Deserialize<'de> for ThrottledPart {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ThrottledVisitor)
    }
}

struct ThrottledVisitor;

impl ThrottledVisitor {
    fn refuse<E: Error>(problem: String) -> E {
        let help = "write \"upper-bound\", or a share such as \"30 %\" or 0.3";
        E::custom(Complaint::new(Code::BadQuantity, problem, help))
    }
}

impl Visitor<'_> for ThrottledVisitor {
    type Value = ThrottledPart;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a share such as \"30 %\", or \"upper-bound\"")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<ThrottledPart, E> {
        if text == "upper-bound" {
            return Ok(ThrottledPart(1.0));
        }
        match text.parse::<Share>() {
            Ok(share) => Ok(ThrottledPart(share.0)),
            Err(_) => Err(Self::refuse(format!("is no share: {}", shown(text)))),
        }
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<ThrottledPart, E> {
        if (0.0..=1.0).contains(&number) {
            return Ok(ThrottledPart(number));
        }
        Err(Self::refuse("must be between 0 and 1".to_owned()))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<ThrottledPart, E> {
        self.visit_f64(number as f64)
    }
}
