//! Reads connections and TLS settings in C#.

use super::Scene;
use crate::source::declaration::Declaration;

/// Adds what the scene declares.
pub(super) fn read(scene: &Scene<'_>, found: &mut Vec<Declaration>) {
    let _ = (scene, found);
}
