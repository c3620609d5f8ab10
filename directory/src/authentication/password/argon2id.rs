//! Argon2 in the PHC string format: `$argon2id$v=19$m=19456,t=2,p=1$salt$hash`.

use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use subtle::Choice;
use zeroize::Zeroizing;

use super::{
    HashParameters, HashingFailed, Password, UnusableHash, UnusableParameters, bounded_salt,
    number, same,
};

const SALT_LENGTH: usize = 16;
const OUTPUT_LENGTH: usize = 32;

/// The output lengths that are read, in octets.
const OUTPUT_LENGTHS: std::ops::RangeInclusive<usize> = 16..=64;

/// Argon2 is not defined for shorter salts.
const MIN_SALT_LENGTH: usize = argon2::MIN_SALT_LEN;

pub(super) fn hash(
    password: &Password,
    parameters: &HashParameters,
    salt: [u8; SALT_LENGTH],
) -> Result<String, HashingFailed> {
    let template = Argon2Hash {
        algorithm: Algorithm::Argon2id,
        version: Version::V0x13,
        parameters: *parameters,
        salt: salt.to_vec(),
        output: vec![0; OUTPUT_LENGTH],
    };
    let output = template.compute(password)?;
    Ok(format!(
        "$argon2id$v=19$m={},t={},p={}${}${}",
        parameters.memory_kib,
        parameters.iterations,
        parameters.parallelism,
        STANDARD_NO_PAD.encode(salt),
        STANDARD_NO_PAD.encode(&*output),
    ))
}

pub(super) struct Argon2Hash {
    algorithm: Algorithm,
    version: Version,
    parameters: HashParameters,
    salt: Vec<u8>,
    output: Vec<u8>,
}

impl Argon2Hash {
    pub(super) fn parse(text: &str) -> Result<Self, UnusableHash> {
        let mut fields = text.split('$');
        let (Some(""), Some(identifier), Some(field)) =
            (fields.next(), fields.next(), fields.next())
        else {
            return Err(UnusableHash::Malformed);
        };
        let algorithm = Algorithm::new(identifier).map_err(|_| UnusableHash::Unknown)?;
        let (version, costs) = match field.strip_prefix("v=") {
            Some("19") => (Version::V0x13, fields.next()),
            Some("16") => (Version::V0x10, fields.next()),
            Some(_) => return Err(UnusableHash::Unknown),
            None => (Version::V0x10, Some(field)),
        };
        let (Some(costs), Some(salt), Some(output), None) =
            (costs, fields.next(), fields.next(), fields.next())
        else {
            return Err(UnusableHash::Malformed);
        };
        let salt = bounded_salt(octets(salt)?)?;
        let output = octets(output)?;
        if salt.len() < MIN_SALT_LENGTH || !OUTPUT_LENGTHS.contains(&output.len()) {
            return Err(UnusableHash::Malformed);
        }
        Ok(Self { algorithm, version, parameters: parameters(costs)?, salt, output })
    }

    pub(super) fn dummy(parameters: &HashParameters) -> Self {
        Self {
            algorithm: Algorithm::Argon2id,
            version: Version::V0x13,
            parameters: *parameters,
            salt: vec![0; SALT_LENGTH],
            output: vec![0; OUTPUT_LENGTH],
        }
    }

    pub(super) fn verify(&self, password: &Password) -> Result<Choice, HashingFailed> {
        Ok(same(&self.compute(password)?, &self.output))
    }

    pub(super) fn is_current(&self, parameters: &HashParameters) -> bool {
        self.algorithm == Algorithm::Argon2id
            && self.version == Version::V0x13
            && self.parameters == *parameters
            && self.salt.len() >= SALT_LENGTH
            && self.output.len() >= OUTPUT_LENGTH
    }

    /// Fails when there is no memory; everything else was checked before.
    fn compute(&self, password: &Password) -> Result<Zeroizing<Vec<u8>>, HashingFailed> {
        let params = Params::new(
            self.parameters.memory_kib,
            self.parameters.iterations,
            self.parameters.parallelism,
            Some(self.output.len()),
        )
        .map_err(|_| HashingFailed)?;
        let mut output = Zeroizing::new(vec![0; self.output.len()]);
        Argon2::new(self.algorithm, self.version, params)
            .hash_password_into(password.expose(), &self.salt, &mut output)
            .map_err(|_| HashingFailed)?;
        Ok(output)
    }
}

fn parameters(text: &str) -> Result<HashParameters, UnusableHash> {
    let mut costs = text.split(',');
    let mut cost = |name: &str| {
        let value = costs.next().and_then(|cost| cost.strip_prefix(name));
        number(value.ok_or(UnusableHash::Malformed)?)
    };
    let (memory_kib, iterations, parallelism) = (cost("m=")?, cost("t=")?, cost("p=")?);
    if costs.next().is_some() {
        return Err(UnusableHash::Malformed);
    }
    HashParameters::new(memory_kib, iterations, parallelism).map_err(|error| match error {
        UnusableParameters::Undefined => UnusableHash::Malformed,
        UnusableParameters::TooCostly => UnusableHash::TooCostly,
    })
}

fn octets(text: &str) -> Result<Vec<u8>, UnusableHash> {
    STANDARD_NO_PAD.decode(text).map_err(|_| UnusableHash::Malformed)
}
