//! What can be written on the command line.
//!
//! Only what works is offered. Names and meanings are published: they change only together with the documentation of the
//! command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};

use crate::config::Rate;
use crate::endpoint::target;
use crate::finding::{Confidence, Severity};
use crate::policy::Policy;
use crate::report::Format;
use crate::report::files::FilesFormat;

/// Said below the help: the exit codes, which scripts need and the options do not show.
const EXIT_CODES: &str = "Exit codes:
  0  nothing at or above warning
  1  warning: the worst finding is low or medium
  2  critical: the worst finding is high or critical
  3  unknown: something could not be looked at, and nothing worse;
     usage and configuration errors";

/// Said below the help of a scan.
const SCAN_EXIT_CODES: &str = "Exit codes:
  0  nothing at or above --fail-on
  1  findings at or above --fail-on
  2  usage and configuration errors
  3  something could not be read, and nothing worse";

/// Help for `--config`.
const CONFIG_HELP: &str =
    "Configuration [default: verifull.toml here, else $XDG_CONFIG_HOME/verifull/config.toml]";

/// Help for a target.
const TARGET_HELP: &str = "What to probe: postgresql://host:26257[/db], cockroachdb://…, https://host[:port][/path], tls://host:port, \
    or host:port (26257 and 5432 mean the PostgreSQL wire, anything else TLS); with --config also the name of an endpoint";

/// Is every connection really `verify-full`?
///
/// verifull looks at CockroachDB, PostgreSQL and HTTPS endpoints: whether TLS is offered and required, who vouches for the certificate, and
/// what each sslmode would get from it today. Without a command it opens the dashboard.
#[derive(Debug, Parser)]
#[command(name = "verifull", version, args_conflicts_with_subcommands = true, after_help = EXIT_CODES)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Option<Command>,
    #[command(flatten)]
    pub(super) dashboard: Dashboard,
}

/// Options of the dashboard.
#[derive(Debug, Args)]
pub(super) struct Dashboard {
    /// Configuration
    #[arg(long, help = CONFIG_HELP, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) config: Option<PathBuf>,
}

/// What to do, where it is not the dashboard.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Probe and judge targets, once
    Probe(Probe),
    /// Probe and judge everything that the configuration names, once
    Check(Check),
    /// Judge application files, once, without network
    Scan(Scan),
    /// Write a starter configuration from the connection strings found here
    Init(Init),
    /// Explain the checks: the list, or one check's page
    Explain(Explain),
    /// Start a lab of good and bad servers on loopback and look at it
    Demo(Demo),
    /// Print a completion script for a shell
    Completions(Completions),
    /// Print a manual page
    Man(Man),
}

/// `verifull probe`.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(super) struct Probe {
    /// What to probe
    #[arg(required = true, help = TARGET_HELP, value_name = "TARGET", value_hint = ValueHint::Url)]
    pub(super) targets: Vec<String>,
    /// One whole handshake for each address, and the test whether plaintext is accepted
    #[arg(long, group = "depth")]
    pub(super) quick: bool,
    /// Five connections: one whole handshake, and four that settle old versions, weak cipher suites and post-quantum groups
    #[arg(long, group = "depth")]
    pub(super) posture: bool,
    /// What --quick does, and everything else: every version, cipher suite, group and certificate, features and faults [default]
    #[arg(long, group = "depth")]
    pub(super) deep: bool,
    /// One whole handshake, and the few connections that tell what is new or gone since this report, a JSON or JSON lines one of a deep probe
    #[arg(long, group = "depth", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) rescan: Option<PathBuf>,
    /// Settle faults of implementations (Heartbleed, CCS injection, ROBOT, Ticketbleed) by the smallest exchange that harms nothing
    #[arg(long, conflicts_with_all = ["quick", "posture", "unsuspicious"])]
    pub(super) intrusive: bool,
    #[command(flatten)]
    pub(super) scanning: Scanning,
    #[command(flatten)]
    pub(super) common: Common,
}

