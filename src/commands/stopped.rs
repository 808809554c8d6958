//! Why a run ended without a bundle.

use crate::commands::exit;
use crate::sweep::Finding;

/// No bundle was made.
#[derive(Debug, thiserror::Error)]
pub(in crate::commands) enum Stopped {
    /// The key.
    #[error(transparent)]
    Key(#[from] crate::pseudonym::key::KeyError),
    /// No folder for keys.
    #[error(transparent)]
    KeyFolder(#[from] crate::pseudonym::key_folder::NoFolder),
    /// The key lies where the bundle is written to.
    #[error("the key would lie in or below the folder that the bundle is written to: move it, or choose another --out")]
    KeyBesideBundle,
    /// Addresses, TLS.
    #[error(transparent)]
    Network(#[from] crate::net::NetError),
    /// The address of an event hub.
    #[error(transparent)]
    Hub(#[from] crate::source::hub::HubError),
    /// No token.
    #[error("{0}")]
    SignIn(#[from] crate::net::auth::AuthError),
    /// Signed in somewhere else.
    #[error("the sign-in belongs to another tenant than --tenant names: sign in to that one (az login --tenant ID)")]
    OtherTenant,
    /// A token that does not say which tenant it is for.
    #[error("the token does not say which tenant it is for: name the tenant by its id (a GUID) with --tenant")]
    UnknownTenant,
    /// The embedded tenant.
    #[error(transparent)]
    Demo(#[from] crate::tenant::server::NotServed),
    /// The zip.
    #[error(transparent)]
    Output(#[from] crate::archive::Error),
    /// The spool.
    #[error(transparent)]
    Spool(#[from] crate::spool::Error),
    /// `--resume`.
    #[error(transparent)]
    NotResumed(#[from] crate::commands::collect::NotResumed),
    /// The finished bundle held something that looks like an identifier.
    #[error(
        "the finished bundle did not pass its leak check, so it was not given its name: {hits} identifier-like texts in\
         {places}\nLeave those datasets or files out, and report the lines above as a defect"
    )]
    Leak {
        /// How many.
        hits: u64,
        /// Where the first of them are.
        places: String,
    },
    /// The finished bundle is not what was written.
    #[error(
        "the finished bundle did not pass its own verification ({0} findings): check the disk, then run again (collect: with --resume)"
    )]
    Damaged(usize),
    /// The leak check could not run.
    #[error("the finished bundle could not be read back: {0}; run again (collect: with --resume)")]
    ReadBack(std::io::Error),
    /// An input that cannot be read, a policy that cannot be used.
    #[error("{0}")]
    Input(String),
    /// Files that cannot be read.
    #[error(transparent)]
    Files(#[from] crate::files::InputError),
    /// Standard output cannot be written.
    #[error("standard output cannot be written: {0}")]
    Pipe(std::io::Error),
    /// Ctrl-C twice.
    #[error("interrupted before a bundle could be written")]
    Interrupted,
    /// A defect of this program.
    #[error("unexpected: {0}; please report it")]
    Unexpected(String),
}

impl Stopped {
    /// A bundle that is not given its name: how often something was found, and the first places, never the values.
    pub(in crate::commands) fn leak(findings: &[Finding]) -> Self {
        const SHOWN: usize = 12;
        let place = |finding: &Finding| {
            format!("\n  {} line {}: {} times {}", finding.entry, finding.line, finding.count, finding.shape.name())
        };
        let mut places: String = findings.iter().take(SHOWN).map(place).collect();
        if findings.len() > SHOWN {
            places.push_str(&format!("\n  and {} more", findings.len() - SHOWN));
        }
        Self::Leak { hits: findings.iter().map(|finding| finding.count).sum(), places }
    }

    /// Exit code of the contract.
    pub(in crate::commands) fn exit_code(&self) -> u8 {
        match self {
            Self::Input(_)
            | Self::Files(_)
            | Self::Key(_)
            | Self::KeyFolder(_)
            | Self::KeyBesideBundle
            | Self::UnknownTenant
            | Self::Hub(_)
            | Self::NotResumed(_)
            | Self::Network(_) => exit::USAGE,
            Self::SignIn(_) | Self::OtherTenant => exit::SIGN_IN,
            Self::Output(_) | Self::Spool(_) | Self::Pipe(_) => exit::OUTPUT,
            Self::Leak { .. } | Self::Damaged(_) => exit::VERIFICATION,
            Self::Interrupted => exit::INTERRUPTED,
            Self::Demo(_) | Self::ReadBack(_) | Self::Unexpected(_) => exit::UNEXPECTED,
        }
    }
}
