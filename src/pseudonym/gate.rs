//! The gate: everything that leaves the raw side passes here.
//!
//! Takes [`RawBatch`], [`RawText`] and names; gives [`CleanBatch`], [`CleanText`], [`CleanName`], which nobody else
//! can make. Shared by all workers (`Send + Sync`), without a lock on the way. What cannot be processed is refused
//! by its position, never passed. Never logs, never touches the network or the disk.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use super::cipher::Cipher;
use super::clean::{CleanBatch, CleanName, CleanText, GateError, Refusal, RefusalCause};
use super::dictionary::{Dictionary, Learning};
use super::duty::SCAN;
use super::memory::next_epoch;
use super::mutant::is_on;
use super::policy::Policy;
use super::rewrite::{Learnt, Pass};
use super::rules::Rules;
use super::secret::Secrets;
use super::traits::Traits;
use super::walk::Trail;
use crate::catalog::{Kind, Treatment};
use crate::json::escape_into;
use crate::record::{Key, RawBatch, RawText};

/// Answers whether an id is one of Microsoft's own: first-party apps, role templates, permissions, SKUs.
pub type WellKnown = fn(u128) -> bool;

/// The one way from raw to clean.
pub struct Gate {
    pub(super) cipher: Arc<dyn Cipher>,
    pub(super) policy: Policy,
    /// Of the run that wrote what comes in, if this program did.
    pub(super) earlier: Option<Policy>,
    pub(super) rules: Rules,
    pub(super) well_known: WellKnown,
    pub(super) secrets: Secrets,
    pub(super) traits: Traits,
    /// For hashes that stay in memory: the same in every run with the same key.
    pub(super) trait_seed: u64,
    learning: Mutex<Learning>,
    late: Mutex<Learning>,
    /// Everything that [`Gate::grow`] took up.
    grown: Learning,
    dictionary: OnceLock<Dictionary>,
    epoch: AtomicU64,
}

impl Gate {
    /// A gate that knows nobody yet.
    pub fn new(cipher: Arc<dyn Cipher>, policy: Policy, rules: Rules, well_known: WellKnown) -> Self {
        let seed = cipher.fingerprint("traits", b"").first_chunk().copied().unwrap_or_default();
        Self {
            cipher,
            traits: Traits::default(),
            trait_seed: u64::from_le_bytes(seed),
            policy,
            earlier: None,
            rules,
            well_known,
            secrets: Secrets::new(),
            learning: Mutex::default(),
            late: Mutex::default(),
            grown: Learning::default(),
            dictionary: OnceLock::new(),
            epoch: AtomicU64::new(next_epoch()),
        }
    }

    /// Cleans the records of a batch, in order. Before [`Gate::freeze`] it also learns from them.
    ///
    /// # Errors
    /// When the batch's parent does not fit its dataset. Single records that do not pass are in
    /// [`CleanBatch::refused`].
    pub fn clean_batch(&self, batch: &RawBatch) -> Result<CleanBatch, GateError> {
        let root = self.rules.root(batch.dataset);
        let first = batch.parent.as_ref().map(|key| self.parent_member(batch.dataset, key)).transpose()?;
        let mut bytes = Vec::with_capacity(batch.records.iter().map(|record| record.expose().len() + 64).sum());
        let mut refused = Vec::new();
        let mut learnt = Learnt::new();
        let learns = self.dictionary.get().is_none();
        // What repeats teaches nothing new, but its first bearer may be refused, and nothing is learnt from that one.
        let mut trail = if learns { Trail::off() } else { Trail::default() };
        for (position, record) in batch.records.iter().enumerate() {
            let start = bytes.len();
            let known = learnt.len();
            let result = match std::str::from_utf8(record.expose()) {
                Ok(text) => {
                    let mut pass = Pass::new(self, text, &mut bytes, 0, learns.then_some(&mut learnt)).follow(trail);
                    let written = pass.document(root, SCAN, first.as_deref());
                    trail = pass.into_trail();
                    written
                }
                Err(error) => Err(RefusalCause::Utf8 { offset: error.valid_up_to() }),
            };
            match result {
                Ok(_) => bytes.push(b'\n'),
                Err(cause) => {
                    bytes.truncate(start);
                    trail = Trail::default();
                    learnt.truncate(known);
                    refused.push(Refusal { record: position, cause });
                }
            }
        }
        if learns {
            self.learn_all(batch, &learnt);
        }
        let records = (batch.records.len() - refused.len()) as u64;
        Ok(CleanBatch { bytes, records, refused })
    }

    /// Learns from a batch without keeping its lines.
    ///
    /// # Errors
    /// As [`Gate::clean_batch`].
    pub fn learn(&self, batch: &RawBatch) -> Result<(), GateError> {
        self.clean_batch(batch).map(drop)
    }

    fn learn_all(&self, batch: &RawBatch, learnt: &Learnt) {
        let mut learning = self.learning();
        for (kind, value) in learnt {
            // A public service's name is nobody's own: the map leaves it as it is.
            if !matches!(kind, Kind::Domain | Kind::Host) || self.claimed(*kind, value, false, &mut String::new()) {
                learning.value(*kind, value);
            }
        }
        for record in &batch.records {
            learning.person(record.expose());
        }
        drop(learning);
        let root = self.rules.root(batch.dataset);
        batch.records.iter().for_each(|record| self.note_object(root, record.expose()));
    }

