//! What is shown where there is nothing to show, or no room for it.
//!
//! An empty screen says why it is empty and what to do.

use crate::theme::Role;

use super::super::code;
use super::super::format;
use super::super::layout::Layout;
use super::super::model::{Model, Screen};
use super::{Canvas, Strip};

/// One sentence, where there is no room for more.
pub(super) fn tiny(canvas: &mut Canvas<'_>, model: &Model) {
    let (width, height) = model.size;
    let digest = &model.digest;
    let counts = format!(
        "✗{} !{} ✓{} ⊘{}",
        digest.critical, digest.warning, digest.ok, digest.unreachable
    );
    canvas.put(0, 0, width, &counts, canvas.role(Role::Text));
    if height > 1 {
        canvas.put(0, 1, width, "needs 30x6", canvas.role(Role::Muted));
    }
}

/// The page for a configuration that names nothing yet.
pub(super) fn nothing_configured(canvas: &mut Canvas<'_>, model: &Model, layout: &Layout) {
    let text = canvas.role(Role::Text);
    let muted = canvas.role(Role::Muted);
    let area = layout.body;
    let path = model.snapshot.config.path.display().to_string();
    let path = if path.is_empty() {
        "verifull.toml".to_owned()
    } else {
        crate::text::printable(&path)
    };
    let example = [
        "[[endpoint]]",
        "name = \"orders-db\"",
        "target = \"postgresql://db1.internal:26257/orders\"",
        "sslrootcert = \"certs/ca.crt\"",
    ];
    let x = area.x + (area.width.saturating_sub(56)) / 2;
    let mut y = area.y + area.height.saturating_sub(9) / 2;
    let width = area.right().saturating_sub(x + 1);
    canvas.strip(x, y, width, &Strip::title(canvas, "Nothing to watch yet"));
    y += 2;
    canvas.strip(
        x,
        y,
        width,
        &Strip::new()
            .left("Name an endpoint in ", text)
            .left(path, canvas.role(Role::Title))
            .left(", and it appears here:", text),
    );
    y += 2;
    for line in example {
        if y < area.bottom() {
            let mut strip = Strip::new().left("  ", muted);
            for (piece, style) in code::colour("toml", line, &model.styles) {
                strip = strip.left(piece, style);
            }
            canvas.strip(x, y, width, &strip);
        }
        y += 1;
    }
    if y + 1 < area.bottom() {
        canvas.strip(
            x,
            y + 1,
            width,
            &Strip::new()
                .left("or see it at work:  ", muted)
                .left("verifull demo", canvas.role(Role::Key)),
        );
    }
}

/// The line for a screen whose rows are all filtered away, or that never had any.
pub(super) fn nothing_left(canvas: &mut Canvas<'_>, model: &Model, layout: &Layout) {
    let area = layout.rows;
    let filtered = !model.filter.is_empty() || model.problems_only;
    let text = match model.screen {
        _ if filtered => "nothing fits; Esc shows everything again",
        Screen::Fleet => "no endpoints",
        Screen::Findings if model.digest.waiting > 0 => {
            "no findings so far; some endpoints have not answered yet"
        }
        Screen::Findings => "no findings: every connection that was looked at is as it should be",
        Screen::Expiry => "no certificate was seen yet",
        Screen::Events => "nothing has happened yet",
        Screen::Files if !model.snapshot.watching.is_wanted => {
            "no files are watched; name some in `paths` under [watch]"
        }
        Screen::Files => "nothing in these files is about connections",
    };
    let width = u16::try_from(format::width(text)).unwrap_or(u16::MAX);
    let x = area.x + area.width.saturating_sub(width) / 2;
    canvas.put(
        x.max(area.x + 3),
        area.y + area.height / 3,
        area.width.saturating_sub(3),
        text,
        canvas.role(Role::Muted),
    );
}
