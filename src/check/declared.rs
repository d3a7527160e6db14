//! What checks of files share: how bad a declaration is where it stands, and what a detection says of it.
//!
//! The same setting is worse in a production file than in an example, and worse towards another network than towards this machine. The
//! table is here, and each detection says in its evidence which row made its severity.

use super::Verdict;
use crate::finding::{Confidence, Detection, Severity};
use crate::observation::Attempt;
use crate::observation::file::FileObservation;
use crate::source::declaration::{
    Certainty, Connection, Declaration, DeclarationKind, Mode, PasswordSource, Place, SecretUse,
};
use crate::source::fact::Understanding;
use crate::source::{FileReading, Role};

/// A file that is judged.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scene<'a> {
    reading: &'a FileReading,
    is_production: bool,
    /// Whether the file itself is there to be copied and filled in: `.env.example`, `config.sample.yml`.
    is_pattern: bool,
}

/// Returns what was read of a file, or the verdict that its absence makes: what was passed over is not judged, and what could not be
/// read is open.
pub(super) fn reading(observation: &FileObservation) -> Result<&FileReading, Verdict> {
    match &observation.reading {
        Attempt::Seen(reading) => Ok(reading),
        Attempt::NotAttempted(_) => Err(Verdict::NotApplicable),
        unread @ (Attempt::Refused(_) | Attempt::Failed(_)) => {
            let reason = unread.reason().unwrap_or_default();
            Err(Verdict::Open(format!("the file was not read: {reason}")))
        }
    }
}

/// Puts every declaration of a file to a check.
pub(super) fn each(
    observation: &FileObservation,
    judge: impl Fn(&Declaration, &Scene<'_>) -> Option<Detection>,
) -> Verdict {
    let reading = match reading(observation) {
        Ok(reading) => reading,
        Err(verdict) => return verdict,
    };
    let path = observation.path.to_ascii_lowercase();
    let name = path.rsplit('/').next().unwrap_or_default();
    let scene = Scene {
        reading,
        is_pattern: ["example", "sample", "template", ".dist"]
            .iter()
            .any(|word| name.contains(word)),
        is_production: path.contains("prod") && !path.contains("product"),
    };
    let detections: Vec<_> = reading
        .declarations
        .iter()
        .filter_map(|declaration| judge(declaration, &scene))
        .collect();
    if detections.is_empty() {
        Verdict::Pass
    } else {
        Verdict::Fail(detections)
    }
}

/// Puts every connection of a file to a check, Unix sockets apart: drivers ignore TLS settings there.
pub(super) fn connections(
    observation: &FileObservation,
    judge: impl Fn(&Declaration, &Connection) -> Option<Detection>,
) -> Verdict {
    each(observation, |declaration, scene| {
        let DeclarationKind::Connection(connection) = &declaration.kind else {
            return None;
        };
        if connection.mode == Mode::Open
            || connection
                .hosts
                .iter()
                .all(|host| host.place == Place::Socket)
        {
            return None;
        }
        let detection = judge(declaration, connection)?;
        let farthest = connection.hosts.iter().map(|host| host.place).max();
        let severity = detection.severity.unwrap_or(Severity::High);
        Some(scene.weighed(detection, declaration, severity, farthest))
    })
}

impl Scene<'_> {
    /// Makes a detection of a declaration.
    pub(super) fn detect(
        &self,
        declaration: &Declaration,
        message: String,
        severity: Severity,
        place: Option<Place>,
    ) -> Detection {
        self.weighed(raw(declaration, message), declaration, severity, place)
    }

    /// Sets the severity by where the file and the host stand, and says so.
    fn weighed(
        &self,
        detection: Detection,
        declaration: &Declaration,
        severity: Severity,
        place: Option<Place>,
    ) -> Detection {
        let (capped, reason) = self.cap(severity, place);
        let confidence = match (declaration.certainty, &self.reading.understanding) {
            (_, Understanding::Lines { .. }) | (Certainty::Low, _) => Confidence::Low,
            (Certainty::Medium, _) => Confidence::Medium,
            (Certainty::High, _) => Confidence::High,
        };
        let detection = detection.severity(capped).confidence(confidence);
        if capped < severity {
            detection.evidence(format!("{capped}: {reason}"))
        } else {
            detection
        }
    }

    /// The table: what a severity is capped at, and why.
    fn cap(&self, severity: Severity, place: Option<Place>) -> (Severity, &'static str) {
        let by_place = match place {
            Some(Place::Loopback | Place::Socket) => (Severity::Info, "the host is this machine"),
            Some(Place::Neighbour) if !self.is_production => (
                Severity::Medium,
                "the host is a neighbour on the same network",
            ),
            _ => (Severity::Critical, ""),
        };
        let by_role = match self.reading.role {
            Role::Docs => (Severity::Info, "the file is documentation"),
            Role::Test => (Severity::Low, "the file belongs to tests"),
            Role::Example => (Severity::Low, "the file is an example"),
            Role::Dev => (Severity::Low, "the file is for development"),
            Role::Deploy | Role::App => (Severity::Critical, ""),
        };
        let (cap, reason) = by_place.min(by_role);
        (severity.min(cap), reason)
    }
}