    /// Ends the learning: from now on texts are searched for everything that was learnt. The dictionary never
    /// changes afterwards, so that results do not depend on the order of the work.
    pub fn freeze(&self) {
        let learning = std::mem::take(&mut *self.learning());
        let _ = self.dictionary.set(learning.freeze(self.rules.vocabulary()));
        self.epoch.store(next_epoch(), Ordering::Release);
    }

    /// Takes up what was learnt since the last time: for a stream whose end nobody knows. What comes later is searched for
    /// more; pseudonyms never change.
    pub fn grow(&mut self) {
        let mut fresh = std::mem::take(&mut *self.learning.lock().unwrap_or_else(PoisonError::into_inner));
        fresh.absorb(std::mem::take(&mut *self.late()));
        if fresh.is_empty() && self.dictionary.get().is_some() {
            return;
        }
        self.grown.absorb(fresh);
        self.dictionary = OnceLock::from(self.grown.clone().freeze(self.rules.vocabulary()));
        self.epoch.store(next_epoch(), Ordering::Release);
    }

    /// The dictionary, once frozen.
    pub fn dictionary(&self) -> Option<&Dictionary> {
        self.dictionary.get()
    }

    /// The policy in force.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Cleans a text of unknown content: an error message, a reason, a URL.
    pub fn clean_text(&self, text: &RawText) -> CleanText {
        CleanText(self.clean(text.expose()))
    }

    /// Cleans a file name; folders and characters that file systems refuse are replaced by `_`.
    pub fn clean_name(&self, name: &str) -> CleanName {
        let is_refused = |symbol: char| symbol.is_control() || "<>:\"/\\|?*".contains(symbol);
        let clean = if is_on("clean-name") { self.clean(name) } else { name.to_owned() }.replace(is_refused, "_");
        let trimmed = clean.trim_matches(['.', ' ']);
        CleanName(if trimmed.is_empty() { "_".to_owned() } else { trimmed.to_owned() })
    }

    /// Cleans a path with `/` between its folders: each part as a name.
    pub fn clean_path(&self, path: &RawText) -> CleanText {
        let parts: Vec<String> = path.expose().split('/').map(|part| self.clean_name(part).0).collect();
        CleanText(parts.join("/"))
    }

    fn clean(&self, text: &str) -> String {
        let mut out = String::new();
        if self.scan(text, 0, &mut out) { out } else { text.to_owned() }
    }

    /// `"@bundle.parent":"groups/<id>"`, ready to stand before the members.
    fn parent_member(&self, dataset: &'static str, Key(parts): &Key) -> Result<String, GateError> {
        let (template, kinds) = self.rules.parent(dataset).unwrap_or_default();
        if kinds.len() != parts.len() {
            return Err(GateError::Parent { dataset, placeholders: kinds.len(), parts: parts.len() });
        }
        let mut path = template.to_owned();
        for (number, (part, kind)) in parts.iter().zip(kinds).enumerate() {
            let mut clean = String::new();
            let changed = !cfg!(feature = "gate-off") && self.typed(*kind, part, 0, &mut clean);
            path = path.replace(&format!("{{{number}}}"), if changed { &clean } else { part });
        }
        let mut member = b"\"@bundle.parent\":\"".to_vec();
        escape_into(&path, &mut member);
        member.push(b'"');
        String::from_utf8(member).map_err(|_| GateError::Parent { dataset, placeholders: 0, parts: parts.len() })
    }

    /// What is learnt before freezing.
    pub(super) fn learning(&self) -> MutexGuard<'_, Learning> {
        self.learning.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was learnt since freezing.
    pub(super) fn late(&self) -> MutexGuard<'_, Learning> {
        self.late.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::Acquire)
    }

    /// Whether the policy keeps a kind.
    pub(super) fn is_kept(&self, kind: Kind) -> bool {
        self.policy.treatment(kind) == Treatment::Keep
    }

    /// The class of a known id. Nothing is known before the dictionary is frozen.
    pub(super) fn known(&self, id: u128) -> Option<Kind> {
        self.dictionary.get()?.is_known(id)
    }

    /// Whether an id is known to be one that the policy maps.
    pub(super) fn is_mapped_id(&self, id: u128) -> bool {
        self.known(id).is_some_and(|kind| !self.keeps_id(kind)) && !(self.well_known)(id)
    }

    /// The pseudonym of an id of unknown class; none when it stays.
    pub(super) fn sealed_id(&self, id: u128) -> Option<u128> {
        let keep = (self.well_known)(id) || self.keeps_id(self.known(id).unwrap_or(Kind::PrincipalId));
        (!keep).then(|| self.cipher.seal_guid(id)).filter(|&new| new != id)
    }

    /// The pseudonym of an id that is known to be mapped; none for others.
    pub(super) fn sealed_known_id(&self, id: u128) -> Option<u128> {
        self.is_mapped_id(id).then(|| self.cipher.seal_guid(id))
    }

    /// What stands in the place of a removed value. Eight symbols of a keyed digest (40 bits) tell equal from unequal.
    pub(super) fn removal_mark(&self, rule: &str, value: &str) -> String {
        const SYMBOLS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
        let digest = self.cipher.fingerprint("secret", value.as_bytes());
        let print: String = digest.iter().take(8).map(|byte| char::from(SYMBOLS[usize::from(byte % 32)])).collect();
        format!("[REMOVED:{rule}:{print}]")
    }
}
