//! Every format on the fleet made by hand.

use serde_json::Value;
use verifull::finding::Severity;
use verifull::report::{self, Detail, Format, Style};
use verifull::store::Snapshot;

use super::fixture;

pub(crate) const PLAIN: Style<'_> = Style {
    color: false,
    width: 80,
    detail: Detail::Fitting,
    policies: &[],
};

fn render(snapshot: &Snapshot, format: Format) -> String {
    report::render(snapshot, format, PLAIN)
}

fn json(snapshot: &Snapshot) -> Value {
    serde_json::from_str(&render(snapshot, Format::Json)).expect("JSON")
}

#[test]
fn text_of_a_fleet() {
    insta::assert_snapshot!(render(&fixture::fleet(), Format::Text));
}

#[test]
fn text_of_one_endpoint_has_the_sslmode_table() {
    let snapshot = fixture::snapshot(vec![fixture::expired()]);
    insta::assert_snapshot!(render(&snapshot, Format::Text));
}

#[test]
fn text_of_one_endpoint_on_a_wide_terminal() {
    let snapshot = fixture::snapshot(vec![fixture::expired()]);
    let style = Style {
        width: 120,
        ..PLAIN
    };
    insta::assert_snapshot!(report::render(&snapshot, Format::Text, style));
}

#[test]
fn text_keeps_to_its_width() {
    for width in [40, 60, 80, 100, 120, 300] {
        let style = Style { width, ..PLAIN };
        for state in [
            fixture::good(),
            fixture::expired(),
            fixture::insecure(),
            fixture::api(),
        ] {
            let text = report::render(&fixture::snapshot(vec![state]), Format::Text, style);
            let longest = text.lines().map(|line| line.chars().count()).max();
            // The table itself needs 56 columns; a word that is longer than a line stands alone.
            assert!(
                longest <= Some(width.max(72)),
                "{width}: {longest:?}\n{text}"
            );
        }
    }
}

#[test]
fn colour_changes_no_word() {
    let style = Style {
        color: true,
        ..PLAIN
    };
    let colored = report::render(&fixture::fleet(), Format::Text, style);
    assert!(colored.contains("\u{1b}[1;31m"));
    let mut plain = String::new();
    let mut pieces = colored.split("\u{1b}[");
    plain.push_str(pieces.next().expect("a first piece"));
    for piece in pieces {
        plain.push_str(piece.split_once('m').expect("an SGR sequence").1);
    }
    assert_eq!(plain, render(&fixture::fleet(), Format::Text));
}

#[test]
fn no_format_lets_hostile_text_through() {
    for format in Format::ALL {
        let text = render(&fixture::fleet(), format);
        for character in text.chars().filter(|character| *character != '\n') {
            assert!(!character.is_control(), "{format:?}: {character:?}");
            assert_ne!(character, '\u{202e}', "{format:?}");
        }
    }
}

#[test]
fn json_of_a_fleet() {
    insta::assert_snapshot!(render(&fixture::fleet(), Format::Json));
}

