//! What went wrong with the database, in words that tell a person what to do next.
//!
//! A text names the setting that is at fault, never its value: a database URL holds a password.

use std::io;
use std::path::{Path, PathBuf};

use sqlx::error::DatabaseError;

/// The oldest Postgres that the schemas are tested against.
pub(super) const POSTGRES_MAJOR_MIN: u32 = 15;

/// Makes a database that fits, whatever the server's own locale is.
const CREATE: &str = "createdb --template=template0 --encoding=UTF8 --locale-provider=libc --locale=C.UTF-8";

/// A fault of the database, private or configured, that keeps the site from starting or ends it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error(
        "the Postgres server programs are not installed: install the package `postgresql` \
         (Debian, Ubuntu: apt-get install postgresql), or set PANCAKE_POSTGRES_BIN to the folder that holds them, \
         or set DATABASE_URL to a database of your own"
    )]
    NoPrograms,
    #[error(
        "Postgres refuses to run as root, and there is no account `postgres` or `nobody` to run it as: \
         create one (useradd --system postgres), or start as an ordinary user"
    )]
    NoAccount,
    #[error("no room on the disk that holds {}: free at least {needed_mb} MB, or choose another folder with --data", folder.display())]
    NoRoom { folder: PathBuf, needed_mb: u64 },
    #[error("may not write to {}: make it writable for this user, or choose another folder with --data", folder.display())]
    NotPermitted { folder: PathBuf },
    #[error(
        "{} belongs to the account {owner} or is open to others, and this runs as {ours}: whoever can write there could \
         lead it to other files. Run it as the folder's owner, choose another folder with --data, or, if everything in it is \
         yours: chown {ours} and chmod go-w", folder.display()
    )]
    OthersFolder { folder: PathBuf, owner: u32, ours: u32 },
    #[error(
        "{} is not a private folder of the account that Postgres runs as, so its socket would not be safe there: \
         remove it and start again", folder.display()
    )]
    ForeignFolder { folder: PathBuf },
    #[error(
        "the data in {} was made by Postgres {made_by}, but the installed server is {installed}: \
         install Postgres {made_by}, or choose another folder with --data", cluster.display()
    )]
    WrongVersion { cluster: PathBuf, made_by: u32, installed: u32 },
    #[error("Postgres could not make its data folder in {}; it said:\n{said}", folder.display())]
    NotMade { folder: PathBuf, said: String },
    #[error("Postgres did not start within {seconds} s; look into {}, which ends with:\n{said}", log.display())]
    NotStarted { seconds: u64, log: PathBuf, said: String },
    #[error("Postgres ended by itself; look into {}, which ends with:\n{said}", log.display())]
    Ended { log: PathBuf, said: String },
    #[error(
        "the data of the private Postgres in {} are gone, or are not those that it was started with, and it has ended: \
         put them back and start again", folder.display()
    )]
    Gone { folder: PathBuf },
    #[error("the process that ran the private Postgres of {} has ended", data.display())]
    Left { data: PathBuf },
    #[error(
        "the private Postgres was started again {times} times within a short time, and is away again: {reason}"
    )]
    GaveUp { times: u32, reason: Box<Self> },
    #[error(
        "another pancake uses the data folder {} and its database did not answer within {seconds} s: \
         end that one, or choose another folder with --data", data.display()
    )]
    Busy { data: PathBuf, seconds: u64 },
    #[error("could not {doing} {}: {source}", path.display())]
    File { doing: &'static str, path: PathBuf, source: io::Error },

    #[error("{what} is not a database URL: write postgres://user:password@host:5432/database ({reason})")]
    BadUrl { what: String, reason: String },
    #[error("the database server refused the password in {what}: correct it there")]
    WrongPassword { what: String },
    #[error(
        "the database server does not let the user in {what} in: {said}; create the role, or correct {what}"
    )]
    UnknownRole { what: String, said: String },
    #[error("the database in {what} does not exist: create it (createdb), or correct {what}")]
    NoDatabase { what: String },
    #[error("no database server answers at {what}: is it running, and are host and port right? ({said})")]
    NotReachable { what: String, said: String },
    #[error("the server of {what} has no connection left: raise its max_connections, or lower --connections")]
    TooManyConnections { what: String },
    #[error(
        "the server of {what} allows {available} connections and {needed} are wanted: \
         raise its max_connections and the connection limits of role and database, or start with --connections {available}"
    )]
    TooFewConnections { what: String, needed: u32, available: u32 },
    #[error(
        "the server of {what} is Postgres {found}, and {POSTGRES_MAJOR_MIN} is needed: use a newer server"
    )]
    TooOld { what: String, found: u32 },
    #[error(
        "between this program and the server of {what} stands a pooler (pgbouncer) that does not pass on the settings of a \
         session, which each module needs: name the server itself in {what}"
    )]
    Pooler { what: String },
    #[error("the database in {what} refused: {said}")]
    Refused { what: String, said: String },
    #[error(
        "the database in {what} keeps text in {found}, which has not all letters: create one with UTF-8 ({CREATE}), and \
         restore a dump of this one into it if it has members"
    )]
    Encoding { what: String, found: String },
    #[error(
        "the database in {what} does not fold letters as nicknames need it, where Å and å are one, and I and i: create \
         one with another locale ({CREATE}), and restore a dump of this one into it if it has members"
    )]
    Locale { what: String },
    #[error(
        "there is no site in the data folder {} yet, and a command makes none: start it with pancake serve, name its folder \
         with --data, or its database with DATABASE_URL", data.display()
    )]
    NoSite { data: PathBuf },
    #[error(
        "the schema of {module} in {what} is not there or not as this program needs it, and a command changes none: start \
         the site with this program first (pancake serve), or correct {what}"
    )]
    NotFounded { what: String, module: &'static str },
    #[error(
        "the data of {module} are not those of this site in {what}, which another node has written down: give every node and \
         command the same {setting}, or none. If its data are lost for good: delete from limits.place where module = \
         '{module}'; the next start begins it anew"
    )]
    Elsewhere { what: String, module: &'static str, setting: String },
    #[error("{setting} is the setting of no module: did you mean {nearest}?")]
    NoSuchSetting { setting: String, nearest: String },
    #[error(
        "{setting} is not possible: limits stays in the database of DATABASE_URL, where it knows the places of all others"
    )]
    Stays { setting: String },
    #[error("--connections {connections} is too few for all modules: give at least {needed}")]
    BudgetTooSmall { connections: u32, needed: u32 },
    #[error(
        "the schema of {module} is newer (migration {version}) than this program: start the newer program, \
         or restore a backup of before"
    )]
    SchemaNewer { module: String, version: i64 },
    #[error("the schema of {module} cannot be brought up to date: {said}")]
    Migration { module: String, said: String },
    #[error(
        "{what} asks for TLS, and there is none that can be trusted: {said}. sslrootcert=<file> in it names the certificates \
         to believe beside the system's; sslmode=disable does without TLS"
    )]
    Tls { what: String, said: String },
}

