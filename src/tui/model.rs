//! The dashboard's state as plain data, and what follows from it.
//!
//! Only `update` changes it. What can be derived is derived once per change, not once per frame.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::audit::FileFinding;
use crate::endpoint::ExpiryThresholds;
use crate::finding::{Severity, Subject};
use crate::observation::Handshake;
use crate::observation::scan::{Scan, ScanDepth};
use crate::remediation::{self, Remedy, Snippet};
use crate::store::{
    CertificateFileState, EndpointState, FileState, FindingState, Posture, ScanProgress, Snapshot,
};
use crate::theme::{Capability, Kind, Styles, Theme};
use crate::x509::{Certificate, issuance};

use super::filter::{Filter, Search};
use super::keymap::{Keymap, Place};
use super::matrix::{Gist, Matrix};
use super::sort::{ExpiryOrder, FindingOrder, FleetOrder};

/// How the dashboard begins. Everything that a terminal tells about itself comes in here.
#[derive(Clone, Debug)]
pub struct Options {
    /// Columns and rows.
    pub size: (u16, u16),
    /// The time.
    pub now: Timestamp,
    /// The zone in which times of day are shown.
    pub time_zone: TimeZone,
    /// The themes to choose from; the built-in ones where it is empty.
    pub themes: Vec<Theme>,
    /// Name of the theme to begin with; `None` chooses by the ground.
    pub theme: Option<String>,
    /// The terminal's ground, where it told.
    pub ground: Option<Kind>,
    /// How many colours it shows.
    pub colours: Capability,
    /// Whether only ASCII is drawn.
    pub ascii: bool,
    /// Whether the mouse is taken from the beginning.
    pub mouse: bool,
    /// Keys by action name, from the configuration.
    pub keys: Vec<(String, String)>,
    /// What turns a remedy into snippets. Only tests have another one than [`remediation::render`].
    pub render: fn(&Remedy) -> Vec<Snippet>,
}

impl Options {
    /// Returns options for a terminal of this size that told nothing of itself.
    pub fn new(size: (u16, u16), now: Timestamp) -> Self {
        Self {
            size,
            now,
            time_zone: TimeZone::UTC,
            themes: Vec::new(),
            theme: None,
            ground: None,
            colours: Capability::Truecolor,
            ascii: false,
            mouse: true,
            keys: Vec::new(),
            render: remediation::render,
        }
    }
}

/// One of the five screens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Screen {
    /// Every endpoint.
    Fleet,
    /// Every finding.
    Findings,
    /// Every certificate by its end.
    Expiry,
    /// What happened.
    Events,
    /// Every watched file.
    Files,
}

impl Screen {
    /// All of them, in the order of the tabs.
    pub const ALL: [Self; 5] = [
        Self::Fleet,
        Self::Findings,
        Self::Expiry,
        Self::Events,
        Self::Files,
    ];

    /// Returns the word on the tab.
    pub const fn title(self) -> &'static str {
        self.place().title()
    }

    pub(super) const fn place(self) -> Place {
        match self {
            Self::Fleet => Place::Fleet,
            Self::Findings => Place::Findings,
            Self::Expiry => Place::Expiry,
            Self::Events => Place::Events,
            Self::Files => Place::Files,
        }
    }
}

/// What lies on a screen. Esc takes the uppermost away, and one only.
#[derive(Clone, Debug)]
pub(super) enum Layer {
    /// One endpoint, whole.
    Endpoint(EndpointLayer),
    /// One watched file, whole.
    File(FileLayer),
    /// The change that a fix makes to a file.
    Mend(MendLayer),
    /// The hosts that files name and no endpoint covers.
    Candidates(CandidatesLayer),
    /// How to fix one finding.
    Fix(FixLayer),
    /// The keys of the place below; lines scrolled away.
    Help { scroll: usize },
    /// The theme picker; the theme to go back to.
    Themes { before: usize },
    /// The command palette.
    Palette { text: String, position: usize },
    /// The filter line.
    Filter,
}

/// One endpoint, whole.
#[derive(Clone, Debug)]
pub(super) struct EndpointLayer {
    pub(super) name: Arc<str>,
    pub(super) scroll: usize,
}

/// One watched file, whole.
#[derive(Clone, Debug)]
pub(super) struct FileLayer {
    /// Its name, printable.
    pub(super) path: Arc<str>,
    pub(super) scroll: usize,
}

