//! Typed rows, compiled into the binary: what can be collected, with what permission, for whom and why.
//!
//! Takes the TOML files beside this one, gives `&'static` rows by way of [`Catalog::embedded`]. No I/O, no logic
//! about any single row: a new endpoint is a new row (CONTRIBUTING.md). Tests iterate over the rows, and
//! `entra-bundle catalog check` repeats them on a released binary.

mod check;
mod cloud;
mod column;
mod dataset;
mod deny;
mod directory;
#[cfg(feature = "fuzz-doors")]
pub mod doors;
mod estimate;
mod export;
mod field;
mod finding;
pub(crate) mod glob;
pub mod host;
mod host_check;
mod identifier;
mod kind;
mod permission;
mod plan;
mod profile;
mod question;
mod recognise;
mod route;
mod secret;
mod throttle;
mod well_known;

use std::sync::OnceLock;

use serde::Deserialize;

pub use check::{Check, check};
pub use cloud::Cloud;
pub use column::{ColumnAs, ColumnRule, column, columns};
pub use dataset::{
    Dataset, ForEach, Group, NotFound, Permission, Service, Shape, THROTTLES, Throttle, TimeFilter, Where,
};
pub use deny::DeniedPath;
pub use directory::{
    AttributeReading, DirectoryQuery, DirectoryScope, NeverAsked, ReadAs, attribute_reading, directory_queries,
    is_never_asked,
};
pub use estimate::{ClassEstimate, Estimate, Sizes, estimate};
pub use export::{CellAs, Export, ExportColumn, export_columns, exports};
pub use field::{Action, FieldRule, ParentKey, When, fields, parent_keys};
pub use finding::{Condition, Finding, Place, Severity, Test, findings};
pub use identifier::{Identifier, Shape as IdentifierShape, Treatment, identifier_words, identifiers};
pub use kind::Kind;
pub use permission::{Consent, PermissionRow, Resource};
pub use plan::{Plan, PlanError, Selection, Skipped, SkippedBecause};
pub use profile::{Licence, Profile};
pub use question::{Listed, Question, informational, questions};
pub use recognise::{Recognition, bare_context, recognitions};
pub use route::{Route, SourceKind, TIME_GENERATED, route, route_of_category, route_of_table, routes};
pub use secret::{SecretRule, secrets};
pub use throttle::{Measure, ThrottleLimit, Tier};

/// A file of rows that is compiled in cannot be read: the binary was built from a broken source tree.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the built-in catalogue {file} cannot be read ({detail}): install a released build of entra-bundle")]
pub struct CatalogError {
    file: &'static str,
    detail: String,
}

/// All rows of the binary.
pub struct Catalog {
    datasets: Vec<Dataset>,
    profiles: Vec<Profile>,
    clouds: Vec<Cloud>,
    throttles: Vec<ThrottleLimit>,
    licences: Vec<Licence>,
    permissions: Vec<PermissionRow>,
    denied: Vec<DeniedPath>,
    well_known: Vec<(u128, &'static str)>,
}

/// One TOML file: whichever tables it holds.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Tables {
    dataset: Vec<Dataset>,
    profile: Vec<Profile>,
    cloud: Vec<Cloud>,
    throttle: Vec<ThrottleLimit>,
    licence: Vec<Licence>,
    permission: Vec<PermissionRow>,
    deny: Vec<DeniedPath>,
}

const FILES: [(&str, &str); 10] = [
    ("datasets.objects.toml", include_str!("datasets.objects.toml")),
    ("datasets.config.toml", include_str!("datasets.config.toml")),
    ("datasets.logs.toml", include_str!("datasets.logs.toml")),
    ("datasets.onprem.toml", include_str!("datasets.onprem.toml")),
    ("profiles.toml", include_str!("profiles.toml")),
    ("clouds.toml", include_str!("clouds.toml")),
    ("throttles.toml", include_str!("throttles.toml")),
    ("licences.toml", include_str!("licences.toml")),
    ("permissions.toml", include_str!("permissions.toml")),
    ("deny.toml", include_str!("deny.toml")),
];