/// Kinds that a published field may have, and whether it may be `null`.
const SCHEMA: &[(&str, &str)] = &[
    ("schema_version", "number"),
    ("tool.name", "string"),
    ("tool.version", "string"),
    ("generated_at", "string"),
    ("endpoints[].name", "string"),
    ("endpoints[].target", "string"),
    ("endpoints[].protocol", "string"),
    ("endpoints[].address", "string?"),
    ("endpoints[].observed_at", "string?"),
    ("endpoints[].duration_ms", "number?"),
    ("endpoints[].depth", "string"),
    ("endpoints[].reachable", "bool?"),
    ("endpoints[].connections_used", "number?"),
    ("endpoints[].server.product", "string?"),
    ("endpoints[].server.version", "string?"),
    ("endpoints[].server.evidence[]", "string"),
    ("endpoints[].complete", "bool"),
    ("endpoints[].tls.offered", "bool?"),
    ("endpoints[].tls.required", "bool?"),
    ("endpoints[].tls.required_scope", "string?"),
    ("endpoints[].tls.client_certificate", "string?"),
    ("endpoints[].tls.client_ca_names[]", "string"),
    ("endpoints[].tls.negotiated.version", "string"),
    ("endpoints[].tls.negotiated.cipher_suite", "string"),
    ("endpoints[].tls.negotiated.group", "string?"),
    ("endpoints[].tls.negotiated.alpn", "string?"),
    ("endpoints[].tls.versions[].version", "string"),
    ("endpoints[].tls.versions[].offered", "bool?"),
    ("endpoints[].tls.cipher_suites", "array?"),
    ("endpoints[].tls.server_preference", "bool?"),
    ("endpoints[].tls.groups", "array?"),
    ("endpoints[].tls.dh_bits", "number?"),
    ("endpoints[].tls.fallback_scsv", "bool?"),
    ("endpoints[].tls.compression", "bool?"),
    ("endpoints[].tls.secure_renegotiation", "bool?"),
    ("endpoints[].tls.client_renegotiation", "bool?"),
    ("endpoints[].tls.session_tickets", "bool?"),
    ("endpoints[].tls.ocsp_stapled", "bool?"),
    ("endpoints[].chains[].key_type", "string?"),
    ("endpoints[].chains[].with_server_name", "bool"),
    ("endpoints[].chains[].certificates[].role", "string"),
    ("endpoints[].chains[].certificates[].subject", "string"),
    ("endpoints[].chains[].certificates[].issuer", "string"),
    ("endpoints[].chains[].certificates[].serial", "string"),
    ("endpoints[].chains[].certificates[].not_before", "string"),
    ("endpoints[].chains[].certificates[].not_after", "string"),
    ("endpoints[].chains[].certificates[].dns_names[]", "string"),
    (
        "endpoints[].chains[].certificates[].ip_addresses[]",
        "string",
    ),
    (
        "endpoints[].chains[].certificates[].key.algorithm",
        "string",
    ),
    ("endpoints[].chains[].certificates[].key.bits", "number?"),
    (
        "endpoints[].chains[].certificates[].signature_algorithm",
        "string",
    ),
    ("endpoints[].chains[].certificates[].sha256", "string"),
    ("endpoints[].chains[].certificates[].spki_sha256", "string"),
    ("endpoints[].chains[].verification.path", "string"),
    ("endpoints[].chains[].verification.problems[]", "string"),
    ("endpoints[].chains[].verification.host_name", "string"),
    ("endpoints[].chains[].verification.detail", "string"),
    ("endpoints[].sslmodes[].sslmode", "string"),
    ("endpoints[].sslmodes[].connects", "bool?"),
    ("endpoints[].sslmodes[].encrypted", "bool?"),
    ("endpoints[].sslmodes[].stops_eavesdropper", "bool"),
    ("endpoints[].sslmodes[].stops_impostor", "bool"),
    ("endpoints[].sslmodes[].why", "string"),
    ("endpoints[].http.status", "number"),
    ("endpoints[].http.hsts_max_age", "number"),
    ("endpoints[].http.redirects_to_https", "bool?"),
    ("endpoints[].http.cookies[].name", "string"),
    ("endpoints[].http.cookies[].secure", "bool"),
    ("endpoints[].http.cookies[].http_only", "bool"),
    ("endpoints[].http.cookies[].same_site", "string?"),
    ("findings[].check", "string"),
    ("findings[].title", "string"),
    ("findings[].severity", "string"),
    ("findings[].confidence", "string"),
    ("findings[].message", "string"),
    ("findings[].subject.kind", "string"),
    ("findings[].subject.name", "string"),
    ("findings[].evidence[]", "string"),
    ("findings[].references[]", "string"),
    ("findings[].fingerprint", "string"),
    ("findings[].remedy.title", "string"),
    ("findings[].remedy.dialect", "string"),
    ("findings[].remedy.snippet", "string"),
    ("score.scoring_version", "number"),
    ("score.value", "number?"),
    ("score.grade", "string?"),
    ("score.coverage", "number"),
    ("score.caps[]", "string"),
];