/// Options that say how to scan.
#[derive(Debug, Args)]
pub(super) struct Scanning {
    /// Leave out what an intrusion detector may take for an attack: old hellos, malformed records
    #[arg(long)]
    pub(super) unsuspicious: bool,
    /// New connections a second to one host: `adaptive` slows down when the host resets or refuses them, `off` never does, a number is a limit beside that [default: adaptive, or the configuration's]
    #[arg(long, value_name = "PACE", value_parser = parse_pace)]
    pub(super) pacing: Option<Rate>,
    /// Hold each address against this policy, too; it may be given several times
    #[arg(long, value_name = "NAME", value_parser = policy_parser())]
    pub(super) policy: Vec<Policy>,
}

/// `verifull check`.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(super) struct Check {
    /// Names of endpoints to look at [default: all]
    #[arg(value_name = "ENDPOINT")]
    pub(super) endpoints: Vec<String>,
    /// Scan, too: five connections for each address that settle old versions, weak cipher suites and post-quantum groups
    #[arg(long, group = "depth")]
    pub(super) posture: bool,
    /// Scan, too: everything that can be seen. Without either option nothing is scanned, whatever the configuration plans for the dashboard
    #[arg(long, group = "depth")]
    pub(super) deep: bool,
    #[command(flatten)]
    pub(super) scanning: Scanning,
    #[command(flatten)]
    pub(super) common: Common,
}

/// Options of everything that probes once and reports.
#[derive(Debug, Args)]
pub(super) struct Common {
    /// Configuration
    #[arg(long, help = CONFIG_HELP, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) config: Option<PathBuf>,
    #[command(flatten)]
    pub(super) dialling: Dialling,
    #[command(flatten)]
    pub(super) reporting: Reporting,
}

/// Options that say how to dial, and whom to trust.
#[derive(Debug, Args)]
pub(super) struct Dialling {
    /// Trust the certificates in this PEM file, beside those that sslrootcert names [default without either: the system's trust store]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) ca: Option<PathBuf>,
    /// Present this client certificate, a PEM file
    #[arg(long, value_name = "FILE", requires = "key", value_hint = ValueHint::FilePath)]
    pub(super) cert: Option<PathBuf>,
    /// Key of the client certificate, a PEM file
    #[arg(long, value_name = "FILE", requires = "cert", value_hint = ValueHint::FilePath)]
    pub(super) key: Option<PathBuf>,
    /// Name to send in SNI and to look for in the certificate [default: the host that is dialled]
    #[arg(long, value_name = "NAME", value_parser = parse_server_name, value_hint = ValueHint::Hostname)]
    pub(super) server_name: Option<String>,
    /// Longest time for each step of a probe [default: 5, or the configuration's]
    #[arg(long, value_name = "SECONDS", value_parser = parse_timeout)]
    pub(super) timeout: Option<Duration>,
    /// Most connections at once, also to one host [default: 512 and 8 to one host, or the configuration's]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=4096))]
    pub(super) concurrency: Option<u16>,
}