/// The change that a fix makes to a file.
#[derive(Clone, Debug)]
pub(super) struct MendLayer {
    /// The file's name, printable.
    pub(super) path: Arc<str>,
    pub(super) fingerprint: String,
    /// Which of the finding's fixes.
    pub(super) fix: usize,
    pub(super) scroll: usize,
}

/// The hosts that files name and no endpoint covers.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct CandidatesLayer {
    pub(super) position: usize,
    /// Whether the block is shown that would be written, and only a second key is missing.
    pub(super) is_asked: bool,
}

/// How to fix one finding.
#[derive(Clone, Debug)]
pub(super) struct FixLayer {
    pub(super) held: Arc<FindingState>,
    pub(super) snippets: Vec<Snippet>,
    pub(super) variant: usize,
    pub(super) scroll: usize,
}

/// A place in a list. Once it is held, the identity leads and the position follows it.
#[derive(Clone, Debug, Default)]
pub(super) struct Cursor {
    /// Whether somebody moved here or acted on this row; until then the selection is whatever comes first.
    pub(super) held: bool,
    pub(super) id: Option<Arc<str>>,
    pub(super) position: usize,
    pub(super) offset: usize,
}

/// How findings are put together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Group {
    /// One row per check.
    #[default]
    Check,
    /// One row per finding.
    Single,
}

/// One row of the findings screen.
#[derive(Clone, Debug)]
pub(super) struct FindingRow {
    pub(super) id: Arc<str>,
    pub(super) check: &'static str,
    pub(super) severity: Severity,
    pub(super) since: Timestamp,
    /// Places in the snapshot's findings, at least one.
    pub(super) members: Vec<usize>,
}

/// One certificate that some endpoint presents.
#[derive(Clone, Debug)]
pub(super) struct CertificateRow {
    pub(super) id: Arc<str>,
    pub(super) certificate: Arc<Certificate>,
    /// Whether it is presented as an issuer rather than as the peer's own.
    pub(super) issuing: bool,
    /// The thresholds of its first holder.
    pub(super) thresholds: ExpiryThresholds,
    /// When it ends, in Unix time: the horizon asks it of every certificate, and must not go to each for it.
    pub(super) ends: i64,
    /// When its warning part and its critical part begin, in Unix time.
    begins: (i64, i64),
    /// Places in the snapshot's endpoints; none where it only lies in a file.
    pub(super) holders: Vec<usize>,
    /// Paths of the watched files that it lies in.
    pub(super) files: Vec<Arc<str>>,
}

impl CertificateRow {
    /// Says how much of its life is left, by comparing numbers: the horizon asks it of every certificate in every frame.
    pub(super) fn level(&self, now: Timestamp) -> Posture {
        let (warning, critical) = self.begins;
        match now.as_second() {
            second if second >= critical => Posture::Critical,
            second if second >= warning => Posture::Warning,
            _ => Posture::Ok,
        }
    }

    /// Returns the shortest text that names it.
    pub(super) fn title(&self) -> &str {
        let certificate = &self.certificate;
        certificate
            .common_name
            .as_deref()
            .filter(|name| !name.is_empty())
            .or_else(|| certificate.dns_names.first().map(String::as_str))
            .unwrap_or(&certificate.subject)
    }
}

/// What a snapshot comes to, reckoned once.
#[derive(Clone, Debug, Default)]
pub(super) struct Digest {
    pub(super) critical: usize,
    pub(super) warning: usize,
    pub(super) ok: usize,
    pub(super) unreachable: usize,
    pub(super) waiting: usize,
    pub(super) certificates: Vec<CertificateRow>,
    /// Columns that the longest endpoint name takes.
    pub(super) name_width: u16,
    /// How many endpoints were looked at.
    pub(super) probed: usize,
    /// When the newest answer came.
    pub(super) newest: Option<Timestamp>,
    /// The shortest time between two probes of one endpoint.
    pub(super) interval: Duration,
    /// Certificates by their end, the first one first.
    pub(super) by_end: Vec<usize>,
    /// Endpoints by name.
    pub(super) by_name: HashMap<Arc<str>, usize>,
    /// Watched files by their printable names.
    pub(super) by_path: HashMap<Arc<str>, usize>,
    /// What was scanned, by the place of the endpoint.
    pub(super) scanned: Vec<Option<Arc<Scanned>>>,
}

