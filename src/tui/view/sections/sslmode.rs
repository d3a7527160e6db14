//! The sslmode table: what a libpq client would get now, and whether verify-full is safe to set today.
//!
//! Only the mode that is meant to be used is coloured: that a weak mode is weak is no news.

use ratatui::style::Style;

use crate::preflight::{Preflight, Readiness, SslModeOutcome};
use crate::store::{AddressState, EndpointState};
use crate::theme::Role;

use super::super::super::format;
use super::super::{Canvas, Strip};

/// Which columns there is room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// Every column.
    Whole,
    /// Connection and encryption in one word.
    Joined,
    /// That, and no reason.
    Bare,
}

impl Shape {
    const fn of(width: u16) -> Self {
        match width {
            0..66 => Self::Bare,
            66..100 => Self::Joined,
            _ => Self::Whole,
        }
    }

    const fn heading(self) -> &'static str {
        match self {
            Self::Whole => "    MODE         CONNECTS  ENCRYPTED  EAVESDROPPER  IMPOSTOR  WHY",
            Self::Joined => "    MODE         CONNECTS   LISTENER  IMPOSTOR  WHY",
            Self::Bare => "    MODE         CONNECTS   LISTENER  IMPOSTOR",
        }
    }

    /// Columns before the reason.
    const fn before(self) -> usize {
        match self {
            Self::Whole => 62,
            Self::Joined | Self::Bare => 48,
        }
    }
}

/// Returns the table that counts: the worst of the addresses'.
fn preflight(state: &EndpointState) -> Option<(&AddressState, &Preflight)> {
    let rank = |preflight: &Preflight| match preflight.verify_full {
        Readiness::NotReady(_) => 0,
        Readiness::Unknown(_) => 1,
        Readiness::Ready => 2,
    };
    state
        .addresses
        .iter()
        .filter_map(|address| {
            address
                .preflight
                .as_deref()
                .map(|preflight| (address, preflight))
        })
        .min_by_key(|(_, preflight)| rank(preflight))
}

/// Six rows and the conclusion; nothing for what is not on the PostgreSQL wire.
pub(in super::super) fn table<'a>(
    canvas: &Canvas<'_>,
    state: &'a EndpointState,
    width: u16,
) -> Vec<Strip<'a>> {
    let Some((address, preflight)) = preflight(state) else {
        return Vec::new();
    };
    let shape = Shape::of(width);
    let muted = canvas.role(Role::Muted);
    let mut title =
        Strip::title(canvas, "sslmode").left("  what a libpq client would get now", muted);
    if state.addresses.len() > 1
        && let Some(address) = address.observation.address
    {
        title = title.right(format!("at {address}"), muted);
    }
    let mut strips = vec![title, Strip::new().left(shape.heading(), muted)];
    for outcome in &preflight.outcomes {
        strips.extend(row(canvas, state, outcome, shape, width));
    }
    strips.extend(conclusion(canvas, &preflight.verify_full, width));
    strips
}

fn row<'a>(
    canvas: &Canvas<'_>,
    state: &EndpointState,
    outcome: &SslModeOutcome,
    shape: Shape,
    width: u16,
) -> Vec<Strip<'a>> {
    let intended = outcome.sslmode == state.endpoint.sslmode;
    let good = canvas.role(if intended { Role::Ok } else { Role::Text });
    let bad = canvas.role(if intended {
        Role::Critical
    } else {
        Role::Muted
    });
    let nothing = ("·", canvas.role(Role::Faint));
    let unknown = ("~", canvas.role(Role::Unknown));
    let sign = |value: Option<bool>| match value {
        Some(true) => ("✓", good),
        Some(false) => ("✗", bad),
        None => unknown,
    };
    let shield = |stopped: bool, passes: &'static str| match (stopped, outcome.connects) {
        (_, Some(false)) => nothing,
        (true, _) => ("stopped", good),
        (false, _) => (passes, bad),
    };
    let mode = canvas.role(if intended { Role::Title } else { Role::Text });
    let mut strip = Strip::new()
        .left(
            if intended { "  ▸ " } else { "    " },
            canvas.role(Role::Accent),
        )
        .left(format!("{:13}", outcome.sslmode.as_str()), mode);
    let cell = |strip: Strip<'a>, (word, style): (&'static str, Style), width: usize| {
        strip.left(format!("{word:width$}"), style)
    };
    strip = match shape {
        Shape::Whole => {
            let encrypted = if outcome.connects == Some(false) {
                nothing
            } else {
                sign(outcome.encrypted)
            };
            let strip = cell(strip, sign(outcome.connects), 10);
            let strip = cell(strip, encrypted, 11);
            cell(strip, shield(outcome.stops_eavesdropper, "reads"), 14)
        }
        Shape::Joined | Shape::Bare => {
            let connects = match (outcome.connects, outcome.encrypted) {
                (Some(true), Some(true)) => ("in TLS", good),
                (Some(true), Some(false)) => ("plaintext", bad),
                (Some(true), None) => ("yes", good),
                (Some(false), _) => ("no", bad),
                (None, _) => unknown,
            };
            let strip = cell(strip, connects, 11);
            cell(strip, shield(outcome.stops_eavesdropper, "reads"), 10)
        }
    };
    strip = cell(strip, shield(outcome.stops_impostor, "gets in"), 10);
    if shape == Shape::Bare {
        return vec![strip];
    }
    let muted = canvas.role(Role::Muted);
    let before = shape.before();
    let mut why =
        format::wrap(&outcome.why, usize::from(width).saturating_sub(before + 1)).into_iter();
    let mut strips = vec![strip.left(why.next().unwrap_or_default(), muted)];
    strips.extend(why.map(|line| Strip::new().left(format!("{:before$}{line}", ""), muted)));
    strips
}

/// Whether verify-full is safe to set today, and if not, what must change first.
fn conclusion<'a>(canvas: &Canvas<'_>, readiness: &Readiness, width: u16) -> Vec<Strip<'a>> {
    let text = canvas.role(Role::Text);
    let room = usize::from(width).saturating_sub(8);
    let headline = |sign: &'static str, role: Role, words: &'static str| {
        Strip::new()
            .left(format!("  {sign} "), canvas.role(role))
            .left(words, canvas.role(Role::Title))
    };
    match readiness {
        Readiness::Ready => vec![headline(
            "✓",
            Role::Ok,
            "verify-full connects now: it is safe to set",
        )],
        Readiness::NotReady(steps) => {
            let mut strips = vec![headline(
                "✗",
                Role::Critical,
                "verify-full would not connect; first:",
            )];
            for (number, step) in steps.iter().enumerate() {
                for (index, line) in format::wrap(step, room).into_iter().enumerate() {
                    let lead = if index == 0 {
                        format!("    {} ", number + 1)
                    } else {
                        "      ".to_owned()
                    };
                    strips.push(
                        Strip::new()
                            .left(lead, canvas.role(Role::Muted))
                            .left(line, text),
                    );
                }
            }
            strips
        }
        Readiness::Unknown(why) => {
            let mut strips = vec![headline(
                "~",
                Role::Unknown,
                "whether verify-full would connect is not known",
            )];
            strips.extend(
                format::wrap(why, room)
                    .into_iter()
                    .map(|line| Strip::new().left(format!("    {line}"), text)),
            );
            strips
        }
    }
}