/// Options that say how to report.
#[derive(Clone, Debug, Args)]
pub(super) struct Reporting {
    /// What to write on stdout
    #[arg(long, value_name = "FORMAT", value_parser = format_parser(), default_value = "text")]
    pub(super) format: Format,
    /// Exit with 1 or 2 only for findings at or above this severity
    #[arg(long, value_name = "SEVERITY", value_parser = severity_parser())]
    pub(super) fail_on: Option<Severity>,
    /// When to use colours in text
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = Color::Auto)]
    pub(super) color: Color,
    /// Write what happens to this file, line by line; it is made for its owner alone
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) log: Option<PathBuf>,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// On a terminal that has them, unless `NO_COLOR` is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// `verifull scan`.
#[derive(Debug, Args)]
#[command(after_help = SCAN_EXIT_CODES)]
pub(super) struct Scan {
    /// Files and folders to look at [default: .]
    #[arg(value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub(super) paths: Vec<PathBuf>,
    /// What to write on stdout
    #[arg(long, value_name = "FORMAT", value_parser = files_format_parser(), default_value = "text")]
    pub(super) format: FilesFormat,
    /// Exit with 1 only for findings at or above this severity [default: low; with sarif none]
    #[arg(long, value_name = "SEVERITY", value_parser = severity_parser())]
    pub(super) fail_on: Option<Severity>,
    /// Leave out findings below this severity
    #[arg(long, value_name = "SEVERITY", value_parser = severity_parser())]
    pub(super) min_severity: Option<Severity>,
    /// Leave out findings below this confidence: low, medium or high
    #[arg(long, value_name = "CONFIDENCE", value_parser = confidence_parser())]
    pub(super) min_confidence: Option<Confidence>,
    /// Findings in this file are known and do not count
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) baseline: Option<PathBuf>,
    /// Write down all findings as known, and exit; reasons in the file stay
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with_all = ["fix", "unsafe_fixes"])]
    pub(super) write_baseline: Option<PathBuf>,
    /// Apply the safe fixes: those that the driver takes and that need no new file, variable or import. The old file stays beside it as FILE.verifull~
    #[arg(long)]
    pub(super) fix: bool,
    /// Apply the other fixes, too
    #[arg(long)]
    pub(super) unsafe_fixes: bool,
    /// Change nothing, and print what --fix or --unsafe-fixes would change as a diff; passwords are blotted out
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Pass over files and folders that this glob names; it may be given several times
    #[arg(long, value_name = "GLOB")]
    pub(super) exclude: Vec<String>,
    /// Configuration, of which only [files] counts here
    #[arg(long, help = CONFIG_HELP, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) config: Option<PathBuf>,
    /// When to use colours in text
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = Color::Auto)]
    pub(super) color: Color,
}

/// `verifull init`.
#[derive(Debug, Args)]
pub(super) struct Init {
    /// Where to look for connection strings [default: .]
    #[arg(value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub(super) path: Option<PathBuf>,
    /// Print the configuration, in place of writing verifull.toml
    #[arg(long)]
    pub(super) stdout: bool,
}

/// `verifull explain`.
#[derive(Debug, Args)]
pub(super) struct Explain {
    /// Id of a check, such as certificate-expired
    #[arg(value_name = "CHECK", conflicts_with = "scoring")]
    pub(super) check: Option<String>,
    /// Print how findings make a score
    #[arg(long)]
    pub(super) scoring: bool,
    /// Print the register for people, or for programs: id, severity, category, class, references
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = ["text", "json"])]
    pub(super) format: String,
}

/// `verifull demo`.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(super) struct Demo {
    /// Print a check of the lab and leave with its exit code, in place of the dashboard
    #[arg(long)]
    pub(super) headless: bool,
    #[command(flatten)]
    pub(super) reporting: Reporting,
}

/// `verifull completions`.
#[derive(Debug, Args)]
pub(super) struct Completions {
    /// The shell
    #[arg(value_name = "SHELL", value_enum)]
    pub(super) shell: clap_complete::Shell,
}

/// `verifull man`.
#[derive(Debug, Args)]
pub(super) struct Man {
    /// The command that the page is about [default: verifull itself]
    #[arg(value_name = "COMMAND")]
    pub(super) command: Option<String>,
}

/// Reads the name of a format that exists.
fn format_parser() -> impl clap::builder::TypedValueParser<Value = Format> {
    PossibleValuesParser::new(Format::ALL.map(Format::as_str))
        .try_map(|name| Format::from_name(&name).ok_or("no such format"))
}

/// Reads the name of a format of reports on files.
fn files_format_parser() -> impl clap::builder::TypedValueParser<Value = FilesFormat> {
    PossibleValuesParser::new(FilesFormat::ALL.map(FilesFormat::as_str))
        .try_map(|name| FilesFormat::from_name(&name).ok_or("no such format"))
}

/// Reads the name of a confidence.
fn confidence_parser() -> impl clap::builder::TypedValueParser<Value = Confidence> {
    PossibleValuesParser::new(Confidence::ALL.map(Confidence::as_str))
        .try_map(|name| Confidence::from_name(&name).ok_or("no such confidence"))
}