impl StoreError {
    /// Says in a person's words why a connection failed. `what` is the name of the setting: `DATABASE_URL`.
    #[must_use]
    pub fn from_connect(error: sqlx::Error, what: &str) -> Self {
        let what = what.to_owned();
        match error {
            sqlx::Error::Database(refusal) => Self::from_refusal(refusal.as_ref(), what),
            sqlx::Error::Configuration(reason) => Self::BadUrl { what, reason: reason.to_string() },
            // What TLS refuses arrives as a file fault.
            sqlx::Error::Io(fault) if fault.kind() == io::ErrorKind::InvalidData => {
                Self::Tls { what, said: fault.to_string() }
            }
            sqlx::Error::Io(fault) => Self::NotReachable { what, said: fault.to_string() },
            sqlx::Error::Tls(fault) => Self::Tls { what, said: fault.to_string() },
            sqlx::Error::PoolTimedOut => {
                Self::NotReachable { what, said: "no connection in the time allowed".to_owned() }
            }
            other => Self::Refused { what, said: other.to_string() },
        }
    }

    /// Checks what `show server_version_num` said, for example 150013.
    ///
    /// # Errors
    /// If the server is older than the oldest version that the site runs on.
    pub fn check_version(server_version_num: u32, what: &str) -> Result<(), Self> {
        let found = server_version_num / 10_000;
        if found < POSTGRES_MAJOR_MIN {
            return Err(Self::TooOld { what: what.to_owned(), found });
        }
        Ok(())
    }

    /// Checks the connections that the pools want against those that the server has for us.
    ///
    /// # Errors
    /// If the server has fewer: the error says how many are needed.
    pub fn check_connections(needed: u32, available: u32, what: &str) -> Result<(), Self> {
        if needed > available {
            return Err(Self::TooFewConnections { what: what.to_owned(), needed, available });
        }
        Ok(())
    }

    // The codes are those of https://www.postgresql.org/docs/15/errcodes-appendix.html.
    fn from_refusal(refusal: &dyn DatabaseError, what: String) -> Self {
        let said = refusal.message().to_owned();
        match refusal.code().as_deref() {
            Some("28P01") => Self::WrongPassword { what },
            Some("28000") => Self::UnknownRole { what, said },
            Some("3D000") => Self::NoDatabase { what },
            Some("53300") => Self::TooManyConnections { what },
            // pgbouncer refuses startup parameters with this code; Postgres itself never does.
            Some("08P01") if said.contains("startup parameter") => Self::Pooler { what },
            Some("57P03") => Self::NotReachable { what, said },
            _ => Self::Refused { what, said },
        }
    }

    /// The disk of this folder is full.
    pub(super) fn no_room(folder: &Path) -> Self {
        Self::NoRoom { folder: folder.to_path_buf(), needed_mb: super::launch::ROOM_MB_MIN }
    }

    /// Turns a file fault into the advice that fits it; `folder` is what the person can do something about.
    pub(super) fn from_file(source: io::Error, doing: &'static str, path: &Path) -> Self {
        let path = path.to_path_buf();
        match source.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                Self::NotPermitted { folder: path }
            }
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::no_room(&path),
            _ => Self::File { doing, path, source },
        }
    }
}