/// The scan that counts of an endpoint's addresses: the worst.
#[derive(Clone, Debug)]
pub(super) struct Scanned {
    /// Every scan that there is: while they are the same, nothing is reckoned anew.
    all: Vec<Arc<Scan>>,
    /// Place of the address.
    pub(super) place: usize,
    pub(super) scan: Arc<Scan>,
    pub(super) gist: Gist,
}

impl Scanned {
    /// Chooses the scan that counts; what was reckoned `before` stands while the scans are the same.
    fn of(state: &EndpointState, before: Option<&Arc<Self>>) -> Option<Arc<Self>> {
        let seen = || {
            state
                .addresses
                .iter()
                .enumerate()
                .filter_map(|(place, address)| Some((place, address.observation.scan.seen()?)))
        };
        if let Some(before) = before
            && seen().count() == before.all.len()
            && seen()
                .zip(&before.all)
                .all(|((_, scan), own)| Arc::ptr_eq(scan, own))
        {
            return Some(Arc::clone(before));
        }
        let (place, scan, gist) = seen()
            .map(|(place, scan)| (place, scan, Gist::of(scan)))
            .min_by_key(|(_, _, gist)| gist.worst)?;
        Some(Arc::new(Self {
            all: seen().map(|(_, scan)| Arc::clone(scan)).collect(),
            place,
            scan: Arc::clone(scan),
            gist,
        }))
    }
}

/// The rows of the screen that is shown, as places in the snapshot or the digest.
#[derive(Clone, Debug, Default)]
pub(super) struct Rows {
    pub(super) fleet: Vec<usize>,
    pub(super) findings: Vec<FindingRow>,
    pub(super) expiry: Vec<usize>,
    pub(super) events: Vec<usize>,
    pub(super) files: Vec<usize>,
}

/// The whole state of the dashboard.
#[derive(Clone, Debug)]
pub struct Model {
    pub(super) size: (u16, u16),
    pub(super) now: Timestamp,
    pub(super) time_zone: TimeZone,
    pub(super) ground: Option<Kind>,
    pub(super) colours: Capability,
    pub(super) ascii: bool,
    pub(super) mouse: bool,
    pub(super) keymap: Keymap,
    pub(super) render: fn(&Remedy) -> Vec<Snippet>,
    pub(super) themes: Vec<Theme>,
    pub(super) theme: usize,
    pub(super) styles: Styles,

    pub(super) snapshot: Arc<Snapshot>,
    /// While the screen is paused: the newest snapshot, and how many came.
    pub(super) paused: Option<(Option<Arc<Snapshot>>, usize)>,
    pub(super) digest: Digest,
    pub(super) rows: Rows,

    pub(super) screen: Screen,
    pub(super) layers: Vec<Layer>,
    pub(super) cursors: BTreeMap<Screen, Cursor>,
    pub(super) filter_text: String,
    pub(super) filter: Filter,
    pub(super) search: Search,
    pub(super) problems_only: bool,
    pub(super) fleet_order: FleetOrder,
    pub(super) finding_order: FindingOrder,
    pub(super) expiry_order: ExpiryOrder,
    pub(super) reversed: BTreeMap<Screen, bool>,
    pub(super) group: Group,
    /// Fingerprint of the finding that is chosen on the selected endpoint.
    pub(super) chosen: Option<String>,
    /// The fix of the chosen finding, kept while that is the same.
    pub(super) fix: Option<(Arc<FindingState>, Vec<Snippet>)>,
    /// The suites of the endpoint that lies whole on the screen, kept while its scan is the same.
    pub(super) matrix: Option<(Arc<Scan>, Matrix)>,
    /// Rows keep their places until then.
    pub(super) frozen_until: Option<Timestamp>,
    /// How many changes were asked for that could be taken back.
    pub(super) mended: usize,
    pub(super) toast: Option<(String, Timestamp)>,
}

