//! What a scan saw beside versions and suites: groups and keys, certificates by key type, handshake, sessions, faults.
//!
//! What nobody looked at is told together, by the reason: it is never shown as fine.

use crate::endpoint::Protocol;
use crate::observation::Attempt;
use crate::observation::scan::{Enumeration, Oracle, Preference, Scan, ScannedChain};
use crate::store::EndpointState;
use crate::theme::Role;
use crate::tls::{NamedGroup, ProtocolVersion, SignatureScheme};
use crate::x509::{HostName, PathVerdict, PresentedChain};

use super::super::super::format;
use super::super::super::matrix::{Cell, Level};
use super::super::super::model::{self, Model};
use super::super::{Canvas, Strip, mark};
use super::facts::key;
use super::suites::put_cell;

/// Columns that the name of a feature takes, where there is room and where there is not.
const NAMES: [usize; 2] = [24, 22];

/// Most groups, chains or names that are shown.
const MOST: usize = 60;

/// What the answer "yes" is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Yes {
    Good,
    Bad,
    /// It opens a known hole.
    Fatal,
    Neither,
}

/// One fact with its mark.
struct Fact {
    level: Option<Level>,
    name: &'static str,
    words: String,
}

/// Facts of one kind, and what stayed open of them.
#[derive(Default)]
struct Facts {
    seen: Vec<Fact>,
    /// By reason, in the order in which they came.
    open: Vec<(String, Vec<&'static str>)>,
}

impl Facts {
    fn put<T>(
        mut self,
        name: &'static str,
        attempt: &Attempt<T>,
        words: impl FnOnce(&T) -> (Option<Level>, String),
    ) -> Self {
        match attempt {
            Attempt::Seen(value) => {
                let (level, words) = words(value);
                self.seen.push(Fact { level, name, words });
            }
            Attempt::Refused(reason) => self.seen.push(Fact {
                level: None,
                name,
                words: reason.clone(),
            }),
            Attempt::Failed(failure) => self.seen.push(Fact {
                level: Some(Level::Unknown),
                name,
                words: failure.to_string(),
            }),
            Attempt::NotAttempted(reason) => {
                match self.open.iter_mut().find(|(own, _)| own == reason) {
                    Some((_, names)) => names.push(name),
                    None => self.open.push((reason.clone(), vec![name])),
                }
            }
        }
        self
    }

    fn says(self, name: &'static str, attempt: &Attempt<bool>, yes: Yes) -> Self {
        self.put(name, attempt, |value| {
            let level = match (yes, value) {
                (Yes::Neither, _) => None,
                (Yes::Good, true) | (Yes::Bad | Yes::Fatal, false) => Some(Level::Strong),
                (Yes::Good, false) | (Yes::Bad, true) => Some(Level::Weak),
                (Yes::Fatal, true) => Some(Level::Insecure),
            };
            (level, if *value { "yes" } else { "no" }.to_owned())
        })
    }

