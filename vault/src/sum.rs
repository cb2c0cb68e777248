//! The MD5 that the protocol promises: of the md-5 crate or, with the feature `openssl`, of OpenSSL, whose assembly
//! is a fifth faster.

use crate::Error;

#[cfg(not(feature = "openssl"))]
type Hasher = md5::Md5;
#[cfg(feature = "openssl")]
type Hasher = openssl::hash::Hasher;

/// An MD5 under way.
pub(crate) struct Md5(Hasher);

#[cfg(not(feature = "openssl"))]
impl Md5 {
    /// Of nothing yet.
    pub fn new() -> Result<Self, Error> {
        Ok(Self(md5::Digest::new()))
    }

    /// Takes the next bytes in.
    pub fn update(&mut self, bytes: &[u8]) -> Result<(), Error> {
        md5::Digest::update(&mut self.0, bytes);
        Ok(())
    }

    /// The sum of all.
    pub fn finish(self) -> Result<[u8; 16], Error> {
        Ok(md5::Digest::finalize(self.0).into())
    }
}

/// OpenSSL has no MD5 where it is told to be FIPS: an error then, and no upload.
#[cfg(feature = "openssl")]
impl Md5 {
    /// Of nothing yet.
    pub fn new() -> Result<Self, Error> {
        let hasher = openssl::hash::Hasher::new(openssl::hash::MessageDigest::md5());
        Ok(Self(hasher.map_err(std::io::Error::other)?))
    }

    /// Takes the next bytes in.
    pub fn update(&mut self, bytes: &[u8]) -> Result<(), Error> {
        Ok(self.0.update(bytes).map_err(std::io::Error::other)?)
    }

    /// The sum of all.
    pub fn finish(mut self) -> Result<[u8; 16], Error> {
        let sum = self.0.finish().map_err(std::io::Error::other)?;
        (*sum).try_into().map_err(|_| std::io::Error::other("an MD5 of another length").into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::hex;

    #[test]
    fn it_is_md5() {
        let of = |pieces: &[&str]| {
            let mut sum = Md5::new().unwrap();
            pieces.iter().for_each(|piece| sum.update(piece.as_bytes()).unwrap());
            hex(&sum.finish().unwrap())
        };
        assert_eq!(of(&[]), "d41d8cd98f00b204e9800998ecf8427e");
        assert_eq!(of(&["message", " ", "digest"]), "f96b697d7cb7938d525a2f31aaf161d0");
    }
}
