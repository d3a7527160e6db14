//! The scan itself: how deep it went, when, what it cost, what stayed open, and what is new since the one before.

use std::borrow::Cow;

use crate::observation::Attempt;
use crate::observation::scan::{Scan, ScanDepth};
use crate::store::EndpointState;
use crate::theme::Role;

use super::super::super::format;
use super::super::super::keymap::{Action, Place};
use super::super::super::model::{self, Model};
use super::super::{Canvas, Strip, mark};

/// Most lines that reasons or changes take each; what is beyond is counted.
const MOST: usize = 40;

/// Cells of the bar that grows while a scan goes on.
const BAR: u16 = 10;

/// How far a scan is that is under way: `deep 34/57` and a small bar.
pub(in super::super) fn under_way<'a>(
    canvas: &Canvas<'_>,
    state: &EndpointState,
    strip: Strip<'a>,
) -> Option<Strip<'a>> {
    let progress = model::deep_scan(Some(state))?;
    let (done, rest) = mark::progress_bar(progress, BAR);
    Some(
        strip
            .right(
                format!("deep {} ", mark::progress(progress)),
                canvas.role(Role::Text),
            )
            .right(done, canvas.role(Role::Info))
            .right(rest, canvas.role(Role::Rule)),
    )
}

/// The scan: depth, age, cost, completeness and gaps; or that there was none, and the key that makes one.
pub(in super::super) fn scan<'a>(
    canvas: &Canvas<'_>,
    model: &Model,
    state: &'a EndpointState,
    width: u16,
) -> Vec<Strip<'a>> {
    let muted = canvas.role(Role::Muted);
    let key = canvas.role(Role::Key);
    let title = Strip::title(canvas, "Scan");
    let name = model
        .keymap
        .key(Place::Endpoint, Action::DeepScan)
        .unwrap_or_default();
    let running = under_way(canvas, state, title.clone());
    let Some(scanned) = model.scanned(state) else {
        let mut strips = vec![running.unwrap_or(title)];
        if model::deep_scan(Some(state)).is_some() {
            strips.push(
                Strip::new()
                    .left("  every version, suite and group is asked for   ", muted)
                    .left(name, key)
                    .left(" stops it", muted),
            );
        } else {
            strips.push(
                Strip::new()
                    .left("  ~ ", canvas.role(Role::Unknown))
                    .left("not scanned yet   ", canvas.role(Role::Text))
                    .left(name, key)
                    .left(" asks for every version, suite and group", muted),
            );
            strips.extend(why_not(canvas, state, width));
        }
        return strips;
    };
    let scan = &*scanned.scan;
    let mut title = title.left(format!("  {}", cost(model, scan)), muted);
    if state.addresses.len() > 1
        && let Some(address) = state
            .addresses
            .get(scanned.place)
            .and_then(|address| address.observation.address)
    {
        title = title.left(format!(" · at {address}"), muted);
    }
    let gaps = scan.gaps.len();
    title = match under_way(canvas, state, title.clone()) {
        Some(running) => running,
        None if scan.is_complete() => title
            .right("✓ ", canvas.role(Role::Ok))
            .right("complete", canvas.role(Role::Text)),
        None => title.right("~ ", canvas.role(Role::Unknown)).right(
            format!("incomplete, {}", format::count(gaps, "gap", "gaps")),
            canvas.role(Role::Text),
        ),
    };
    let mut strips = vec![title];
    for gap in scan.gaps.iter().take(MOST) {
        strips.extend(noted(canvas, "~", gap, width));
    }
    strips.extend(more(canvas, gaps));
    strips.extend(conduct(canvas, scan, width));
    if scan.depth == ScanDepth::Posture {
        strips.push(
            Strip::new()
                .left("  old versions, weak suites and new groups only   ", muted)
                .left(name, key)
                .left(" asks for the rest", muted),
        );
    }
    strips
}

/// Says why no scan is known, where somebody tried.
fn why_not<'a>(canvas: &Canvas<'_>, state: &EndpointState, width: u16) -> Vec<Strip<'a>> {
    let why = state
        .addresses
        .iter()
        .find_map(|address| match &address.observation.scan {
            Attempt::Refused(reason) => Some(reason.clone()),
            Attempt::Failed(failure) => Some(failure.to_string()),
            Attempt::Seen(_) | Attempt::NotAttempted(_) => None,
        });
    let room = usize::from(width).saturating_sub(5);
    why.map(|why| format::wrap(&why, room))
        .unwrap_or_default()
        .into_iter()
        .map(|line| Strip::new().left(format!("    {line}"), canvas.role(Role::Muted)))
        .collect()
}