    fn strips<'a>(self, canvas: &Canvas<'_>, title: &'static str, width: u16) -> Vec<Strip<'a>> {
        let muted = canvas.role(Role::Muted);
        let mut strips = vec![Strip::title(canvas, title)];
        let name_width = NAMES[usize::from(width < 50)];
        let room = usize::from(width).saturating_sub(name_width + 5);
        for fact in self.seen {
            let (sign, style) = match fact.level {
                Some(level) => mark::level(canvas, level),
                None => ("·", canvas.role(Role::Faint)),
            };
            let text = if fact.level.is_some_and(|level| level < Level::Unknown) {
                style
            } else {
                canvas.role(Role::Text)
            };
            for (index, line) in format::wrap(&fact.words, room).into_iter().enumerate() {
                let (sign, name) = if index == 0 {
                    (sign, fact.name)
                } else {
                    (" ", "")
                };
                strips.push(
                    Strip::new()
                        .left("  ", muted)
                        .left(sign, style)
                        .left(format!(" {name:name_width$} "), muted)
                        .left(line, text),
                );
            }
        }
        for (reason, names) in self.open {
            let words = format!("{}: {reason}", names.join(", "));
            let room = usize::from(width).saturating_sub(5);
            for (index, line) in format::wrap(&words, room).into_iter().enumerate() {
                let sign = if index == 0 { "  ~ " } else { "    " };
                strips.push(
                    Strip::new()
                        .left(sign, canvas.role(Role::Unknown))
                        .left(line, canvas.role(Role::Faint)),
                );
            }
        }
        strips
    }
}

/// Extensions and signals of the handshake.
pub(in super::super) fn handshake<'a>(
    canvas: &Canvas<'_>,
    scan: &Scan,
    width: u16,
) -> Vec<Strip<'a>> {
    let it = &scan.handshake;
    Facts::default()
        .says("fallback signal", &it.fallback_scsv, Yes::Good)
        .says("downgrade sentinel", &it.downgrade_sentinel, Yes::Good)
        .says("secure renegotiation", &it.secure_renegotiation, Yes::Good)
        .says("client renegotiation", &it.client_renegotiation, Yes::Bad)
        .says("compression", &it.compression, Yes::Bad)
        .says(
            "extended master secret",
            &it.extended_master_secret,
            Yes::Good,
        )
        .says("encrypt-then-MAC", &it.encrypt_then_mac, Yes::Neither)
        .says("heartbeat", &it.heartbeat, Yes::Neither)
        .says("OCSP staple", &it.ocsp_stapled, Yes::Neither)
        .says("ignores unknown values", &it.grease_tolerated, Yes::Good)
        .says("takes a large hello", &it.large_hello_tolerated, Yes::Good)
        .put("ALPN", &it.alpn, |protocols| {
            let words = if protocols.is_empty() {
                "none".to_owned()
            } else {
                protocols.join(" ")
            };
            (None, words)
        })
        .put("client certificate", &it.certificate_request, |asked| {
            let words = match asked {
                None => "not asked".to_owned(),
                Some(names) if names.is_empty() => "asked, any CA".to_owned(),
                Some(names) => format!("asked, {}", names.join("; ")),
            };
            (None, words)
        })
        .strips(canvas, "Handshake", width)
}

/// Sessions, and what is had of them before the handshake ends.
pub(in super::super) fn sessions<'a>(
    canvas: &Canvas<'_>,
    scan: &Scan,
    width: u16,
) -> Vec<Strip<'a>> {
    let it = &scan.sessions;
    Facts::default()
        .says("resumed by id", &it.resumed_by_id, Yes::Neither)
        .says("resumed by ticket", &it.resumed_by_ticket, Yes::Neither)
        .says("resumed by PSK", &it.resumed_by_psk, Yes::Neither)
        .put("ticket", &it.ticket, |ticket| {
            let lifetime = match ticket.lifetime_seconds {
                0 => "lifetime not said".to_owned(),
                seconds => format!(
                    "lives {}",
                    format::span(jiff::SignedDuration::from_secs(seconds.into()))
                ),
            };
            let key = ticket
                .key_name_sha256
                .as_deref()
                .map_or_else(String::new, |name| {
                    format!(", key {}", name.get(..8).unwrap_or(name))
                });
            (None, format!("{lifetime}{key}"))
        })
        .put("early data", &it.early_data, |most| match most {
            0 => (None, "none".to_owned()),
            bytes => (Some(Level::Legacy), format!("up to {bytes} bytes")),
        })
        .strips(canvas, "Sessions", width)
}

/// Faults of implementations.
pub(in super::super) fn faults<'a>(canvas: &Canvas<'_>, scan: &Scan, width: u16) -> Vec<Strip<'a>> {
    let it = &scan.faults;
    Facts::default()
        .says("Heartbleed", &it.heartbleed, Yes::Fatal)
        .says("CCS injection", &it.ccs_injection, Yes::Fatal)
        .put("ROBOT", &it.robot, |oracle| match oracle {
            Oracle::None => (Some(Level::Strong), "no".to_owned()),
            Oracle::Weak => (Some(Level::Weak), "yes, a weak oracle".to_owned()),
            Oracle::Strong => (Some(Level::Insecure), "yes".to_owned()),
        })
        .says("Ticketbleed", &it.ticketbleed, Yes::Fatal)
        .says("CBC padding oracle", &it.cbc_padding_oracle, Yes::Fatal)
        .strips(canvas, "Faults of implementations", width)
}