/// Names what a value is.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Holds every value at `path` against `kinds`; returns how many there were that are not `null`.
///
/// Objects and arrays on the way may be `null`; the key itself must be there.
pub(crate) fn hold(value: &Value, path: &str, kinds: &str, whole: &str) -> usize {
    if value.is_null() {
        assert!(
            path.is_empty() == kinds.ends_with('?') || !path.is_empty(),
            "{whole} is null"
        );
        return 0;
    }
    if let Some(rest) = path.strip_prefix("[]") {
        let items = value
            .as_array()
            .unwrap_or_else(|| panic!("{whole}: no array"));
        let rest = rest.strip_prefix('.').unwrap_or(rest);
        return items
            .iter()
            .map(|item| hold(item, rest, kinds, whole))
            .sum();
    }
    if path.is_empty() {
        assert_eq!(kind(value), kinds.trim_end_matches('?'), "{whole}");
        return 1;
    }
    let end = path.find(['.', '[']).unwrap_or(path.len());
    let (key, rest) = path.split_at(end);
    let Some(inner) = value.get(key) else {
        // The one key that may be missing: most findings of the fixture have no remedy.
        assert_eq!(key, "remedy", "{whole}: no key `{key}` in {value}");
        return 0;
    };
    hold(inner, rest.strip_prefix('.').unwrap_or(rest), kinds, whole)
}

#[test]
fn json_has_every_published_key_with_its_kind() {
    let mut states = vec![
        fixture::good(),
        fixture::insecure(),
        fixture::api(),
        fixture::gone(),
        fixture::waiting(),
    ];
    states.push(fixture::with_remedy(fixture::expired()));
    let document = json(&fixture::snapshot(states));
    // What the quick probe never looks at.
    let never = [
        "server.version",
        "tls.cipher_suites",
        "tls.server_preference",
        "tls.groups",
        "tls.dh_bits",
        "tls.fallback_scsv",
        "tls.compression",
        "tls.secure_renegotiation",
        "tls.client_renegotiation",
        "tls.session_tickets",
        "tls.negotiated.alpn",
    ];
    for (path, kinds) in SCHEMA {
        let seen = hold(&document, path, kinds, path);
        assert!(
            seen > 0 || never.iter().any(|never| path.ends_with(never)),
            "{path} was never anything but null"
        );
    }
}