impl Model {
    /// Returns the dashboard as it begins.
    pub fn new(options: Options, snapshot: Arc<Snapshot>) -> Self {
        let (keymap, problems) = Keymap::new(&options.keys);
        let themes = if options.themes.is_empty() {
            Theme::built_in()
        } else {
            options.themes
        };
        let theme = starting_theme(&themes, options.theme.as_deref(), options.ground);
        let styles = styles(&themes, theme, options.colours, options.ground);
        let unknown_theme = options
            .theme
            .as_deref()
            .filter(|wanted| {
                !themes
                    .iter()
                    .any(|theme| theme.slug() == crate::theme::slug(wanted))
            })
            .map(|wanted| {
                format!(
                    "no theme is called `{}`",
                    crate::text::printable_within(wanted, 40)
                )
            });
        let said = problems.into_iter().chain(unknown_theme).next();
        let mut model = Self {
            size: options.size,
            now: options.now,
            time_zone: options.time_zone,
            ground: options.ground,
            colours: options.colours,
            ascii: options.ascii,
            mouse: options.mouse,
            keymap,
            render: options.render,
            themes,
            theme,
            styles,
            digest: Digest::of(&snapshot, &Digest::default()),
            snapshot,
            paused: None,
            rows: Rows::default(),
            screen: Screen::Fleet,
            layers: Vec::new(),
            cursors: BTreeMap::new(),
            filter_text: String::new(),
            filter: Filter::default(),
            search: Search::default(),
            problems_only: false,
            fleet_order: FleetOrder::default(),
            finding_order: FindingOrder::default(),
            expiry_order: ExpiryOrder::default(),
            reversed: BTreeMap::new(),
            group: Group::default(),
            chosen: None,
            fix: None,
            matrix: None,
            frozen_until: None,
            mended: 0,
            toast: None,
        };
        model.toast = said.map(|said| (said, model.now + TOAST));
        super::update::settle(&mut model);
        model
    }

    /// Returns where keys go.
    pub(super) fn place(&self) -> Place {
        match self.layers.last() {
            None => self.screen.place(),
            Some(Layer::Endpoint(_)) => Place::Endpoint,
            Some(Layer::File(_)) => Place::File,
            Some(Layer::Mend(_)) => Place::Mend,
            Some(Layer::Candidates(_)) => Place::Candidates,
            Some(Layer::Fix(_)) => Place::Fix,
            Some(Layer::Help { .. }) => Place::Help,
            Some(Layer::Themes { .. }) => Place::Themes,
            Some(Layer::Palette { .. }) => Place::Palette,
            Some(Layer::Filter) => Place::Filter,
        }
    }

    /// Returns the endpoint that lies whole on the screen, if one does.
    pub(super) fn opened(&self) -> Option<&EndpointLayer> {
        self.layers.iter().rev().find_map(|layer| match layer {
            Layer::Endpoint(layer) => Some(layer),
            Layer::File(_)
            | Layer::Mend(_)
            | Layer::Candidates(_)
            | Layer::Fix(_)
            | Layer::Help { .. }
            | Layer::Themes { .. }
            | Layer::Palette { .. }
            | Layer::Filter => None,
        })
    }

    /// Returns the file that lies whole on the screen, if one does.
    pub(super) fn opened_file(&self) -> Option<&FileLayer> {
        self.layers.iter().rev().find_map(|layer| match layer {
            Layer::File(layer) => Some(layer),
            Layer::Endpoint(_)
            | Layer::Mend(_)
            | Layer::Candidates(_)
            | Layer::Fix(_)
            | Layer::Help { .. }
            | Layer::Themes { .. }
            | Layer::Palette { .. }
            | Layer::Filter => None,
        })
    }

    /// Returns what is known of a watched file, by its printable name.
    pub(super) fn file(&self, path: &str) -> Option<&Arc<FileState>> {
        let place = *self.digest.by_path.get(path)?;
        self.snapshot.files.get(place)
    }

    /// Returns the watched file that the selection is, or is about.
    pub(super) fn selected_file(&self) -> Option<&Arc<FileState>> {
        if let Some(Layer::Mend(layer)) = self.layers.last() {
            return self.file(&layer.path);
        }
        if let Some(layer) = self.opened_file() {
            return self.file(&layer.path);
        }
        if self.opened().is_some() {
            return None;
        }
        let position = self.cursor().position;
        match self.screen {
            Screen::Files => self.snapshot.files.get(*self.rows.files.get(position)?),
            Screen::Findings => match &self.selected_finding()?.finding.subject {
                Subject::File(path) => self.file(path),
                Subject::Endpoint(_) | Subject::CertificateFile(_) => None,
            },
            Screen::Events => {
                let entry = self.snapshot.log.get(*self.rows.events.get(position)?)?;
                self.file(&entry.subject)
            }
            Screen::Fleet | Screen::Expiry => None,
        }
    }

