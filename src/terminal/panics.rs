//! Panics while the screen is ours.
//!
//! A panic hook runs at every panic, also at one that is contained: by `catch_unwind` in a check, by the task of a probe.
//! Restoring the terminal there would drop a live dashboard out of its screen. So the hook only writes down what
//! happened; the guard restores when the panic unwinds to it, which is the panic that ends the program, and says it then.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::io::Write;
use std::panic::{self, PanicHookInfo};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Most panics that are kept: the first ones tell the cause.
const KEPT: usize = 16;

type Hook = Box<dyn Fn(&PanicHookInfo<'_>) + Sync + Send + 'static>;

#[derive(Default)]
struct Held {
    /// The hook that was there before.
    former: Option<Hook>,
    reports: Vec<String>,
    uncounted: usize,
}

static HELD: Mutex<Option<Held>> = Mutex::new(None);

fn held() -> MutexGuard<'static, Option<Held>> {
    // Whoever panicked with this lock left nothing half done: each change is one push or one take.
    HELD.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From now on panics are written down and not printed.
pub(super) fn hold_back() {
    let mut held = held();
    if held.is_some() {
        return;
    }
    *held = Some(Held {
        former: Some(panic::take_hook()),
        ..Held::default()
    });
    drop(held);
    panic::set_hook(Box::new(write_down));
}

/// Puts the former hook back and prints to stderr what was written down.
pub(super) fn release() {
    let Some(mut taken) = held().take() else {
        return;
    };
    // The hook cannot be changed by a thread that unwinds; the program ends then anyway.
    if !std::thread::panicking()
        && let Some(former) = taken.former.take()
    {
        panic::set_hook(former);
    }
    let mut errors = std::io::stderr().lock();
    for report in &taken.reports {
        let _ = writeln!(
            errors,
            "verifull: internal error, please report it: {report}"
        );
    }
    if taken.uncounted > 0 {
        let _ = writeln!(errors, "verifull: and {} more", taken.uncounted);
    }
}

fn write_down(info: &PanicHookInfo<'_>) {
    let report = describe(info);
    if let Some(held) = held().as_mut() {
        if held.reports.len() < KEPT {
            held.reports.push(report);
        } else {
            held.uncounted += 1;
        }
    }
}

fn describe(info: &PanicHookInfo<'_>) -> String {
    let what = info.payload_as_str().unwrap_or("a panic without words");
    let place = info
        .location()
        .map_or_else(String::new, |place| format!(" at {place}"));
    let backtrace = Backtrace::capture();
    let trace = if backtrace.status() == BacktraceStatus::Captured {
        format!("\n{backtrace}")
    } else {
        String::new()
    };
    format!("{}{place}{trace}", crate::text::printable(what))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contained_panic_is_written_down_and_not_printed() {
        hold_back();
        let outcome = panic::catch_unwind(|| panic!("in a check"));
        assert!(outcome.is_err());
        let reports = held().as_ref().map(|held| held.reports.clone());
        release();
        let reports = reports.unwrap_or_default();
        assert!(
            reports
                .iter()
                .any(|report| report.contains("in a check at src")),
            "{reports:?}"
        );
        assert!(held().is_none());
    }
}
