//! The upper rows: name and tabs, how fresh the screen is, the verdict or the filter, a broken configuration.
//!
//! They stand at the same place on every screen.

use crate::store::Posture;
use crate::theme::Role;

use super::super::format;
use super::super::layout::{self, Class, Layout};
use super::super::model::{Layer, Model, Screen};
use super::{Canvas, Strip, expiry, mark};

/// Draws name, tabs and freshness.
pub(super) fn tabs(canvas: &mut Canvas<'_>, model: &Model, layout: &Layout) {
    let (width, y) = (layout.header.width, layout.header.y);
    canvas.put(1, y, 8, "verifull", canvas.role(Role::Title));
    let rule = canvas.role(Role::Rule);
    canvas.line(0, layout.rule.y, width, "─", rule);
    if layout.class == Class::Small {
        let mut strip = Strip::new();
        for (posture, count) in counts(model) {
            strip = strip.right(
                format!(" {}", mark::posture(posture)),
                mark::posture_role(canvas, posture),
            );
            strip = strip.right(count.to_string(), canvas.role(Role::Text));
        }
        canvas.strip(10, y, width.saturating_sub(11), &strip);
        return;
    }
    let status = status(canvas, model, layout);
    let taken = u16::try_from(status.right_width()).unwrap_or(width);
    for (screen, x, tab) in layout::tabs(model) {
        if x + tab + taken + 3 > width {
            break;
        }
        let active = screen == model.screen;
        let number = (screen as usize + 1).to_string();
        let key = canvas.role(if active { Role::Accent } else { Role::Muted });
        let word = canvas.role(if active { Role::Accent } else { Role::Muted });
        canvas.put(x, y, 1, &number, key);
        canvas.put(x + 2, y, tab - 2, screen.title(), word);
        if active {
            canvas.line(
                x - 1,
                layout.rule.y,
                tab + 2,
                "━",
                canvas.role(Role::Accent),
            );
        }
    }
    canvas.strip(0, y, width - 1, &status);
}