/// Reads the name of a policy.
fn policy_parser() -> impl clap::builder::TypedValueParser<Value = Policy> {
    PossibleValuesParser::new(Policy::ALL.map(Policy::as_str))
        .try_map(|name| Policy::from_name(&name).ok_or("no such policy"))
}

/// Reads the name of a severity.
fn severity_parser() -> impl clap::builder::TypedValueParser<Value = Severity> {
    PossibleValuesParser::new(Severity::ALL.map(Severity::as_str))
        .try_map(|name| Severity::from_name(&name).ok_or("no such severity"))
}

/// Longest time that can be asked for a step. A probe that waits longer waits for nothing.
const LONGEST_TIMEOUT: f64 = 600.0;

/// Reads seconds, with decimals.
fn parse_timeout(text: &str) -> Result<Duration, String> {
    let wanted =
        || format!("want seconds above 0 and up to {LONGEST_TIMEOUT:.0}, such as 5 or 0.5");
    let seconds: f64 = text.parse().map_err(|_| wanted())?;
    if seconds.is_finite() && seconds > 0.0 && seconds <= LONGEST_TIMEOUT {
        Ok(Duration::from_secs_f64(seconds))
    } else {
        Err(wanted())
    }
}

/// Most connections a second that can be asked for.
const FASTEST: u16 = 1000;

/// Reads how fast scans may be.
fn parse_pace(text: &str) -> Result<Rate, String> {
    match text {
        "adaptive" => Ok(Rate::Adaptive),
        "off" => Ok(Rate::Off),
        number => (number.parse().ok())
            .filter(|number| (1..=FASTEST).contains(number))
            .map(Rate::PerSecond)
            .ok_or_else(|| format!("want adaptive, off or a number from 1 to {FASTEST}")),
    }
}

/// Reads a name or an address as the configuration's `server_name` is read: an international name becomes its A-label.
fn parse_server_name(text: &str) -> Result<String, String> {
    target::parse_host(text)
        .map(|host| host.to_string())
        .map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn arguments_are_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn timeout_is_positive_and_bounded() {
        assert_eq!(parse_timeout("0.5"), Ok(Duration::from_millis(500)));
        for text in ["0", "-1", "NaN", "inf", "601", "five", ""] {
            assert!(parse_timeout(text).is_err(), "{text}");
        }
    }

    #[test]
    fn pace_is_a_word_or_a_number() {
        assert_eq!(parse_pace("adaptive"), Ok(Rate::Adaptive));
        assert_eq!(parse_pace("off"), Ok(Rate::Off));
        assert_eq!(parse_pace("20"), Ok(Rate::PerSecond(20)));
        for text in ["", "0", "-1", "1001", "1.5", "fast", "Off"] {
            assert!(parse_pace(text).is_err(), "{text}");
        }
    }

    #[test]
    fn depths_exclude_each_other() {
        let parse = |options: &[&str]| {
            let words = ["verifull", "probe", "db1:26257"].iter().chain(options);
            Arguments::try_parse_from(words).is_ok()
        };
        for options in [
            &[][..],
            &["--quick"],
            &["--posture", "--unsuspicious"],
            &["--deep", "--intrusive", "--pacing", "off"],
            &["--rescan", "report.json", "--pacing=5"],
            &["--policy", "pci-dss", "--policy", "ssl-labs"],
        ] {
            assert!(parse(options), "{options:?}");
        }
        for options in [
            &["--quick", "--deep"][..],
            &["--posture", "--rescan", "report.json"],
            &["--quick", "--intrusive"],
            &["--intrusive", "--unsuspicious"],
            &["--pacing", "0"],
            &["--policy", "pci"],
            &["--rescan"],
        ] {
            assert!(!parse(options), "{options:?}");
        }
    }

    #[test]
    fn server_name_is_a_host() {
        assert_eq!(
            parse_server_name("Bücher.example").as_deref(),
            Ok("xn--bcher-kva.example")
        );
        assert_eq!(parse_server_name("::1").as_deref(), Ok("::1"));
        for text in ["", "a b", "a\u{1b}b", "db1:5432", "*.example"] {
            assert!(parse_server_name(text).is_err(), "{text:?}");
        }
    }
}
