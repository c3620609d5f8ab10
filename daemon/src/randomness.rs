//! Randomness from the operating system: the only place in the project that draws it.

/// The operating system gave no randomness.
#[derive(Debug, thiserror::Error)]
#[error("the operating system gives no randomness: {0}")]
pub struct RandomnessError(#[from] getrandom::Error);

/// Draws `N` octets fit for keys.
///
/// # Errors
///
/// When the operating system gives none.
pub fn octets<const N: usize>() -> Result<[u8; N], RandomnessError> {
    let mut octets = [0; N];
    fill(&mut octets)?;
    Ok(octets)
}

/// Fills a buffer with octets fit for keys.
///
/// # Errors
///
/// When the operating system gives none.
pub fn fill(buffer: &mut [u8]) -> Result<(), RandomnessError> {
    Ok(getrandom::fill(buffer)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_draws_differ() {
        assert_ne!(octets::<32>().unwrap(), octets::<32>().unwrap());
    }
}