impl Catalog {
    /// The rows of this binary, read once.
    ///
    /// # Errors
    /// [`CatalogError`] when a compiled-in file does not parse, which the tests exclude for a released binary.
    pub fn embedded() -> Result<&'static Self, CatalogError> {
        static CATALOG: OnceLock<Result<Catalog, CatalogError>> = OnceLock::new();
        CATALOG.get_or_init(|| Self::parse(&FILES)).as_ref().map_err(Clone::clone)
    }

    fn parse(files: &[(&'static str, &str)]) -> Result<Self, CatalogError> {
        let mut all = Tables::default();
        for &(file, text) in files {
            let read: Tables =
                toml::from_str(text).map_err(|error| CatalogError { file, detail: error.to_string() })?;
            all.dataset.extend(read.dataset);
            all.profile.extend(read.profile);
            all.cloud.extend(read.cloud);
            all.throttle.extend(read.throttle);
            all.licence.extend(read.licence);
            all.permission.extend(read.permission);
            all.deny.extend(read.deny);
        }
        all.dataset.sort_by(|a, b| (a.group, &a.id).cmp(&(b.group, &b.id)));
        Ok(Self {
            datasets: all.dataset,
            profiles: all.profile,
            clouds: all.cloud,
            throttles: all.throttle,
            licences: all.licence,
            permissions: all.permission,
            denied: all.deny,
            well_known: well_known::read()
                .map_err(|line| CatalogError { file: "well-known.txt", detail: format!("line {line}") })?,
        })
    }

    /// All datasets, by group (objects, config, logs, on premises), then by id.
    pub fn datasets(&self) -> &[Dataset] {
        &self.datasets
    }

    /// The dataset of that id.
    pub fn dataset(&self, id: &str) -> Option<&Dataset> {
        self.datasets.iter().find(|row| row.id == id)
    }

    /// The datasets that are asked once for each record of `id`.
    pub fn children<'a>(&'a self, id: &'a str) -> impl Iterator<Item = &'a Dataset> {
        self.datasets.iter().filter(move |row| row.for_each.as_ref().is_some_and(|each| each.dataset == id))
    }

    /// The dataset whose records `row` is asked for, if it is a fan-out.
    pub fn parent(&self, row: &Dataset) -> Option<&Dataset> {
        self.dataset(&row.for_each.as_ref()?.dataset)
    }

    /// The support scenarios, `everything` last.
    pub fn profiles(&self) -> &[Profile] {
        &self.profiles
    }

    /// The profile of that id.
    pub fn profile(&self, id: &str) -> Option<&Profile> {
        self.profiles.iter().find(|row| row.id == id)
    }

    /// Whether a profile asks for a dataset by itself (fan-out parents come in through [`Catalog::plan`]).
    /// `everything` asks for each row that needs no write permission.
    pub fn is_in_profile(&self, row: &Dataset, profile: &str) -> bool {
        !row.needs_write() && (profile == profile::EVERYTHING || row.profiles.iter().any(|one| one == profile))
    }

    /// The clouds.
    pub fn clouds(&self) -> &[Cloud] {
        &self.clouds
    }

    /// The cloud of that id.
    pub fn cloud(&self, id: &str) -> Option<&Cloud> {
        self.clouds.iter().find(|row| row.id == id)
    }

    /// The published limits of all classes.
    pub fn throttles(&self) -> &[ThrottleLimit] {
        &self.throttles
    }

    /// The published limit of a class.
    pub fn throttle(&self, class: Throttle) -> Option<&ThrottleLimit> {
        self.throttles.iter().find(|row| row.class == class)
    }

    /// The licences that rows name.
    pub fn licences(&self) -> &[Licence] {
        &self.licences
    }

    /// The licence of that id.
    pub fn licence(&self, id: &str) -> Option<&Licence> {
        self.licences.iter().find(|row| row.id == id)
    }

    /// The permissions that rows name, by name.
    pub fn permissions(&self) -> &[PermissionRow] {
        &self.permissions
    }

    /// The permission of that name.
    pub fn permission(&self, name: &str) -> Option<&PermissionRow> {
        self.permissions.iter().find(|row| row.name == name)
    }

    /// The addresses that are never requested.
    pub fn denied_paths(&self) -> &[DeniedPath] {
        &self.denied
    }

    /// Why a path (with or without version, with its query) must not be requested; none when it may.
    pub fn denied(&self, path: &str) -> Option<&DeniedPath> {
        deny::find(&self.denied, path)
    }

    /// What a public GUID stands for (first-party app, Graph permission, built-in role, licence plan).
    pub fn well_known(&self, guid: u128) -> Option<&'static str> {
        let at = self.well_known.binary_search_by_key(&guid, |entry| entry.0).ok()?;
        self.well_known.get(at).map(|entry| entry.1)
    }

    /// How many public GUIDs are known.
    pub fn well_known_count(&self) -> usize {
        self.well_known.len()
    }
}

#[cfg(test)]
mod tests;
