//! A shared secret, with what a protocol makes of it.

use std::any::Any;
use std::sync::OnceLock;

use storage::Secret;

/// A shared secret. What is made of it to sign with is made once, by whoever asks first, and goes
/// with it.
pub struct GearSecret {
    secret: Secret,
    made: OnceLock<Box<dyn Any + Send + Sync>>,
}

impl GearSecret {
    /// Nothing was made of it yet.
    pub(super) const fn new(secret: Secret) -> Self {
        Self { secret, made: OnceLock::new() }
    }

    /// The octets.
    pub fn expose(&self) -> &[u8] {
        self.secret.expose()
    }

    /// What `make` makes of the octets, or made of them before; `None` when somebody else made
    /// something of another type of them first.
    pub fn made<T: Send + Sync + 'static>(&self, make: impl FnOnce(&[u8]) -> T) -> Option<&T> {
        let made = self.made.get_or_init(|| Box::new(make(self.secret.expose())));
        (**made).downcast_ref()
    }
}
