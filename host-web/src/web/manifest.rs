//! What JavaScript tells of an extension's `describe`, as bytes.
//!
//! The bytes start with the outcome: 0 a manifest, 1 an error of the extension (code, message), 2 a failure (reason,
//! detail). Numbers are 32 bits, little-endian; a text is its length in bytes and UTF-8; a list is its length and its
//! items. `describe.ts` writes them.

use crate::engine::manifest::{Capability, Function, FunctionFlags, Manifest};
use crate::engine::{CallError, Reason};

/// Reads an outcome. Bytes that make no sense are a failure too: JavaScript wrote what the extension said.
pub fn read_described(bytes: &[u8]) -> Result<Manifest, CallError> {
    let mut reader = Reader { rest: bytes };
    reader.outcome().unwrap_or_else(|| {
        Err(CallError::Failure { reason: Reason::InvalidResult, detail: "the manifest is cut short".into() })
    })
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl Reader<'_> {
    fn outcome(&mut self) -> Option<Result<Manifest, CallError>> {
        Some(match self.number()? {
            0 => Ok(self.manifest()?),
            1 => Err(CallError::Error { code: self.number()?.cast_signed(), message: self.text()? }),
            _ => {
                let reason = Reason::from_name(&self.text()?).unwrap_or(Reason::Trapped);
                Err(CallError::Failure { reason, detail: self.text()? })
            }
        })
    }

    fn manifest(&mut self) -> Option<Manifest> {
        Some(Manifest {
            name: self.text()?,
            version: self.text()?,
            description: self.text()?,
            functions: self.list(|reader| {
                Some(Function {
                    id: reader.number()?,
                    name: reader.text()?,
                    arg_count: reader.number()?.cast_signed(),
                    flags: FunctionFlags(u8::try_from(reader.number()?).ok()?),
                })
            })?,
            aggregates: self.list(Self::text)?,
            collations: self.list(Self::text)?,
            modules: self.list(Self::text)?,
            hooks: self.number()?,
            required: self.list(Self::capability)?,
            optional: self.list(Self::capability)?,
            http: self.number()? != 0,
        })
    }

    fn capability(&mut self) -> Option<Capability> {
        Some(Capability { name: self.text()?, reason: self.text()? })
    }

    fn number(&mut self) -> Option<u32> {
        let (bytes, rest) = self.rest.split_first_chunk::<4>()?;
        self.rest = rest;
        Some(u32::from_le_bytes(*bytes))
    }

    fn text(&mut self) -> Option<String> {
        let len = self.number()? as usize;
        let (bytes, rest) = self.rest.split_at_checked(len)?;
        self.rest = rest;
        Some(String::from_utf8_lossy(bytes).into_owned())
    }

    fn list<T>(&mut self, item: impl Fn(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        (0..self.number()?).map(|_| item(self)).collect()
    }
}