    /// Returns what the selected finding shows of its file.
    pub(super) fn shown_finding(&self) -> Option<(&Arc<FileState>, &FileFinding)> {
        let state = self.selected_file()?;
        let fingerprint = match self.layers.last() {
            Some(Layer::Mend(layer)) => &layer.fingerprint,
            _ => &self.selected_finding()?.finding.fingerprint,
        };
        Some((state, state.shown(fingerprint)?))
    }

    /// Returns the findings among which the selection can be moved.
    pub(super) fn selected_findings(&self) -> &[Arc<FindingState>] {
        if self.opened_file().is_some() || (self.opened().is_none() && self.screen == Screen::Files)
        {
            return self.selected_file().map_or(&[], |state| &state.findings);
        }
        self.selected_endpoint()
            .map_or(&[], |state| &state.findings)
    }

    /// Returns what is known of an endpoint.
    pub(super) fn endpoint(&self, name: &str) -> Option<&Arc<EndpointState>> {
        self.digest
            .by_name
            .get(name)
            .and_then(|index| self.snapshot.endpoints.get(*index))
    }

    /// Returns the scan of an endpoint that counts.
    pub(super) fn scanned(&self, state: &EndpointState) -> Option<&Arc<Scanned>> {
        let place = *self.digest.by_name.get(&state.endpoint.name)?;
        self.digest.scanned.get(place)?.as_ref()
    }

    /// Returns how many rows the screen has.
    pub(super) fn row_count(&self) -> usize {
        match self.screen {
            Screen::Fleet => self.rows.fleet.len(),
            Screen::Findings => self.rows.findings.len(),
            Screen::Expiry => self.rows.expiry.len(),
            Screen::Events => self.rows.events.len(),
            Screen::Files => self.rows.files.len(),
        }
    }

    /// Returns where the selection of the screen stands.
    pub(super) fn cursor(&self) -> Cursor {
        self.cursors.get(&self.screen).cloned().unwrap_or_default()
    }

    /// Returns the endpoint that the screen's selection is, or is about.
    pub(super) fn selected_endpoint(&self) -> Option<&Arc<EndpointState>> {
        if let Some(layer) = self.opened() {
            return self.endpoint(&layer.name);
        }
        let position = self.cursor().position;
        match self.screen {
            Screen::Fleet => self.snapshot.endpoints.get(*self.rows.fleet.get(position)?),
            Screen::Findings => {
                let row = self.rows.findings.get(position)?;
                let held = self.snapshot.findings.get(*row.members.first()?)?;
                self.endpoint(held.finding.subject.name())
            }
            Screen::Expiry => {
                let row = self
                    .digest
                    .certificates
                    .get(*self.rows.expiry.get(position)?)?;
                self.snapshot.endpoints.get(*row.holders.first()?)
            }
            Screen::Events => {
                let entry = self.snapshot.log.get(*self.rows.events.get(position)?)?;
                self.endpoint(&entry.subject)
            }
            Screen::Files => None,
        }
    }

    /// Returns the finding that a fix would be for.
    pub(super) fn selected_finding(&self) -> Option<&Arc<FindingState>> {
        if self.opened().is_none()
            && self.opened_file().is_none()
            && self.screen == Screen::Findings
        {
            let row = self.rows.findings.get(self.cursor().position)?;
            return self.snapshot.findings.get(*row.members.first()?);
        }
        let is_bare = self.opened().is_none() && self.opened_file().is_none();
        if is_bare && !matches!(self.screen, Screen::Fleet | Screen::Files) {
            return None;
        }
        let findings = self.selected_findings();
        self.chosen
            .as_ref()
            .and_then(|chosen| {
                findings
                    .iter()
                    .find(|held| held.finding.fingerprint == *chosen)
            })
            .or_else(|| findings.first())
    }

    /// Returns the snippets for the selected finding.
    pub(super) fn snippets(&self) -> &[Snippet] {
        self.fix.as_ref().map_or(&[], |(_, snippets)| snippets)
    }

    pub(super) fn is_reversed(&self, screen: Screen) -> bool {
        self.reversed.get(&screen).copied().unwrap_or(false)
    }
}

/// How long a toast stays: long enough to read a line, 4 s.
pub(super) const TOAST: Duration = Duration::from_secs(4);