/// How fresh the screen is, at the right of the first row.
fn status(canvas: &Canvas<'_>, model: &Model, layout: &Layout) -> Strip<'static> {
    let snapshot = &model.snapshot;
    let muted = canvas.role(Role::Muted);
    let mut strip = Strip::new();
    if layout.class >= Class::Wide && !snapshot.endpoints.is_empty() {
        let probed = model.digest.probed;
        let total = snapshot.endpoints.len();
        if probed < total {
            strip = strip.right(format!("{probed} of {total} looked at   "), muted);
        }
        if let Some(value) = snapshot.score.value {
            let grade = snapshot
                .score
                .grade
                .map_or_else(String::new, |grade| format!(" {grade}"));
            strip = strip.right(format!("score {value}{grade}"), canvas.role(Role::Text));
            strip = strip.right(
                format!("  of {:.0} % seen   ", snapshot.score.coverage * 100.0),
                muted,
            );
        }
    }
    if layout.class == Class::Full {
        let clock = format::minute(model.now).to_zoned(model.time_zone.clone());
        strip = strip.right(format!("{}   ", clock.strftime("%a %d %b %H:%M")), muted);
    }
    if let Some((_, waiting)) = &model.paused {
        let waiting = match waiting {
            0 => "paused".to_owned(),
            number => format!(
                "paused · {} waiting",
                format::count(*number, "update", "updates")
            ),
        };
        return strip.right(waiting, canvas.role(Role::Warn));
    }
    let interval = model.digest.interval;
    match model.digest.newest {
        None if snapshot.endpoints.is_empty() => strip,
        None => strip.right("~ waiting", canvas.role(Role::Unknown)),
        // Three intervals without a single answer: the screen shows the past.
        Some(newest)
            if model.now.duration_since(newest).as_secs_f64()
                > interval.as_secs_f64().max(60.0) * 3.0 =>
        {
            strip.right(
                format!("~ stale {}", format::ago(newest, model.now)),
                canvas.role(Role::Warn),
            )
        }
        Some(_) => strip
            .right("✓ ", canvas.role(Role::Ok))
            .right("live", muted),
    }
}

fn counts(model: &Model) -> impl Iterator<Item = (Posture, usize)> {
    let digest = &model.digest;
    [
        (Posture::Critical, digest.critical),
        (Posture::Warning, digest.warning),
        (Posture::Ok, digest.ok),
        (Posture::Unreachable, digest.unreachable),
        (Posture::Waiting, digest.waiting),
    ]
    .into_iter()
    .filter(|(_, count)| *count > 0)
}

/// The verdict in one line, or the filter while there is one; under it what is wrong with the configuration.
pub(super) fn summary(canvas: &mut Canvas<'_>, model: &Model, layout: &Layout) {
    let area = layout.summary;
    if area.height == 0 {
        return;
    }
    let width = area.width - 1;
    let muted = canvas.role(Role::Muted);
    let editing = matches!(model.layers.last(), Some(Layer::Filter));
    let mut strip = Strip::new().left(" ", muted);
    if editing || !model.filter_text.is_empty() {
        strip = strip.left("/ ", canvas.role(Role::Key));
        strip = strip.left(model.filter_text.clone(), canvas.role(Role::Text));
        if editing {
            strip = strip.left("▏", canvas.role(Role::Accent));
        }
        if let Some(problem) = model.filter.problem() {
            strip = strip.left(format!("  {problem}"), canvas.role(Role::Warn));
        }
        strip = strip.right(format!("{} of {}", model.row_count(), total(model)), muted);
    } else if model.screen == Screen::Files && model.opened().is_none() {
        strip = super::files::summary(canvas, model, strip);
    } else {
        strip = aside(
            canvas,
            model,
            layout,
            verdict(canvas, model, strip.clone(), true),
        );
        if strip.left_width() + strip.right_width() >= usize::from(width) {
            let short = Strip::new().left(" ", muted);
            strip = aside(canvas, model, layout, verdict(canvas, model, short, false));
        }
    }
    canvas.strip(area.x, area.y, width, &strip);
    if let Some(error) = &model.snapshot.config.error {
        let banner = Strip::new()
            .left(" ! ", canvas.role(Role::Warn))
            .left(error.clone(), canvas.role(Role::Text))
            .right("last good configuration kept", muted);
        canvas.strip(layout.banner.x, layout.banner.y, width, &banner);
    } else if model.screen == Screen::Files
        && let Some(banner) = super::files::banner(canvas, model)
    {
        canvas.strip(layout.banner.x, layout.banner.y, width, &banner);
    }
}

/// How many stand how, in words or in marks alone.
fn verdict<'a>(canvas: &Canvas<'_>, model: &Model, mut strip: Strip<'a>, words: bool) -> Strip<'a> {
    let text = canvas.role(Role::Text);
    for (index, (posture, count)) in counts(model).enumerate() {
        let gap = match (index, words) {
            (0, _) => "",
            (_, true) => "   ",
            (_, false) => "  ",
        };
        let style = mark::posture_role(canvas, posture);
        strip = strip.left(gap, text).left(mark::posture(posture), style);
        strip = if words || posture == Posture::Critical {
            let role = if posture == Posture::Critical {
                Role::Title
            } else {
                Role::Text
            };
            strip.left(
                format!(" {count} {}", mark::posture_word(posture)),
                canvas.role(role),
            )
        } else {
            strip.left(format!(" {count}"), text)
        };
    }
    strip
}

/// What stands at the right of the verdict: what ends next, how rows are arranged, the last change.
fn aside<'a>(
    canvas: &Canvas<'_>,
    model: &Model,
    layout: &Layout,
    mut strip: Strip<'a>,
) -> Strip<'a> {
    let muted = canvas.role(Role::Muted);
    if model.problems_only {
        strip = strip.left("   problems only", canvas.role(Role::Accent));
    }
    if layout.class >= Class::Wide
        && let Some(entry) = model.snapshot.log.first()
    {
        let text = format!(
            "last change {} {}",
            format::ago(entry.at, model.now),
            entry.subject
        );
        strip = strip.right(format!("{}     ", format::fit(&text, 44)), muted);
    }
    match expiry::next(model) {
        Some((row, level)) => {
            let left = format::left(row.certificate.not_after, model.now);
            strip
                .right("next expiry ", muted)
                .right(left, mark::life_role(canvas, level))
        }
        None => strip,
    }
}

fn total(model: &Model) -> usize {
    match model.screen {
        Screen::Fleet => model.snapshot.endpoints.len(),
        Screen::Findings => model.snapshot.findings.len(),
        Screen::Expiry => model.digest.certificates.len(),
        Screen::Events => model.snapshot.log.len(),
        Screen::Files => model.snapshot.files.len(),
    }
}