/// Makes a detection of a declaration, its severity left to the check.
fn raw(declaration: &Declaration, message: String) -> Detection {
    Detection::new(message)
        .span(declaration.span.clone())
        .fixes(declaration.fixes.clone())
}

/// Makes a detection of a connection.
pub(super) fn at(declaration: &Declaration, connection: &Connection, message: String) -> Detection {
    let mut detection = raw(declaration, message).severity(of_connection(connection));
    if !connection.driver_evidence.is_empty() {
        detection = detection.evidence(format!(
            "{}: {}",
            connection.driver.as_str(),
            connection.driver_evidence
        ));
    }
    if connection.mode == Mode::Default {
        detection = detection.evidence("it counts where the variable is unset");
    }
    let hosts: Vec<String> = connection
        .hosts
        .iter()
        .filter_map(|host| host.name.clone())
        .collect();
    if hosts.is_empty() {
        detection
    } else {
        detection.evidence(format!("host {}", hosts.join(", ")))
    }
}

/// How bad a connection is by itself: without TLS at all, with a password beside it, or with less than full verification.
fn of_connection(connection: &Connection) -> Severity {
    use crate::source::driver::Protection;
    let has_password = connection.password == PasswordSource::Literal;
    match connection.protection {
        Protection::Plaintext if has_password && connection.mode == Mode::Explicit => {
            Severity::Critical
        }
        Protection::Plaintext => Severity::High,
        Protection::PlaintextPossible | Protection::Unverified
            if connection.mode == Mode::Explicit =>
        {
            Severity::High
        }
        Protection::Verified => Severity::Info,
        Protection::PlaintextPossible
        | Protection::Unverified
        | Protection::ChainOnly
        | Protection::Rejected
        | Protection::Unknown => Severity::Medium,
    }
}

/// Names the setting of a connection in a message.
pub(super) fn setting(connection: &Connection) -> String {
    match &connection.setting {
        Some(setting) => format!("`{}={}`", setting.name, setting.value),
        None => "the setting".to_owned(),
    }
}

/// Makes a detection of a secret: a word that everybody tries first is worth knowing, and no more, outside of production.
pub(super) fn secret(
    scene: &Scene<'_>,
    declaration: &Declaration,
    secret: &SecretUse,
    message: String,
) -> Option<Detection> {
    // What is written in a file to be filled in stands for a secret, unless nobody would think of it.
    if scene.is_pattern && (secret.is_default_word || secret.length < 32) {
        return None;
    }
    let severity = match (
        secret.is_default_word,
        scene.is_production,
        scene.reading.role,
    ) {
        (_, true, _) | (false, false, Role::App) => Severity::High,
        (true, false, Role::Deploy | Role::App) => Severity::Low,
        (true, false, _) => Severity::Info,
        (false, false, _) => Severity::Medium,
    };
    let place = secret.is_local.then_some(Place::Loopback);
    let detection = scene.detect(declaration, message, severity, place);
    let detection = if secret.is_fallback {
        detection.evidence("it counts where the variable is unset")
    } else {
        detection
    };
    Some(if secret.is_default_word {
        detection.evidence("it is a word that everybody tries first")
    } else {
        detection.evidence(format!("{} characters", secret.length))
    })
}

/// A name in back-quotes, unless it is a phrase.
pub(super) fn named(name: &str) -> String {
    if name.contains(' ') {
        name.to_owned()
    } else {
        format!("`{name}`")
    }
}
