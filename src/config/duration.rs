//! Durations as people write them: `60s`, `5m`, `1h 30m`, `21d`.
//!
//! A day is 24 hours. Months and years have no fixed length and are refused.

use std::time::Duration;

use jiff::fmt::friendly::{Designator, SpanParser, SpanPrinter};
use jiff::{SignedDuration, Span, SpanRelativeTo};

/// Reads a duration.
pub(super) fn parse(text: &str) -> Result<Duration, String> {
    const WANTED: &str = "write a duration such as \"60s\", \"5m\", \"1h 30m\" or \"21d\"";
    let span = SpanParser::new()
        .parse_span(text.trim())
        .map_err(|_| WANTED.to_owned())?;
    if span.get_years() != 0 || span.get_months() != 0 {
        return Err(
            "months and years have no fixed length; write days, such as \"30d\"".to_owned(),
        );
    }
    let signed = span
        .to_duration(SpanRelativeTo::days_are_24_hours())
        .map_err(|_| WANTED.to_owned())?;
    Duration::try_from(signed).map_err(|_| "a duration cannot be negative".to_owned())
}

/// Writes a duration as [`parse`] reads it.
pub(super) fn written(duration: Duration) -> String {
    let whole_days = duration.as_secs() / 86_400;
    let printer = SpanPrinter::new().designator(Designator::Compact);
    if whole_days > 2 && duration.as_secs().is_multiple_of(86_400) && duration.subsec_nanos() == 0 {
        let days = i32::try_from(whole_days).unwrap_or(i32::MAX);
        return Span::new().try_days(days).map_or_else(
            |_| format!("{whole_days}d"),
            |span| printer.span_to_string(&span),
        );
    }
    SignedDuration::try_from(duration).map_or_else(
        |_| format!("{}s", duration.as_secs()),
        |signed| printer.duration_to_string(&signed),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_spellings_are_read() {
        for (text, seconds) in [
            ("60s", 60),
            ("5m", 300),
            ("5 minutes", 300),
            ("1h 30m", 5400),
            ("1h30m", 5400),
            ("36h", 129_600),
            ("21d", 1_814_400),
            ("2w", 1_209_600),
            (" 1s ", 1),
        ] {
            assert_eq!(parse(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        assert_eq!(parse("250ms"), Ok(Duration::from_millis(250)));
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for text in ["", "60", "soon", "-5s", "5s ago", "1month", "2y", "9e9d"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn written_durations_are_read_again() {
        for (text, duration) in [
            ("1m", Duration::from_mins(1)),
            ("36h", Duration::from_hours(36)),
            ("21d", Duration::from_hours(504)),
            ("100ms", Duration::from_millis(100)),
        ] {
            assert_eq!(written(duration), text);
            assert_eq!(parse(text), Ok(duration));
        }
    }
}