/// Collects the path of every `null` that has no reason in an `open` beside it.
pub(crate) fn unexplained(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            let open = fields.get("open").and_then(Value::as_object);
            for (key, inner) in fields {
                let path = format!("{path}.{key}");
                let explained = open.is_some_and(|open| open.contains_key(key));
                if inner.is_null() && !explained {
                    found.push(path);
                } else {
                    unexplained(inner, &path, found);
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                unexplained(item, &format!("{path}[]"), found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn every_null_has_its_reason_beside_it() {
    let mut found = Vec::new();
    unexplained(&json(&fixture::fleet()), "", &mut found);
    assert_eq!(found, [""; 0]);
}

#[test]
fn every_reason_belongs_to_a_null() {
    fn walk(value: &Value) {
        match value {
            Value::Object(fields) => {
                if let Some(open) = fields.get("open").and_then(Value::as_object) {
                    for (key, reason) in open {
                        assert!(
                            fields.get(key).is_none_or(Value::is_null),
                            "{key} is open and known"
                        );
                        assert!(
                            reason.as_str().is_some_and(|reason| !reason.is_empty()),
                            "{key}"
                        );
                    }
                }
                fields.values().for_each(walk);
            }
            Value::Array(items) => items.iter().for_each(walk),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    walk(&json(&fixture::fleet()));
}

#[test]
fn unlooked_at_versions_are_never_false() {
    let document = json(&fixture::fleet());
    for endpoint in document["endpoints"].as_array().expect("endpoints") {
        let tls = &endpoint["tls"];
        for version in tls["versions"].as_array().into_iter().flatten() {
            if version["offered"] == false {
                assert_eq!(tls["offered"], false, "{endpoint}");
            }
        }
    }
}

#[test]
fn each_address_has_an_entry_of_its_own() {
    let document = json(&fixture::fleet());
    let addresses: Vec<&str> = document["endpoints"]
        .as_array()
        .expect("endpoints")
        .iter()
        .filter(|endpoint| endpoint["name"] == "db1")
        .filter_map(|endpoint| endpoint["address"].as_str())
        .collect();
    assert_eq!(addresses, ["192.0.2.1:26257", "192.0.2.2:26257"]);
}

#[test]
fn json_lines_say_the_same_as_the_document() {
    let document = json(&fixture::fleet());
    let mut endpoints = Vec::new();
    let mut findings = Vec::new();
    for line in render(&fixture::fleet(), Format::Jsonl).lines() {
        let mut value: Value = serde_json::from_str(line).expect("JSON");
        let fields = value.as_object_mut().expect("an object");
        assert_eq!(fields.remove("schema_version"), Some(1.into()));
        assert_eq!(
            fields.remove("generated_at"),
            Some(document["generated_at"].clone())
        );
        match fields.remove("type").as_ref().and_then(Value::as_str) {
            Some("endpoint") => endpoints.push(value),
            Some("finding") => findings.push(value),
            other => panic!("type {other:?}"),
        }
    }
    assert_eq!(Value::Array(endpoints), document["endpoints"]);
    assert_eq!(Value::Array(findings), document["findings"]);
}

#[test]
fn nagios_of_a_fleet() {
    insta::assert_snapshot!(render(&fixture::fleet(), Format::Nagios));
}

/// A fleet of `count` broken endpoints with long names.
fn large(count: usize) -> Snapshot {
    let states = (0..count).map(|number| {
        let mut state = fixture::expired();
        let mut endpoint = (*state.endpoint).clone();
        endpoint.name = format!("endpoint-with-a-rather-long-name-{number:04}").into();
        state.endpoint = endpoint.into();
        state
    });
    fixture::snapshot(states.collect())
}

#[test]
fn nagios_stays_below_four_kilobytes() {
    for count in [1, 10, 40, 1000] {
        let output = render(&large(count), Format::Nagios);
        assert!(output.len() < 4096, "{count}: {}", output.len());
        assert!(output.starts_with("VERIFULL CRITICAL - "), "{output}");
        assert_eq!(output.matches('|').count(), 1, "{output}");
    }
    assert!(render(&large(1000), Format::Nagios).contains("more lines, not shown"));
}

#[test]
fn nagios_performance_data_follows_the_guidelines() {
    let output = render(&fixture::fleet(), Format::Nagios);
    let (_, data) = output
        .lines()
        .next()
        .expect("a line")
        .split_once('|')
        .expect("a bar");
    let mut rest = data.trim();
    let mut labels = Vec::new();
    while let Some(quoted) = rest.strip_prefix('\'') {
        let (label, after) = quoted.split_once("'=").expect("a label");
        assert!(!label.contains(['\'', '=']));
        let (datum, next) = after.split_once(' ').unwrap_or((after, ""));
        let value = datum
            .split(';')
            .next()
            .expect("a value")
            .trim_end_matches('%');
        assert!(value.parse::<f64>().is_ok(), "{datum}");
        assert!(datum.split(';').count() <= 5, "{datum}");
        labels.push(label.to_owned());
        rest = next;
    }
    assert_eq!(rest, "");
    assert!(labels.contains(&"db1 days".to_owned()), "{labels:?}");
}

#[test]
fn prometheus_of_a_fleet() {
    insta::assert_snapshot!(render(&fixture::fleet(), Format::Prometheus));
}

/// Reads one sample: name, labels, value (Prometheus exposition format 0.0.4).
fn sample(line: &str) -> (&str, Vec<(String, String)>, f64) {
    let end = line.find(['{', ' ']).expect("an end of the name");
    let (name, mut rest) = line.split_at(end);
    let mut labels = Vec::new();
    if let Some(inner) = rest.strip_prefix('{') {
        rest = inner;
        loop {
            let (label, after) = rest.split_once("=\"").expect("a label");
            let mut value = String::new();
            let mut characters = after.char_indices();
            let close = loop {
                match characters.next().expect("a closing quote") {
                    (at, '"') => break at,
                    (_, '\\') => match characters.next().expect("an escaped character").1 {
                        'n' => value.push('\n'),
                        escaped @ ('\\' | '"') => value.push(escaped),
                        other => panic!("escape {other}"),
                    },
                    (_, character) => value.push(character),
                }
            };
            labels.push((label.to_owned(), value));
            rest = &after[close + 1..];
            match rest.strip_prefix(',') {
                Some(more) => rest = more,
                None => break,
            }
        }
        rest = rest.strip_prefix('}').expect("a closing brace");
    }
    let value = rest
        .strip_prefix(' ')
        .expect("a space")
        .parse()
        .expect("a number");
    (name, labels, value)
}

#[test]
fn prometheus_text_is_valid() {
    let is_name = |name: &str| {
        name.starts_with(|first: char| first.is_ascii_lowercase())
            && name
                .chars()
                .all(|rest| rest.is_ascii_lowercase() || rest.is_ascii_digit() || rest == '_')
    };
    let mut families = Vec::new();
    let mut seen = Vec::new();
    let page = render(&fixture::fleet(), Format::Prometheus);
    let mut lines = page.lines().peekable();
    while let Some(line) = lines.next() {
        let (family, help) = line
            .strip_prefix("# HELP ")
            .and_then(|rest| rest.split_once(' '))
            .expect("HELP");
        assert!(
            is_name(family) && !help.is_empty() && !help.contains('\\'),
            "{line}"
        );
        assert_eq!(lines.next(), Some(&*format!("# TYPE {family} gauge")));
        assert!(!families.contains(&family), "{family} twice");
        families.push(family);
        let mut samples = 0;
        while let Some(line) = lines.next_if(|line| !line.starts_with('#')) {
            let (name, labels, value) = sample(line);
            assert_eq!(name, family);
            assert!(value.is_finite());
            assert!(labels.iter().all(|(label, _)| is_name(label)), "{line}");
            let identity = (name.to_owned(), labels);
            assert!(!seen.contains(&identity), "{line} twice");
            seen.push(identity);
            samples += 1;
        }
        assert!(samples > 0, "{family} has no sample");
    }
    assert!(page.ends_with('\n'));
}

#[test]
fn prometheus_keeps_quiet_about_the_unknown() {
    let page = render(
        &fixture::snapshot(vec![fixture::gone()]),
        Format::Prometheus,
    );
    for absent in [
        "verifull_tls_required",
        "verifull_plaintext_accepted",
        "verifull_tls_info",
        "verifull_cert_",
        "verifull_verify_full_ready",
        "verifull_grade_score",
    ] {
        assert!(!page.contains(absent), "{absent}");
    }
    assert!(page.contains(
        "verifull_probe_success{target=\"gone\",instance=\"192.0.2.6:26257\",kind=\"postgresql\"} 0"
    ));
}

#[test]
fn markdown_of_a_fleet() {
    insta::assert_snapshot!(render(&fixture::fleet(), Format::Markdown));
}

#[test]
fn remedies_reach_every_format_that_shows_them() {
    let snapshot = fixture::snapshot(vec![fixture::with_remedy(fixture::expired())]);
    for format in [Format::Text, Format::Json, Format::Jsonl, Format::Markdown] {
        let text = render(&snapshot, format);
        assert!(text.contains("sslmode=verify-full"), "{format:?}\n{text}");
    }
}

#[test]
fn exit_code_is_that_of_the_worst() {
    use fixture::{api, expired, gone, good, snapshot, waiting};
    for (states, code) in [
        (vec![good()], 0),
        (vec![good(), api()], 1),
        (vec![good(), api(), gone()], 3),
        (vec![good(), api(), waiting()], 3),
        (vec![gone(), expired()], 2),
        (vec![], 3),
    ] {
        assert_eq!(report::exit_code(&snapshot(states), None), code);
    }
}

#[test]
fn fail_on_counts_only_findings_at_or_above_it() {
    use fixture::{api, expired, gone, good, snapshot};
    for (states, fail_on, code) in [
        (vec![good()], Severity::Info, 1),
        (vec![api()], Severity::Medium, 1),
        (vec![api()], Severity::High, 0),
        (vec![api(), gone()], Severity::High, 3),
        (vec![expired()], Severity::Critical, 2),
    ] {
        assert_eq!(
            report::exit_code(&snapshot(states), Some(fail_on)),
            code,
            "{fail_on}"
        );
    }
}

#[test]
fn login_test_that_is_turned_off_is_not_unknown() {
    let mut snapshot = fixture::snapshot(vec![fixture::expired()]);
    snapshot.findings.clear();
    assert_eq!(report::exit_code(&snapshot, None), 0);
    assert_eq!(report::unknown(&snapshot), []);
}

#[test]
fn one_silent_address_of_two_is_unknown() {
    let mut state = fixture::good();
    state.addresses[1] = fixture::gone().addresses.remove(0);
    let snapshot = fixture::snapshot(vec![state]);
    assert_eq!(report::exit_code(&snapshot, None), 3);
}

#[test]
fn sarif_has_what_code_scanning_wants() {
    let mut snapshot = fixture::fleet();
    snapshot.config.path = "conf/verifull.toml".into();
    let log: Value = serde_json::from_str(&render(&snapshot, Format::Sarif)).expect("JSON");
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
    let results = run["results"].as_array().expect("results");
    assert_eq!(results.len(), snapshot.findings.len());
    for result in results {
        let known = verifull::check::find(result["ruleId"].as_str().expect("an id")).is_some();
        // The fixture has a check of its own making, which the register cannot describe.
        assert_eq!(known, result["ruleIndex"].is_u64(), "{result}");
        if let Some(index) = result["ruleIndex"].as_u64() {
            let rule = &rules[usize::try_from(index).expect("an index")];
            assert_eq!(rule["id"], result["ruleId"]);
            assert!(
                rule["help"]["markdown"]
                    .as_str()
                    .is_some_and(|help| !help.is_empty())
            );
        }
        let level = result["level"].as_str().expect("a level");
        assert!(["error", "warning", "note"].contains(&level));
        assert!(result["partialFingerprints"]["verifull/v1"].is_string());
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "conf/verifull.toml");
        assert!(place["region"]["startLine"].as_u64() >= Some(1));
    }
    assert_eq!(run["invocations"][0]["executionSuccessful"], false);
}

#[test]
fn sarif_of_a_target_has_no_file() {
    let log: Value = serde_json::from_str(&render(&fixture::fleet(), Format::Sarif)).expect("JSON");
    for result in log["runs"][0]["results"].as_array().expect("results") {
        assert!(result["locations"][0].get("physicalLocation").is_none());
        assert!(result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"].is_string());
    }
}

#[test]
fn junit_of_a_fleet() {
    insta::assert_snapshot!(render(&fixture::fleet(), Format::Junit));
}

#[test]
fn junit_counts_are_those_of_its_cases() {
    let page = render(&fixture::fleet(), Format::Junit);
    let (head, suites) = page.split_once("<testsuite ").expect("a suite");
    for (attribute, element) in [
        ("tests", "<testcase "),
        ("failures", "<failure "),
        ("errors", "<error "),
        ("skipped", "<skipped "),
    ] {
        let count = format!("{attribute}=\"{}\"", suites.matches(element).count());
        assert!(head.contains(&count), "{count}: {head}");
    }
}