/// How long rows keep their places after a key, 2 s: nothing moves under a finger.
pub(super) const FREEZE: Duration = Duration::from_secs(2);

/// Chooses the theme to begin with: the one asked for, else the first that fits the ground, else the first.
fn starting_theme(themes: &[Theme], wanted: Option<&str>, ground: Option<Kind>) -> usize {
    let named = wanted.and_then(|wanted| {
        let wanted = crate::theme::slug(wanted);
        themes.iter().position(|theme| theme.slug() == wanted)
    });
    let fitting = || ground.and_then(|ground| themes.iter().position(|theme| theme.kind == ground));
    named.or_else(fitting).unwrap_or(0)
}

/// Makes the styles of the theme in force.
pub(super) fn styles(
    themes: &[Theme],
    theme: usize,
    colours: Capability,
    ground: Option<Kind>,
) -> Styles {
    // Without any theme there is still a screen: the one of NO_COLOR.
    themes
        .get(theme)
        .map_or_else(Styles::without_colour, |theme| {
            theme.styles(colours, ground)
        })
}

/// Returns the places of watched files by their printable names.
fn paths(snapshot: &Snapshot) -> HashMap<Arc<str>, usize> {
    let files = snapshot.files.iter().enumerate();
    files
        .map(|(index, state)| (Arc::clone(&state.path), index))
        .collect()
}

/// Most certificates of one file that have rows of their own.
const MOST_IN_A_FILE: usize = 20;

impl Digest {
    /// Reckons what a snapshot comes to. What is costly is taken over from the one before where nothing changed.
    #[expect(
        clippy::too_many_lines,
        reason = "one pass over the snapshot, one step for each thing that is reckoned"
    )]
    pub(super) fn of(snapshot: &Snapshot, before: &Self) -> Self {
        let mut digest = Self {
            name_width: 8,
            by_path: paths(snapshot),
            by_name: HashMap::with_capacity(snapshot.endpoints.len()),
            ..Self::default()
        };
        let mut places: HashMap<&str, usize> = HashMap::new();
        for (index, state) in snapshot.endpoints.iter().enumerate() {
            *match state.posture {
                Posture::Critical => &mut digest.critical,
                Posture::Warning => &mut digest.warning,
                Posture::Ok => &mut digest.ok,
                Posture::Unreachable => &mut digest.unreachable,
                Posture::Waiting => &mut digest.waiting,
            } += 1;
            digest.probed += usize::from(state.probed_at.is_some());
            digest.newest = digest.newest.max(state.probed_at);
            digest.interval = if index == 0 {
                state.endpoint.interval
            } else {
                digest.interval.min(state.endpoint.interval)
            };
            let width =
                u16::try_from(super::format::width(&state.endpoint.name)).unwrap_or(u16::MAX);
            digest.name_width = digest.name_width.max(width);
            digest
                .by_name
                .insert(Arc::clone(&state.endpoint.name), index);
            let known = before
                .by_name
                .get(&state.endpoint.name)
                .and_then(|place| before.scanned.get(*place)?.as_ref());
            digest.scanned.push(Scanned::of(state, known));
            for chain in state
                .addresses
                .iter()
                .filter_map(|address| address.observation.chain.seen())
            {
                let own = chain
                    .end_entity()
                    .map(|certificate| certificate.sha256.as_str());
                for certificate in &chain.certificates {
                    let place = *places.entry(&certificate.sha256).or_insert_with(|| {
                        digest.certificates.push(CertificateRow {
                            id: certificate.sha256.as_str().into(),
                            certificate: Arc::clone(certificate),
                            issuing: own != Some(&certificate.sha256),
                            thresholds: state.endpoint.expiry,
                            ends: certificate.not_after.as_second(),
                            begins: begins(certificate, &state.endpoint.expiry),
                            holders: Vec::new(),
                            files: Vec::new(),
                        });
                        digest.certificates.len() - 1
                    });
                    let row = &mut digest.certificates[place];
                    if row.holders.last() != Some(&index) {
                        row.holders.push(index);
                    }
                }
            }
        }
        for state in &snapshot.certificate_files {
            digest.add_file(state, &mut places);
        }
        let certificates = &digest.certificates;
        digest.by_end = (0..certificates.len()).collect();
        digest
            .by_end
            .sort_by_key(|index| certificates[*index].certificate.not_after);
        digest
    }

    /// Adds the certificates in a file. A bundle of the world's roots is nobody's to renew.
    fn add_file<'a>(
        &mut self,
        state: &'a CertificateFileState,
        places: &mut HashMap<&'a str, usize>,
    ) {
        let held = state.file.holdings.seen();
        let certificates = held.map_or(&[][..], |held| &held.certificates);
        if certificates.len() > MOST_IN_A_FILE {
            return;
        }
        for certificate in certificates {
            let place = *places.entry(&certificate.sha256).or_insert_with(|| {
                self.certificates.push(CertificateRow {
                    id: certificate.sha256.as_str().into(),
                    certificate: Arc::clone(certificate),
                    issuing: issuance::may_issue(certificate),
                    thresholds: state.expiry,
                    ends: certificate.not_after.as_second(),
                    begins: begins(certificate, &state.expiry),
                    holders: Vec::new(),
                    files: Vec::new(),
                });
                self.certificates.len() - 1
            });
            self.certificates[place]
                .files
                .push(Arc::clone(&state.file.path));
        }
    }
}