/// What the PostgreSQL wire adds; nothing elsewhere.
pub(in super::super) fn postgresql<'a>(
    canvas: &Canvas<'_>,
    state: &EndpointState,
    scan: &Scan,
    width: u16,
) -> Vec<Strip<'a>> {
    if state.endpoint.target.protocol != Protocol::Postgresql {
        return Vec::new();
    }
    let it = &scan.postgresql;
    Facts::default()
        .put("direct TLS", &it.direct_tls, |direct| {
            let words = match direct.alpn.as_deref() {
                Some("postgresql") => "yes".to_owned(),
                Some(other) => format!("yes, for {other}"),
                None => "yes, without ALPN".to_owned(),
            };
            (None, words)
        })
        .says("refuses early bytes", &it.early_bytes_refused, Yes::Good)
        .put("refused in SQL", &it.refused_after_handshake, |suites| {
            (
                None,
                match suites.len() {
                    0 => "nothing".to_owned(),
                    count => format::count(count, "suite", "suites"),
                },
            )
        })
        .strips(canvas, "PostgreSQL wire", width)
}

/// Groups by version, with what is known of the keys that are agreed on with them.
pub(in super::super) fn groups<'a>(canvas: &Canvas<'_>, scan: &Scan, width: u16) -> Vec<Strip<'a>> {
    let muted = canvas.role(Role::Muted);
    let mut strips = vec![Strip::title(canvas, "Groups").left(order(scan), muted)];
    let (new, old) = (&scan.groups_tls13, &scan.groups_tls12);
    let mut groups: Vec<NamedGroup> = Vec::new();
    for group in new.accepted.iter().chain(&old.accepted) {
        if groups.len() < MOST && !groups.contains(group) {
            groups.push(*group);
        }
    }
    // Mark, name, bits, two versions; what is left is for words.
    let room = usize::from(width).saturating_sub(4 + 6 + 5 + 5);
    let name = if room >= 34 { 20 } else { room.min(20) };
    if !groups.is_empty() {
        strips.push(Strip::new().left(
            format!("    {:name$}{:>6}{:>5}{:>5}", "GROUP", "BITS", "1.2", "1.3"),
            muted,
        ));
    }
    for group in groups {
        strips.push(group_line(canvas, scan, group, name, room >= 34));
    }
    let spoken = spoken(scan);
    for (version, values, spoken) in [("TLS 1.3", new, spoken.1), ("TLS 1.2", old, spoken.0)] {
        if spoken {
            strips.extend(open_groups(canvas, version, values, width));
        }
    }
    strips.extend(keys(canvas, scan, width));
    strips
}

/// Whether versions up to TLS 1.2, and TLS 1.3, may be spoken: what is refused has no groups that could stay open.
fn spoken(scan: &Scan) -> (bool, bool) {
    let may = |version| scan.offers(version) != Some(false);
    let (new, old) = Scan::VERSIONS
        .into_iter()
        .partition::<Vec<_>, _>(|version| *version >= ProtocolVersion::TLSV1_3);
    (old.into_iter().any(may), new.into_iter().any(may))
}

/// Whose order decides among groups.
fn order(scan: &Scan) -> String {
    let word = |values: &Enumeration<NamedGroup>| match values.preference.seen() {
        Some(Preference::Client) => Some("the client's order"),
        Some(Preference::Server | Preference::ServerButChacha20) => Some("the server's order"),
        None => None,
    };
    match (word(&scan.groups_tls12), word(&scan.groups_tls13)) {
        (Some(old), Some(new)) if old == new => format!("  {new}"),
        (Some(one), None) | (None, Some(one)) => format!("  {one}"),
        (Some(old), Some(new)) => format!("  {new} in 1.3, {old} in 1.2"),
        (None, None) => String::new(),
    }
}

