//! The leak check in the same pass: `verify --key`, and the run's own look at the bundle before it gets its name.
//!
//! Takes a zip and the key's cipher, gives findings `leak` with entry, form and count, never a value; or `wrong-key`
//! when the manifest names another key, because then nothing could be told. Writes nothing.

use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::path::Path;

use super::{EntryCheck, Finding, Verification, verify};
use crate::archive::{Word, ZipFile};
use crate::catalog::Kind;
use crate::limits::{FINDINGS_MAX, TAG_BYTES_MAX};
use crate::manifest::{FILE_NAME, Manifest, Privacy};
use crate::pseudonym::Policy;
use crate::pseudonym::cipher::Cipher;
use crate::sweep::{self, ClosedWorld, Known, LeakCrew, LeakScan, SHAPES, Shape, covered, with_crew};

/// What the leak check did, for the output.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct LeakReport {
    /// Whether the closed world was run.
    pub closed_world: bool,
    /// The forms that it judged.
    pub judged: Vec<Shape>,
    /// The forms that it left out, because the policy may keep real values of them.
    pub left_out: Vec<Shape>,
    /// The key's name.
    pub key_id: String,
}

/// What the leak check of a finished bundle came to.
#[derive(Clone, Debug)]
pub struct LeakCheck {
    /// Every form was judged, and everything of such a form is a pseudonym or public.
    pub closed_world: bool,
    /// The run's identifiers were looked for, and none was found.
    pub dictionary: bool,
    /// How many identifiers were looked for.
    pub terms: u64,
    /// Where something was found.
    pub findings: Vec<sweep::Finding>,
    /// Everything else that `verify` says about the bundle; the leaks are among its findings.
    pub verification: Verification,
}

impl LeakCheck {
    /// Whether the bundle is sound and nothing leaked.
    pub fn is_ok(&self) -> bool {
        self.verification.is_ok()
    }
}

/// Verifies a finished bundle and looks for leaks in it, in one pass. `kept`: the kinds that the policy keeps. `known`:
/// the identifiers of the run that made it.
///
/// # Errors
/// Errors of the disk.
pub fn check(
    zip: &Path,
    cipher: &dyn Cipher,
    kept: &BTreeSet<Kind>,
    known: Option<Known<'_>>,
) -> io::Result<LeakCheck> {
    let (terms, has_known) = (known.as_ref().map_or(0, Known::terms), known.is_some());
    let shapes = covered(kept);
    let is_whole = shapes.len() == SHAPES.len();
    let scan = || LeakScan::new(Some(ClosedWorld::new(cipher, shapes.clone())), known.clone());
    let (verification, findings) = with_crew(threads(), &scan, |crew| {
        let verification = verify(zip, &mut Leaks(crew))?;
        Ok::<_, io::Error>((verification, crew.findings()))
    })?;
    let is_known = |finding: &sweep::Finding| finding.shape == Shape::Known;
    Ok(LeakCheck {
        closed_world: is_whole && findings.iter().all(is_known),
        dictionary: has_known && !findings.iter().any(is_known),
        terms,
        findings,
        verification,
    })
}