/// Returns how far the deep scan of an endpoint is, while one is under way. Shallower scans are over before anybody looks.
pub(super) fn deep_scan(state: Option<&EndpointState>) -> Option<ScanProgress> {
    state?
        .scanning
        .filter(|progress| progress.depth == ScanDepth::Deep)
}

/// Returns the first end entity that an endpoint presents, by its end.
pub(super) fn end_entity(state: &EndpointState) -> Option<&Arc<Certificate>> {
    state
        .addresses
        .iter()
        .filter_map(|address| address.observation.chain.seen()?.end_entity())
        .min_by_key(|certificate| certificate.not_after)
}

/// Returns what the first address that shook hands agreed to.
pub(super) fn handshake(state: &EndpointState) -> Option<&Handshake> {
    state
        .addresses
        .iter()
        .find_map(|address| address.observation.handshake.seen())
}

/// Returns how long connection and handshake took on the slowest address that answered.
pub(super) fn latency(state: &EndpointState) -> Option<Duration> {
    state
        .addresses
        .iter()
        .filter_map(|address| {
            let timings = &address.observation.timings;
            let parts = [timings.connect, timings.negotiate, timings.handshake];
            timings.connect.map(|_| parts.into_iter().flatten().sum())
        })
        .max()
}

/// Says how much of a certificate's life is left: as the posture it makes, and as a share from 0 to 1.
pub(super) fn life(
    certificate: &Certificate,
    thresholds: &ExpiryThresholds,
    now: Timestamp,
) -> (Posture, f64) {
    let lifetime = certificate.not_after.duration_since(certificate.not_before);
    let left = certificate.not_after.duration_since(now);
    let Ok(whole) = Duration::try_from(lifetime) else {
        return (Posture::Critical, 0.0);
    };
    let Ok(rest) = Duration::try_from(left) else {
        return (Posture::Critical, 0.0);
    };
    let share = if whole.is_zero() {
        0.0
    } else {
        (rest.as_secs_f64() / whole.as_secs_f64()).clamp(0.0, 1.0)
    };
    let posture = if rest <= thresholds.critical.of(whole) {
        Posture::Critical
    } else if rest <= thresholds.warning.of(whole) {
        Posture::Warning
    } else {
        Posture::Ok
    };
    (posture, share)
}

/// Returns when the warning part and the critical part of a certificate's life begin, in Unix time.
fn begins(certificate: &Certificate, thresholds: &ExpiryThresholds) -> (i64, i64) {
    let end = certificate.not_after.as_second();
    let lifetime = certificate.not_after.duration_since(certificate.not_before);
    let Ok(whole) = Duration::try_from(lifetime) else {
        return (i64::MIN, i64::MIN);
    };
    let before =
        |part: Duration| end.saturating_sub(i64::try_from(part.as_secs()).unwrap_or(i64::MAX));
    (
        before(thresholds.warning.of(whole)),
        before(thresholds.critical.of(whole)),
    )
}

/// Returns the name of the endpoint a finding is about, where it is about one.
pub(super) fn endpoint_of(held: &FindingState) -> Option<&Arc<str>> {
    match &held.finding.subject {
        Subject::Endpoint(name) => Some(name),
        Subject::File(_) | Subject::CertificateFile(_) => None,
    }
}