fn group_line<'a>(
    canvas: &Canvas<'_>,
    scan: &Scan,
    group: NamedGroup,
    name: usize,
    with_words: bool,
) -> Strip<'a> {
    let muted = canvas.role(Role::Muted);
    let text = canvas.role(Role::Text);
    let (sign, style) = if group.is_weak() {
        mark::level(canvas, Level::Weak)
    } else if group.is_post_quantum() {
        mark::level(canvas, Level::Strong)
    } else {
        ("·", canvas.role(Role::Faint))
    };
    let own = if group.is_weak() { style } else { text };
    let bits = group
        .security_bits()
        .map_or_else(|| "—".to_owned(), |bits| bits.to_string());
    let label = group.to_string();
    let mut strip = Strip::new()
        .left("  ", muted)
        .left(sign, style)
        .left(format!(" {:name$}", format::fit(&label, name)), own)
        .left(format!("{bits:>6}"), muted);
    let spoken = spoken(scan);
    for (values, fits, spoken) in [
        (&scan.groups_tls12, group.usable_in_tls12(), spoken.0),
        (&scan.groups_tls13, group.usable_in_tls13(), spoken.1),
    ] {
        let cell = Cell::of(values, group, fits, !spoken);
        strip = put_cell(canvas, strip, cell, 5, own);
    }
    if with_words && group.is_post_quantum() {
        strip = strip.left("  post-quantum", canvas.role(Role::Ok));
    } else if with_words && group.is_weak() {
        strip = strip.left("  weak", style);
    }
    strip
}

/// Says where groups are not known, or not all.
fn open_groups<'a>(
    canvas: &Canvas<'_>,
    version: &'static str,
    values: &Enumeration<NamedGroup>,
    width: u16,
) -> Vec<Strip<'a>> {
    if values.is_complete() {
        return Vec::new();
    }
    let words = match (values.accepted.is_empty(), &values.preference) {
        (true, Attempt::NotAttempted(reason)) if !reason.is_empty() => {
            format!("{version}: {reason}")
        }
        (true, _) => format!("{version}: not looked at"),
        (false, _) => format!("not every group was asked for in {version}"),
    };
    lines(canvas, Some(Level::Unknown), &words, width)
}

/// Finite-field parameters, the export key, repeated keys, signature schemes.
fn keys<'a>(canvas: &Canvas<'_>, scan: &Scan, width: u16) -> Vec<Strip<'a>> {
    let mut strips = Vec::new();
    for parameters in scan.dh_parameters.iter().take(MOST) {
        let level = match parameters.bits {
            0..1024 => Some(Level::Insecure),
            1024..2048 => Some(Level::Weak),
            _ => None,
        };
        let known = parameters
            .well_known
            .as_deref()
            .map_or_else(String::new, |name| format!(", {name}"));
        let words = format!("DH prime of {} bits{known}", parameters.bits);
        strips.extend(lines(canvas, level, &words, width));
    }
    if let Some(export) = scan.export_rsa.seen() {
        let again = if export.reused == Some(true) {
            ", used again"
        } else {
            ""
        };
        let words = format!("export RSA key of {} bits{again}", export.bits);
        strips.extend(lines(canvas, Some(Level::Insecure), &words, width));
    }
    for (name, reused) in [
        ("DH", &scan.ephemeral_keys.dh_reused),
        ("ECDH", &scan.ephemeral_keys.ecdh_reused),
    ] {
        if reused.seen() == Some(&true) {
            let words = format!("ephemeral {name} keys are used again");
            strips.extend(lines(canvas, Some(Level::Weak), &words, width));
        }
    }
    let signs = &scan.signature_schemes_tls12.accepted;
    let (weak, sound): (Vec<SignatureScheme>, Vec<SignatureScheme>) = signs
        .iter()
        .take(MOST)
        .copied()
        .partition(|scheme| scheme.is_weak());
    for (level, schemes) in [(Some(Level::Weak), weak), (None, sound)] {
        if !schemes.is_empty() {
            let names: Vec<String> = schemes.iter().map(ToString::to_string).collect();
            let words = format!("signs in TLS 1.2 with {}", names.join(", "));
            strips.extend(lines(canvas, level, &words, width));
        }
    }
    if strips.is_empty() {
        strips
    } else {
        let mut apart = vec![Strip::new()];
        apart.append(&mut strips);
        apart
    }
}

