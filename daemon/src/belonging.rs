//! A club is a folder and a database that belong together: each holds the club's name, which is random and means
//! nothing. A daemon that was given the folder of one and the database of another would find no title's bytes, or
//! begin an empty club beside the old one.

use sql::Db;
use vault::{Digest, Vault};

/// So many of the newest titles are looked for where a folder does not say whose it is.
const LOOKED_FOR: u32 = 16;

/// Why a folder and a database are not one club.
#[derive(Debug, thiserror::Error)]
pub enum Stranger {
    /// Both have a club, but not the same.
    #[error("the database is that of another club than the files: look at --data and --database")]
    Other,
    /// The files have a club, the database is new.
    #[error(
        "the files are those of a club whose database is another one: look at --database, or REEL_DATABASE in the \
         environment"
    )]
    NewDatabase,
    /// The database has a club, and none of its files is here.
    #[error("the files of the titles in the database are not here: look at --data")]
    NewFolder,
    /// Of the database.
    #[error(transparent)]
    Database(#[from] sql::Error),
    /// Of the disk.
    #[error(transparent)]
    Vault(#[from] vault::Error),
}

/// Sees to it that folder and database are of one club; says whether the club is new.
///
/// # Errors
/// [`Stranger`].
pub async fn settle(vault: &Vault, db: &Db) -> Result<bool, Stranger> {
    let here = vault.owner()?;
    let there = db.read(sql::club::name).await?;
    match (here, there) {
        (Some(here), Some(there)) if here == there => Ok(false),
        (Some(_), Some(_)) => Err(Stranger::Other),
        (Some(here), None) => match vault.is_empty()? {
            true => name(db, here).await.map(|_| true),
            false => Err(Stranger::NewDatabase),
        },
        (None, there) => {
            if !some_are_here(vault, db).await? {
                return Err(Stranger::NewFolder);
            }
            let new = there.is_none() && vault.is_empty()?;
            let club = match there {
                Some(club) => club,
                None => name(db, format!("{:032x}", rand::random::<u128>())).await?,
            };
            vault.set_owner(&club)?;
            Ok(new)
        }
    }
}

/// Gives the club of a database its name; the one it has by now, if somebody else was quicker.
async fn name(db: &Db, club: String) -> Result<String, Stranger> {
    let named = db
        .write(move |tx| match sql::club::set_name(tx, &club) {
            Ok(()) => Ok(club.clone()),
            Err(sql::Error::Duplicate) => Ok(sql::club::name(tx)?.unwrap_or_default()),
            Err(error) => Err(error),
        })
        .await?;
    Ok(named)
}

/// Whether some of the newest titles have their bytes here, or there are none.
async fn some_are_here(vault: &Vault, db: &Db) -> Result<bool, Stranger> {
    let contents = db.read(|tx| sql::club::newest_contents(tx, LOOKED_FOR)).await?;
    for (sha256, size) in &contents {
        if vault.stored(&Digest::from(*sha256), *size).await.is_ok() {
            return Ok(true);
        }
    }
    Ok(contents.is_empty())
}
