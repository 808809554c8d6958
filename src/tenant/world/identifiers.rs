//! The truth: every identifier the tenant holds, for `simulate --truth` and the leak tests.

use super::World;
use crate::catalog::Kind;

/// What policy `standard` does with an identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// Must not stand in a bundle.
    Replaced,
    /// May stand in a bundle.
    Kept,
}

impl World {
    /// Shows every identifier the tenant holds: its kind, the value as the replies spell it, and what `standard` does.
    pub fn identifiers(&self, visit: &mut dyn FnMut(Kind, &str, Kept)) {
        visit(Kind::TenantId, &self.tenant_id(), Kept::Kept);
        self.people(visit);
    }

    fn people(&self, visit: &mut dyn FnMut(Kind, &str, Kept)) {
        for index in 0..self.user_count() {
            let user = self.user(index);
            visit(Kind::UserId, &user.id, Kept::Replaced);
            visit(Kind::Upn, &user.upn, Kept::Replaced);
            visit(Kind::Name, &user.display_name, Kept::Replaced);
        }
    }
}