/// Verifies a bundle with its key.
///
/// # Errors
/// Errors of the disk.
pub fn verify_with_key(zip: &Path, cipher: &dyn Cipher) -> io::Result<Verification> {
    let manifest = manifest_of(zip)?;
    let named = manifest.as_ref().map(|manifest| manifest.privacy.key_id.as_str());
    if let Some(named) = named.filter(|named| *named != cipher.key_id()) {
        let mut verification = verify(zip, &mut super::NoCheck)?;
        let message = format!(
            "the bundle was made with the key {named}, and this is the key {}: give the right one, the leak check did not run",
            cipher.key_id()
        );
        verification.blame("wrong-key", Some(FILE_NAME), message);
        verification.leak_check = Some(LeakReport { key_id: cipher.key_id().to_owned(), ..LeakReport::default() });
        return Ok(verification);
    }
    let privacy = manifest.as_ref().map(|manifest| &manifest.privacy);
    let policy = privacy.and_then(policy_of);
    let shapes = match privacy {
        None => SHAPES.to_vec(),
        Some(_) => policy.as_ref().map_or_else(Vec::new, |policy| covered(&policy.kept())),
    };
    let left_out = SHAPES.into_iter().filter(|shape| !shapes.contains(shape)).collect();
    let scan = || LeakScan::new(Some(ClosedWorld::new(cipher, shapes.clone())), None);
    let mut verification = with_crew(threads(), &scan, |crew| verify(zip, &mut Leaks(crew)))?;
    if let (Some(privacy), Some(policy)) = (privacy, &policy)
        && privacy.policy_sha256.as_str() != policy.sha256()
    {
        let message = "the kinds that privacy.keep lists do not give privacy.policy_sha256: one of them was changed";
        verification.blame("policy-sum", Some(FILE_NAME), message);
    }
    let closed_world = !shapes.is_empty();
    let key_id = cipher.key_id().to_owned();
    verification.leak_check = Some(LeakReport { closed_world, judged: shapes, left_out, key_id });
    Ok(verification)
}

/// The policy in force. None when the manifest names a kind that this version does not know. A manifest of minor version
/// 0 has its sum only: of the built-in policies, and of these with one kind more that is kept, the sum is known.
pub fn policy_of(privacy: &Privacy<String>) -> Option<Policy> {
    if let Some(keep) = &privacy.keep {
        let (policy, unknown) = Policy::keeping(&privacy.policy, keep.iter().map(Word::as_str));
        return unknown.is_empty().then_some(policy);
    }
    let names = Kind::ALL.into_iter().map(Kind::name).chain(["object-ids"]);
    let bases = [Policy::standard(), Policy::strict()];
    let more = bases.iter().flat_map(|base| names.clone().filter_map(|name| base.clone().keep(name).ok()));
    bases.iter().cloned().chain(more).find(|policy| policy.sha256() == privacy.policy_sha256.as_str())
}

/// The policy under which a bundle was written with this key; none for other bundles and other files.
pub fn made_with(zip: &Path, key_id: &str) -> Option<Policy> {
    let manifest = manifest_of(zip).ok().flatten()?;
    (manifest.privacy.key_id.as_str() == key_id).then(|| policy_of(&manifest.privacy)).flatten()
}

/// The manifest, ahead of the pass; none when it cannot be read, which the pass will say.
fn manifest_of(zip: &Path) -> io::Result<Option<Manifest<String>>> {
    let mut zip = ZipFile::open(File::open(zip)?)?;
    let is_manifest = |name: &str| name.split_once('/').is_some_and(|(_, path)| path == FILE_NAME);
    let member = zip.members().iter().find(|member| is_manifest(&member.name)).cloned();
    let Some(member) = member.filter(|member| member.bytes <= TAG_BYTES_MAX) else { return Ok(None) };
    let mut bytes = Vec::new();
    let whole = zip.unpack(&member, &mut |piece| bytes.extend_from_slice(piece))?;
    Ok(whole.ok().and_then(|()| Manifest::read(&bytes).ok()))
}

fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

struct Leaks<'c, 'o, 'a>(&'c mut LeakCrew<'o, 'a>);

impl EntryCheck for Leaks<'_, '_, '_> {
    fn begin(&mut self, path: &str) {
        self.0.begin(path);
    }

    fn piece(&mut self, bytes: &[u8]) {
        self.0.piece(bytes);
    }

    fn end(&mut self) {
        self.0.end();
    }

    fn findings(&mut self) -> Vec<Finding> {
        let leaks = self.0.findings();
        let leaks = leaks.into_iter().take(FINDINGS_MAX);
        leaks
            .map(|sweep::Finding { entry, shape, count, line }| {
                let (what, place) =
                    (shape.name(), if line == 0 { "in its name".into() } else { format!("first in line {line}") });
                let message = match shape {
                    Shape::Known => format!("{count} × {what} that should be a pseudonym, {place}"),
                    _ => format!("{count} × {what} that is no pseudonym of this key, {place}"),
                };
                Finding { code: "leak".into(), path: Some(super::finding::legible(&entry)), message }
            })
            .collect()
    }
}
