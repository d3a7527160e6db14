//! Findings: what a check detected, on whom, how bad, and what cures it.
//!
//! A detection comes from a check; the register stamps it into a finding. It renders nothing.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::remediation::Remedy;
use crate::source::declaration::Fix;
use crate::text::template::Span;

/// How bad a finding is, least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Worth doing.
    Low,
    /// A weakness that needs another one to hurt.
    Medium,
    /// A connection can be read or forged.
    High,
    /// It is broken, or open, now.
    Critical,
}

impl Severity {
    /// All five, least first.
    pub const ALL: [Self; 5] = [
        Self::Info,
        Self::Low,
        Self::Medium,
        Self::High,
        Self::Critical,
    ];

    /// Returns the name that reports and arguments use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// Reads the name that arguments use.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|severity| severity.as_str() == name)
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// How sure a check is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// A hint.
    Low,
    /// Likely; the evidence has one gap.
    Medium,
    /// Seen.
    High,
}

impl Confidence {
    /// All three, least first.
    pub const ALL: [Self; 3] = [Self::Low, Self::Medium, Self::High];

    /// Reads the name that arguments use.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|confidence| confidence.as_str() == name)
    }

    /// Returns the name that reports use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// What a check found, before the register says whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detection {
    /// What is wrong, with the value seen and the value wanted: lower case, no final stop.
    pub message: String,
    /// How bad it is here; `None` takes the check's own severity.
    pub severity: Option<Severity>,
    /// How sure the check is.
    pub confidence: Confidence,
    /// What was seen, in the peer's or the file's own words.
    pub evidence: Vec<String>,
    /// Where in a file it stands; `None` for what a peer shows.
    pub location: Option<Location>,
    /// Which bytes of a file's text it is about; `None` for what a peer shows.
    pub span: Option<Span>,
    /// How to change the file, the best first.
    pub fixes: Vec<Fix>,
    /// What cures it.
    pub remedy: Option<Remedy>,
    /// What tells this detection from another by the same check on the same subject, such as a certificate's fingerprint: a renewed
    /// certificate never inherits an old acknowledgement. Empty where there can be only one.
    pub discriminator: String,
}

impl Detection {
    /// Returns a detection seen with certainty, with the check's own severity.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            severity: None,
            confidence: Confidence::High,
            evidence: Vec::new(),
            location: None,
            span: None,
            fixes: Vec::new(),
            remedy: None,
            discriminator: String::new(),
        }
    }

    /// Adds what was seen.
    #[must_use]
    pub fn evidence(mut self, seen: impl Into<String>) -> Self {
        self.evidence.push(seen.into());
        self
    }

    /// Says where in a file it stands.
    #[must_use]
    pub fn location(mut self, location: Location) -> Self {
        self.location = Some(location);
        self
    }

    /// Says which bytes of a file's text it is about.
    #[must_use]
    pub fn span(mut self, span: Span) -> Self {
        self.span = Some(span);
        self
    }

    /// Says how to change the file.
    #[must_use]
    pub fn fixes(mut self, fixes: Vec<Fix>) -> Self {
        self.fixes = fixes;
        self
    }

    /// Adds what cures it.
    #[must_use]
    pub fn remedy(mut self, remedy: Remedy) -> Self {
        self.remedy = Some(remedy);
        self
    }

    /// Says how bad it is here.
    #[must_use]
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = Some(severity);
        self
    }

    /// Says how sure the check is.
    #[must_use]
    pub fn confidence(mut self, confidence: Confidence) -> Self {
        self.confidence = confidence;
        self
    }

    /// Says which of several it is.
    #[must_use]
    pub fn discriminator(mut self, discriminator: impl Into<String>) -> Self {
        self.discriminator = discriminator.into();
        self
    }
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Location {
    /// The file, as it was named, printable.
    pub path: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

/// What a finding is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Subject {
    /// An endpoint, by its name.
    Endpoint(Arc<str>),
    /// A file, by its path.
    File(Arc<str>),
    /// A file with certificates or keys, by its path.
    CertificateFile(Arc<str>),
}

impl Subject {
    /// Returns the kind's name in reports.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Endpoint(_) => "endpoint",
            Self::File(_) => "file",
            Self::CertificateFile(_) => "certificate_file",
        }
    }

    /// Returns its own name.
    pub fn name(&self) -> &Arc<str> {
        match self {
            Self::Endpoint(name) | Self::File(name) | Self::CertificateFile(name) => name,
        }
    }
}

/// A detection with its check, its subject and its severity: what users see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Id of the check.
    pub check: &'static str,
    /// Title of the check.
    pub title: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// How sure the check is.
    pub confidence: Confidence,
    /// What is wrong.
    pub message: String,
    /// Whom it is about.
    pub subject: Subject,
    /// The addresses of the endpoint on which it was seen, where not all of them show it; empty otherwise.
    pub addresses: Vec<std::net::SocketAddr>,
    /// What was seen.
    pub evidence: Vec<String>,
    /// Where in a file it stands; `None` for what a peer shows.
    pub location: Option<Location>,
    /// CWE, OWASP, PCI, NIST and RFC references.
    pub references: &'static [&'static str],
    /// What cures it.
    pub remedy: Option<Remedy>,
    /// SHA-256 over check, subject and discriminator: the same finding keeps it from run to run.
    pub fingerprint: String,
}
