//! Placeholder
use crate::audit::Audit;
pub(super) fn render(audit: &Audit) -> String {
    let _ = audit;
    String::new()
}