/// Says how deep a scan went, when, and what it cost.
fn cost(model: &Model, scan: &Scan) -> String {
    let age = match format::ago(scan.began_at, model.now).as_str() {
        "now" => "just now".to_owned(),
        ago => format!("{ago} ago"),
    };
    let seconds = scan.duration.as_secs_f64();
    format!(
        "{} · {age} · {} in {seconds:.1} s",
        scan.depth.as_str(),
        format::count(
            usize::try_from(scan.connections_used).unwrap_or(usize::MAX),
            "connection",
            "connections"
        ),
    )
}

/// How the server treated our connections, where it was not simply polite.
fn conduct<'a>(canvas: &Canvas<'_>, scan: &Scan, width: u16) -> Vec<Strip<'a>> {
    let conduct = &scan.conduct;
    let mut parts: Vec<String> = [
        (conduct.resets, "reset", "resets"),
        (conduct.closes, "early close", "early closes"),
        (conduct.timeouts, "timeout", "timeouts"),
        (
            conduct.unconnected,
            "failed connection",
            "failed connections",
        ),
    ]
    .into_iter()
    .filter(|(count, _, _)| *count > 0)
    .map(|(count, one, many)| {
        format::count(usize::try_from(count).unwrap_or(usize::MAX), one, many)
    })
    .collect();
    if conduct.slowed_down {
        parts.push("the scan slowed down".to_owned());
    }
    if parts.is_empty() {
        return Vec::new();
    }
    noted(canvas, "·", &parts.join(", "), width)
}

/// One remark behind a mark, over as many lines as it takes.
fn noted<'a>(canvas: &Canvas<'_>, sign: &'static str, words: &str, width: u16) -> Vec<Strip<'a>> {
    let role = if sign == "~" {
        Role::Unknown
    } else {
        Role::Faint
    };
    let muted = canvas.role(Role::Muted);
    let words = crate::text::printable(words);
    format::wrap(&words, usize::from(width).saturating_sub(5))
        .into_iter()
        .enumerate()
        .map(|(index, line)| {
            Strip::new()
                .left(
                    format!("  {} ", if index == 0 { sign } else { " " }),
                    canvas.role(role),
                )
                .left(line, muted)
        })
        .collect()
}

fn more<'a>(canvas: &Canvas<'_>, count: usize) -> Option<Strip<'a>> {
    (count > MOST).then(|| {
        Strip::new().left(
            format!("    {} more", count - MOST),
            canvas.role(Role::Faint),
        )
    })
}

/// What changed between the last two deep scans; nothing where there were no two.
pub(in super::super) fn changes<'a>(
    canvas: &Canvas<'_>,
    model: &Model,
    state: &'a EndpointState,
    width: u16,
) -> Vec<Strip<'a>> {
    let muted = canvas.role(Role::Muted);
    let Some(difference) = model
        .scanned(state)
        .and_then(|scanned| state.addresses.get(scanned.place))
        .and_then(|address| address.scan_difference.as_deref())
    else {
        return Vec::new();
    };
    let since = difference.since.to_zoned(model.time_zone.clone());
    let title = Strip::title(canvas, "Changed since the last deep scan").left(
        format!(
            "  {} · {} ago",
            since.strftime("%d %b %H:%M"),
            format::ago(difference.since, model.now)
        ),
        muted,
    );
    if difference.changes.is_empty() {
        return vec![
            title,
            Strip::new()
                .left("  ✓ ", canvas.role(Role::Ok))
                .left("nothing", canvas.role(Role::Text)),
        ];
    }
    let mut strips = vec![title];
    let room = usize::from(width).saturating_sub(5);
    for change in difference.changes.iter().take(MOST) {
        for (index, line) in format::wrap(change, room).into_iter().enumerate() {
            let lead: Cow<'_, str> = if index == 0 { "  › " } else { "    " }.into();
            strips.push(
                Strip::new()
                    .left(lead, canvas.role(Role::Info))
                    .left(line, canvas.role(Role::Text)),
            );
        }
    }
    strips.extend(more(canvas, difference.changes.len()));
    strips
}
