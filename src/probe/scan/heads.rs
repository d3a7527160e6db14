//! What the first answer of each version told: enough to ask about everything else while the enumeration goes on.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, Semaphore};

use crate::observation::scan::Scan;
use crate::tls::{CipherSuite, NamedGroup, ProtocolVersion};

/// The first choice in each version that is spoken, as far as it is known.
#[derive(Debug)]
pub(super) struct Heads {
    first: Mutex<BTreeMap<ProtocolVersion, Option<CipherSuite>>>,
    group: Mutex<Option<NamedGroup>>,
    changed: Notify,
    /// One permit for each version of which every suite is known.
    walked: Semaphore,
}

/// Which versions are spoken, each with a suite that is accepted in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Spoken {
    versions: Vec<(ProtocolVersion, CipherSuite)>,
    /// A group that is accepted in TLS 1.3.
    pub(super) group: Option<NamedGroup>,
}

impl Default for Heads {
    fn default() -> Self {
        Self {
            first: Mutex::default(),
            group: Mutex::default(),
            changed: Notify::new(),
            walked: Semaphore::new(0),
        }
    }
}

impl Heads {
    /// Takes down that every suite of one version is known; only their order may be left to ask.
    pub(super) fn walked(&self) {
        self.walked.add_permits(1);
    }

    /// Waits until that is so of every version.
    pub(super) async fn all_walked(&self) {
        let versions = u32::try_from(Scan::VERSIONS.len()).unwrap_or(u32::MAX);
        let _ = self.walked.acquire_many(versions).await;
    }

    fn first(&self) -> MutexGuard<'_, BTreeMap<ProtocolVersion, Option<CipherSuite>>> {
        self.first.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes down a suite that is accepted, where it is the first of its version.
    pub(super) fn accepted(&self, version: ProtocolVersion, suite: CipherSuite) {
        self.first()
            .entry(version)
            .or_insert(None)
            .get_or_insert(suite);
        self.changed.notify_waiters();
    }

    /// Takes down that everything was asked in a version.
    pub(super) fn settled(&self, version: ProtocolVersion) {
        self.first().entry(version).or_insert(None);
        self.changed.notify_waiters();
    }

    /// Takes down a group of TLS 1.3.
    pub(super) fn accepted_group(&self, group: NamedGroup) {
        *self.group.lock().unwrap_or_else(PoisonError::into_inner) = Some(group);
    }

    /// Waits until it is known of a version whether it is spoken.
    pub(super) async fn of(&self, version: ProtocolVersion) -> Option<CipherSuite> {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if let Some(first) = self.first().get(&version) {
                return *first;
            }
            changed.await;
        }
    }

    /// Waits until that is known of every version.
    pub(super) async fn all(&self) -> Spoken {
        let mut versions = Vec::new();
        for version in Scan::VERSIONS {
            if let Some(suite) = self.of(version).await {
                versions.push((version, suite));
            }
        }
        Spoken {
            versions,
            group: *self.group.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }
}

impl Spoken {
    /// Returns the versions, oldest first.
    pub(super) fn versions(&self) -> impl DoubleEndedIterator<Item = ProtocolVersion> {
        self.versions.iter().map(|(version, _)| *version)
    }

    /// Returns a suite that is accepted in a version.
    pub(super) fn suite(&self, version: ProtocolVersion) -> Option<CipherSuite> {
        let found = self.versions.iter().find(|(known, _)| *known == version);
        found.map(|(_, suite)| *suite)
    }

    /// Returns the newest version before TLS 1.3: what is said in it is in the clear.
    pub(super) fn newest_in_the_clear(&self) -> Option<ProtocolVersion> {
        self.versions()
            .rfind(|version| *version < ProtocolVersion::TLSV1_3)
    }
}

impl FromIterator<(ProtocolVersion, CipherSuite)> for Spoken {
    fn from_iter<I: IntoIterator<Item = (ProtocolVersion, CipherSuite)>>(spoken: I) -> Self {
        Self {
            versions: spoken.into_iter().collect(),
            group: None,
        }
    }
}