/// A remark behind a mark, over as many lines as it takes.
fn lines<'a>(canvas: &Canvas<'_>, level: Option<Level>, words: &str, width: u16) -> Vec<Strip<'a>> {
    let (sign, style) = match level {
        Some(level) => mark::level(canvas, level),
        None => ("·", canvas.role(Role::Faint)),
    };
    let text = match level {
        Some(Level::Insecure | Level::Weak) => style,
        _ => canvas.role(Role::Muted),
    };
    format::wrap(words, usize::from(width).saturating_sub(5))
        .into_iter()
        .enumerate()
        .map(|(index, line)| {
            let sign = if index == 0 { sign } else { " " };
            Strip::new()
                .left("  ", text)
                .left(sign, style)
                .left(" ", text)
                .left(line, text)
        })
        .collect()
}

/// The certificates that a server shows to clients of every kind, with its name and without.
pub(in super::super) fn chains<'a>(
    canvas: &Canvas<'_>,
    model: &Model,
    (state, scan): (&EndpointState, &Scan),
    probed: Option<&PresentedChain>,
    width: u16,
) -> Vec<Strip<'a>> {
    let muted = canvas.role(Role::Muted);
    let mut strips = vec![Strip::title(canvas, "Certificates by key type")];
    if scan.chains.is_empty() {
        let words = "nobody asked for another chain than the probe's";
        strips.extend(lines(canvas, Some(Level::Unknown), words, width));
        return strips;
    }
    strips.push(
        Strip::new()
            .left("    ASKED   SNI  KEY", muted)
            .right("ENDS", muted),
    );
    let own = probed.and_then(PresentedChain::end_entity);
    for scanned in scan.chains.iter().take(MOST) {
        let end = scanned.chain.end_entity();
        let same = own
            .zip(end)
            .is_some_and(|(own, end)| own.sha256 == end.sha256);
        strips.push(chain_line(canvas, model, state, scanned, same, width));
    }
    strips
}

fn chain_line<'a>(
    canvas: &Canvas<'_>,
    model: &Model,
    state: &EndpointState,
    scanned: &ScannedChain,
    same: bool,
    width: u16,
) -> Strip<'a> {
    let muted = canvas.role(Role::Muted);
    let text = canvas.role(Role::Text);
    let sound = scanned.verification.seen().map(|verification| {
        verification.path == PathVerdict::Valid && verification.host_name == HostName::Match
    });
    let (sign, style) = match sound {
        Some(true) => ("✓", canvas.role(Role::Ok)),
        // Without a name a server can only guess who is meant.
        Some(false) if !scanned.with_server_name => ("·", canvas.role(Role::Faint)),
        Some(false) => ("✗", canvas.role(Role::Critical)),
        None => ("~", canvas.role(Role::Unknown)),
    };
    let named = if scanned.with_server_name {
        "yes"
    } else {
        "no"
    };
    let mut strip = Strip::new()
        .left("  ", muted)
        .left(sign, style)
        .left(format!(" {:7} ", format::fit(&scanned.key_type, 7)), text)
        .left(format!("{named:3}  "), muted);
    let Some(certificate) = scanned.chain.end_entity() else {
        return strip.left("no certificate", muted);
    };
    strip = strip.left(key(certificate), text);
    if width >= 56 {
        let words = if same {
            "the probe's".to_owned()
        } else {
            certificate
                .common_name
                .clone()
                .or_else(|| certificate.dns_names.first().cloned())
                .unwrap_or_default()
        };
        strip = strip.left(format!("  {words}"), muted);
    }
    let (level, _) = model::life(certificate, &state.endpoint.expiry, model.now);
    strip.right(
        format::left(certificate.not_after, model.now),
        mark::life_role(canvas, level),
    )
}
